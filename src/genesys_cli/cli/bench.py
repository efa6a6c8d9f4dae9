"""``genesys bench``: backends and platforms, compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UserError
from .words import NAME_OR_PATH, PATH, RATE

if TYPE_CHECKING:
    from ..ranges import Range

EPILOG = """\b
Examples:
  genesys bench
  genesys bench -e CartPole -e LunarLander --platform CPU_a --platform GPU_b --csv rows.csv
  genesys bench --suite paper --json
  genesys bench --sweep eve.pes=2,4,8,16,32,64,128,256,512 --sweep noc.kind=unicast,multicast --plot pes.svg
  genesys bench -b genesys --ert tables
  genesys bench --chip genesys-edge --peak
  genesys bench --peak --energy genesys-15nm-gates
  genesys bench --calibrate
  genesys bench -e LunarLander -p 100000 --nodes 1,10,100
"""

ALONE = {
    "peak": "--peak shows a chip at full activity",
    "calibrate": "--calibrate times this machine's Python",
    "nodes": "--nodes predicts generations on a cluster",
}


@click.command("bench", epilog=EPILOG, short_help="Compare backends and platforms: time, energy, power.")
@click.option("-e", "--env", "envs", metavar="NAME", multiple=True, help="Environment; repeatable. [default: CartPole]")
@click.option("--suite", metavar="NAME", help="Benchmark suite of environments: paper.")
@click.option(
    "-b", "--backend", "backends", metavar="NAME", multiple=True, help="Repeatable. [default: software, genesys]"
)
@click.option(
    "--platform",
    "platforms",
    type=NAME_OR_PATH,
    metavar="NAME|FILE",
    multiple=True,
    help="Platform profile; repeatable. [default: all]",
)
@click.option("-g", "--generations", type=int, metavar="N", help="Generations; the first is not counted. [default: 10]")
@click.option("-p", "--population", type=int, metavar="N", help="Genomes in each generation. [default: the preset's]")
@click.option("--seeds", type=int, metavar="N", help="Runs of each case, with seeds 0 to N - 1. [default: 1]")
@click.option(
    "--chip", type=NAME_OR_PATH, metavar="NAME|FILE", help="Chip behind the platform GENESYS. [default: genesys-15nm]"
)
@click.option(
    "--energy",
    type=NAME_OR_PATH,
    metavar="NAME|FILE",
    help="Energy reference table: genesys-15nm of the literature; genesys-15nm-gates, genesys-45nm-gates of gates; "
    "genesys-15nm-mixed; or a file. [default: genesys-15nm]",
)
@click.option("-s", "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Any setting; repeatable.")
@click.option(
    "--sweep", "sweeps", metavar="KEY=A,B,C", multiple=True, help="Values of a setting; repeat for every combination."
)
@click.option(
    "--pace", type=RATE, metavar="HZ", help="Steps of the world a second, or measured, or 0: no world. [default: 50]"
)
@click.option("--robots", metavar="HOW", help="population: one for each genome; or one. [default: population]")
@click.option("--csv", type=PATH, metavar="FILE", help="Write all rows to a CSV file.")
@click.option("--plot", type=PATH, metavar="FILE", help="Plot the comparison: .svg or .png.")
@click.option(
    "--ert", type=PATH, metavar="DIR", help="Write each chip's tables as Accelergy and SCALE-Sim do, to a new folder."
)
@click.option("--fresh", is_flag=True, help="Ignore the stored results of earlier sweeps and suites.")
@click.option("--peak", is_flag=True, help="Show the chip's area and peak power only.")
@click.option("--calibrate", is_flag=True, help="Calibrate the interpreted platforms on this machine only.")
@click.option(
    "--relative-speed",
    metavar="X|LOW,X,HIGH",
    help="With --calibrate: speed of this machine's core relative to the reference core, a Zen 4 EPYC at 3.7 GHz.",
)
@click.option("--nodes", metavar="N,N,...", help="Predict generations on clusters of so many nodes only")
@click.option("--cores", type=int, metavar="N", help="With --nodes: cores of each node. [default: 1]")
@click.option(
    "--network", metavar="BYTES/S,SECONDS", help="With --nodes: bandwidth and latency. [default: 1.25e9,1e-4]"
)
@click.option("-j", "--threads", type=int, metavar="N", help="Threads; 0: one per core. [default: 0]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print no progress and no messages.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    envs: tuple[str, ...],
    suite: str | None,
    backends: tuple[str, ...],
    platforms: tuple[str, ...],
    generations: int | None,
    population: int | None,
    seeds: int | None,
    chip: str | None,
    energy: str | None,
    overrides: tuple[str, ...],
    sweeps: tuple[str, ...],
    pace: float | str | None,
    robots: str | None,
    csv: Path | None,
    plot: Path | None,
    ert: Path | None,
    fresh: bool,
    peak: bool,
    calibrate: bool,
    relative_speed: str | None,
    nodes: str | None,
    cores: int | None,
    network: str | None,
    threads: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare the time, energy and power of a generation: the emulated chip (GENESYS), this machine (host), others.

    Each environment is evolved for some generations on each backend. Time, energy and power of inference and of
    evolution follow from the counts, with lower and upper bounds; "origin" says whether a figure is measured,
    emulated or modelled.
    """
    comparing = {
        "--env": envs,
        "--suite": suite,
        "--backend": backends,
        "--platform": platforms,
        "--generations": generations,
        "--population": population,
        "--seeds": seeds,
        "--sweep": sweeps,
        "--csv": csv,
        "--plot": plot,
        "--ert": ert,
        "--fresh": fresh,
        "--threads": threads,
        "--pace": pace is not None,
        "--robots": robots,
    }
    if relative_speed is not None and not calibrate:
        raise UserError("--relative-speed belongs to --calibrate; add it, or leave this out")
    if nodes is None and (cores is not None or network is not None):
        raise UserError("--cores and --network belong to --nodes; add it, or leave them out")
    if nodes is not None:
        mine = ("--env", "--generations", "--population", "--plot")
        others = {name: value for name, value in comparing.items() if name not in mine}
        _alone("nodes", others | {"--chip": chip, "--energy": energy, "--peak": peak, "--calibrate": calibrate})
        wanted = (nodes, 1 if cores is None else cores, network)
        _cluster(wanted, envs, population, generations, overrides, plot, as_json=as_json, quiet=quiet)
    elif calibrate:
        _alone("calibrate", comparing | {"--chip": chip, "--energy": energy, "--set": overrides, "--peak": peak})
        _calibrate(relative_speed, as_json)
    elif peak:
        _alone("peak", comparing)
        _peak(chip, overrides, energy, as_json)
    else:
        from ..bench import compare as runs
        from ..bench.plan import Request
        from ..report.bench import print_bench
        from ..report.bench_plot import draw
        from ..report.figure import check
        from ..report.output import check_output, make_folder
        from ..report.progress import choose_progress
        from ..report.results import print_json

        if csv is not None:
            check_output("--csv", csv, overwrite=True)
        if plot is not None:
            check(plot)
        if ert is not None:
            make_folder("--ert", ert)
        request = Request(
            envs, suite, backends, generations, population, 1 if seeds is None else seeds, chip, overrides, sweeps,
            threads or 0, pace, robots,
        )  # fmt: skip
        progress = choose_progress(quiet=quiet)
        try:
            found = runs.compare(request, platforms, energy, ctx.obj, progress, fresh=fresh, ert=ert)
        except KeyboardInterrupt:
            if not sweeps and suite is None:
                raise
            raise KeyboardInterrupt("Interrupted. Run the same command again to continue.") from None
        finally:
            progress.close()
        if csv is not None:
            runs.write_csv(found["rows"], csv)
        if plot is not None:
            draw(found, plot)
        if as_json:
            print_json(found)
        else:
            print_bench(found, {"csv": csv, "plot": plot, "ert": ert if found["chip"] else None})


