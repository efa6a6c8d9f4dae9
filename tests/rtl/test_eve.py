"""EvE's RTL makes the children of the emulated EvE, word for word, in the same cycles, and counts the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from accelerator.eve.worlds import ONE, World
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.layout import shipped_layout
from genesys_cli.errors import UserError
from genesys_cli.rtl.eve import EveModel, check_eve
from rtl.random_generations import chip_of, generation

pytestmark = pytest.mark.builds

EDGE = chip_of(pes=16, banks=8)
SMALL = chip_of(pes=4, banks=8)  # a build takes a quarter of EDGE's
ODD = chip_of("rtl8", pes=5, banks=3, max_deleted=1, max_nodes=12)
WIDE = shipped_layout("wide16").model_dump()
next(field for field in WIDE["connection"] if field["name"] == "weight").update(offset=10, width=20)
LONE = chip_of(pes=1, banks=1, max_deleted=0)


def both(model: EveModel, w: World, chip: dict[str, Any], kind: str, seed: int) -> tuple[Any, Any]:
    """Return a generation as it is emulated, and as the RTL makes it."""
    settings = ChipSettings(**{**w.chip.model_dump(), **chip, "noc": {"kind": kind}})
    model.use(settings)
    emulated = w.evolve(3, seed, **chip, noc={"kind": kind})
    simulated = model.evolve(
        *(w.words, w.fitter, w.other, w.elite, w.layout, w.form),
        fixed_nodes=w.inputs + w.outputs,
        seed=seed,
        generation=3,
        chip=settings,
        threads=ONE,
    )
    return emulated, simulated


def compare(chip: dict[str, Any], seeds: range, **size: int) -> int:
    """Compare generations; return the number of children."""
    model = EveModel(ChipSettings(**chip))
    children = 0
    for seed in seeds:
        w = generation(seed, chip, **size)
        emulated, simulated = both(model, w, chip, ("unicast", "multicast")[seed % 2], seed)
        told = f"seed {seed}"
        np.testing.assert_array_equal(simulated.words.offsets, emulated.words.offsets, err_msg=told)
        np.testing.assert_array_equal(simulated.words.words, emulated.words.words, err_msg=told)
        np.testing.assert_array_equal(simulated.cycles, emulated.cycles, err_msg=told)
        assert simulated.counts == emulated.counts, told
        children += len(w.fitter)
    return children


@pytest.mark.parametrize("chip", [SMALL, ODD, LONE], ids=["small", "odd", "lone"])
def test_children_cycles_and_counts_are_the_emulators(chip):
    assert compare(chip, range(40)) > 500


def test_models_of_one_chip_go_in_any_order():
    """Of each pair the one that was made last goes first; the other one is used then, and goes as well."""
    w = generation(0, SMALL)
    for _ in range(20):
        first, last = EveModel(ChipSettings(**SMALL)), EveModel(ChipSettings(**SMALL))
        both(last, w, SMALL, "unicast", 0)
        del last
        emulated, simulated = both(first, w, SMALL, "unicast", 0)
        assert simulated.counts == emulated.counts
        del first


@pytest.mark.soak
@pytest.mark.parametrize("chip", [EDGE, ODD, LONE], ids=["edge", "odd", "lone"])
def test_a_hundred_thousand_children_are_the_emulators(chip):
    assert compare(chip, range(1000, 2200), largest=80) > 34_000


def test_what_is_rare_happened():
    """The random generations reach what hides faults: full files, ids that end, elites, lone parents, refusals."""
    seen: dict[str, int] = {}
    for chip in (ODD, SMALL):
        for seed in range(40):
            w = generation(seed, chip)
            for name, value in w.evolve(3, seed, **chip).counts.items():
                seen[name] = seen.get(name, 0) + value
            seen["elites"] = seen.get("elites", 0) + int(w.elite.sum())
            seen["lone"] = seen.get("lone", 0) + int(((w.fitter == w.other) & (w.elite == 0)).sum())
    rare = ("kept_nodes", "refused_nodes", "refused_conns", "saturations", "dangling_conns", "merge_moves", "elites")
    assert {name: seen[name] for name in (*rare, "lone", "stall_write") if seen[name] < 3} == {}


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"noc": {"kind": "parent-multicast"}}, "parent-multicast"),
        ({"buffer": {"write_cycles": 2}}, "buffer.write_cycles = 2"),
        ({"buffer": {"memory": "reram"}}, "buffer.memory = 'reram'"),
        ({"buffer": {"banks": 4096, "words_per_bank": 2**21}}, "words_per_bank"),
        ({"genes": {"layout": WIDE}}, "weight has 20 bits"),
    ],
)
def test_a_chip_without_rtl_is_named_before_anything_is_built(tables, said):
    with pytest.raises(UserError, match=said):
        check_eve(ChipSettings(**tables))


def test_a_wave_that_does_not_fit_is_named():
    chip = {**LONE, "buffer": {"banks": 1, "words_per_bank": 8}}
    w = generation(3, LONE)
    model = EveModel(ChipSettings(**chip))
    with pytest.raises(UserError, match="words_per_bank = 8"):
        both(model, w, chip, "multicast", 1)
