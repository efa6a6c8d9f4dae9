"""Faults that are put into the RTL one by one, each of which the comparison with the emulator has to find."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.rtl import adam, sources, verilator
from genesys_cli.rtl.adam import Adam
from genesys_cli.rtl.eve import EveModel
from rtl import random_networks
from rtl.random_generations import chip_of, generation
from rtl.test_adam import compare
from rtl.test_eve import both

pytestmark = [pytest.mark.builds, pytest.mark.soak]

SMALL = chip_of("rtl8", pes=3, banks=3, max_deleted=1, max_nodes=12)
MUTANTS = {
    "generator": ("common/xorwow.sv", "t ^ (t << 1)", "t ^ (t << 2)"),
    "arbiter": ("common/bank_arbiter.sv", "behind <= ~(grant | (grant - 1'b1))", "behind <= '0"),
    "crossover": ("eve/crossover.sv", "gene[Enable] = {1'b0, second} >=", "gene[Enable] = {1'b0, second} >"),
    "rounding": ("eve/attribute_step.sv", "<<< (Shift - 1)", "<<< (Shift - 2)"),
    "limits": ("eve/attribute_step.sv", "stepped = attribute.high;", "stepped = field_high;"),
    "noise": (
        "eve/perturbation.sv",
        "noise_first = signed'({2'b0, mixed.noise[8:0]",
        "noise_first = signed'({2'b0, mixed.noise[9:1]",
    ),
    "deletion": ("eve/delete_gene.sv", "found |= IdW'(file[k]) ==", "found &= IdW'(file[k]) =="),
    "ids": ("eve/add_gene.sv", "32'(number) < genesys_pkg::MAX_NODES", "32'(number) <= genesys_pkg::MAX_NODES"),
    "ends": ("eve/add_gene.sv", "else as_source = !kept.coin;", "else as_source = kept.coin;"),
    "merge": ("eve/gene_merge.sv", "gene[Id+:IdW] > held[Id+:IdW]", "gene[Id+:IdW] >= held[Id+:IdW]"),
    "split": ("eve/gene_split.sv", "!valid[0] || key_other <= key_fitter", "!valid[0] || key_other < key_fitter"),
    "prefetch": ("eve/gene_stream.sv", "claimed < (W + 1)'(Depth)", "claimed < (W + 1)'(Depth - 1)"),
    "credit": (
        "eve/processing_element.sv",
        "used < UsedW'(genesys_pkg::EVE_QUEUE)",
        "used < UsedW'(genesys_pkg::EVE_QUEUE - 1)",
    ),
}


OUTPUT, WEIGHT = "output_stationary", "weight_stationary"
OF_ADAM = {
    "width": (OUTPUT, "adam/mac.sv", "SUM_BITS : ProductBits) + 1;", "SUM_BITS : ProductBits) + 0;"),
    "saturation": (OUTPUT, "adam/mac.sv", "? ~Highest : Highest", "? Highest : ~Highest"),
    "skew": (WEIGHT, "adam/systolic_array.sv", ".FIRST(WEIGHTS_STAY)", ".FIRST(1 - WEIGHTS_STAY)"),
    "rows": (OUTPUT, "adam/unit_output_stationary.sv", "token_in.row != ROW_BITS", "token_in.row == ROW_BITS"),
    "loading": (
        WEIGHT,
        "adam/tile_loader.sv",
        "n + cycle_t'(tile.rows) >= cycle_t'(ADAM_ROWS)",
        "n + cycle_t'(tile.rows) > cycle_t'(ADAM_ROWS)",
    ),
    "header": (OUTPUT, "adam/tile_loader.sv", "{1'b0, tile.stream};\n  always", "{1'b0, tile.stream} + 1;\n  always"),
    "waiting": (
        OUTPUT,
        "adam/tile_loader.sv",
        "!(next.waits && outstanding != '0)",
        "!(next.waits && outstanding > OUTSTANDING_BITS'(1))",
    ),
    "partial": (
        WEIGHT,
        "adam/result_collector.sv",
        "read_at  <= (injecting ? read_at : tile.sums) + 1",
        "read_at  <= (injecting ? read_at : tile.sums) + 2",
    ),
    "column": (OUTPUT, "adam/result_collector.sv", "col <= '0;", "col <= COUNT_BITS'(1);"),
    "rounding": (OUTPUT, "adam/wired_functions.sv", "(1 << (Shift - 1)) - 1", "(1 << (Shift - 2)) - 1"),
    "hat": (OUTPUT, "adam/wired_functions.sv", "'0 : One - magnitude", "'0 : magnitude - One"),
    "table": (
        OUTPUT,
        "adam/table_address.sv",
        "rounded[LengthBits-1:Shift];",
        "rounded[LengthBits-1:Shift] ^ TABLE_BITS'(1);",
    ),
    "tail": (OUTPUT, "adam/function_unit.sv", "!(above && has_tail(kind_2))", "!(above || has_tail(kind_2))"),
    "destination": (
        OUTPUT,
        "adam/result_writer.sv",
        "following <= destination_address + 1",
        "following <= destination_address + 2",
    ),
    "port": (
        OUTPUT,
        "adam/result_writer.sv",
        "destination.is_register || !line_port_taken",
        "destination.is_register || !line_port_taken || destination.is_last",
    ),
    "queue": (OUTPUT, "adam/result_writer.sv", "load = (!empty || valid) &&", "load = !empty &&"),
}


@contextmanager
def _with_fault(path: str, right: str, wrong: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have models built of sources that are wrong in one place."""
    shutil.copytree(sources.rtl_folder(), folder / "rtl")
    file = folder / "rtl" / path
    text = file.read_text("utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), "utf-8")
    monkeypatch.setattr(sources, "rtl_folder", lambda: folder / "rtl")
    monkeypatch.setattr(verilator, "cache_folder", lambda: folder / "cache" / "kernels")
    sources.module_files.cache_clear()
    try:
        yield
    finally:
        sources.module_files.cache_clear()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_is_found(name, tmp_path, monkeypatch):
    with _with_fault(*MUTANTS[name], tmp_path, monkeypatch):
        model = EveModel(ChipSettings(**SMALL))
        assert any(_differs(model, seed) for seed in range(40)), "no test of forty generations found it"


def _differs(model: EveModel, seed: int) -> bool:
    emulated, simulated = both(model, generation(seed, SMALL), SMALL, ("unicast", "multicast")[seed % 2], seed)
    same = emulated.words.words.tolist() == simulated.words.words.tolist()
    return not same or emulated.counts != simulated.counts


@pytest.mark.parametrize("name", OF_ADAM)
def test_a_fault_of_adam_is_found(name, tmp_path, monkeypatch):
    dataflow, *fault = OF_ADAM[name]
    monkeypatch.setattr(adam, "MOST_CYCLES", 100_000)
    with _with_fault(*fault, tmp_path, monkeypatch):
        simulated = Adam(random_networks.chip_of(3, 4, dataflow))
        assert any(_network_differs(simulated, seed) for seed in range(40)), "no test of forty populations found it"


def _network_differs(simulated: Adam, seed: int) -> bool:
    try:
        compare(simulated, seed, feed_forward=seed % 2 == 0)
    except AssertionError:
        return True
    return False