def _cluster(
    wanted: tuple[str, int, str | None],
    envs: tuple[str, ...],
    population: int | None,
    generations: int | None,
    overrides: tuple[str, ...],
    plot: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from ..bench.cluster import asked_of, predicted
    from ..report.bench_cluster import draw_cluster, print_cluster
    from ..report.figure import check
    from ..report.progress import choose_progress
    from ..report.results import print_json

    if plot is not None:
        check(plot)
    progress = choose_progress(quiet=quiet)
    try:
        asked = asked_of(*wanted)
        found = predicted(envs or ("CartPole",), population, generations, overrides, asked, progress.message)
    finally:
        progress.close()
    if plot is not None:
        draw_cluster(found, plot)
    if as_json:
        print_json({"predictions": found})
    else:
        print_cluster(found)


def _alone(option: str, others: Mapping[str, object]) -> None:
    if names := [name for name, value in others.items() if value]:
        raise UserError(f"{ALONE[option]} and compares nothing, so it cannot be combined with {', '.join(names)}")


def _peak(chip: str | None, overrides: tuple[str, ...], energy: str | None, as_json: bool) -> None:
    from ..bench.chip import peak_report
    from ..config.chips import load_chip
    from ..energy.table import load_table
    from ..report.bench_peak import print_peak
    from ..report.results import print_json

    chosen = load_chip(chip, overrides)
    report = peak_report(chosen.settings, chosen.name, load_table(energy))
    if as_json:
        print_json(report)
    else:
        print_peak(report)


def _calibrate(relative_speed: str | None, as_json: bool) -> None:
    from ..measure.calibration import as_json as as_document
    from ..measure.calibration import calibrate, calibration_path
    from ..report.bench_peak import print_calibration
    from ..report.results import print_json

    found = calibrate(relative_speed=None if relative_speed is None else _speed(relative_speed))
    document = as_document(found) | {"kept_in": str(calibration_path())}
    if as_json:
        print_json(document)
    else:
        print_calibration(document)


def _speed(text: str) -> Range:
    """Return a speed from ``1.2`` or ``1.0,1.2,1.5``."""
    from ..ranges import Range

    try:
        numbers = [float(part) for part in text.split(",")]
        low, nominal, high = numbers * 3 if len(numbers) == 1 else numbers
    except ValueError:
        low = nominal = high = 0.0
    if not 0 < low <= nominal <= high < float("inf"):
        raise UserError(
            f"--relative-speed {text}: must be a number above 0, or three that ascend: low, nominal, high; such as "
            "0.9,1.1,1.3"
        )
    return Range(low, nominal, high)
