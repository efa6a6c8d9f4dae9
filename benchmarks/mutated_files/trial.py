"""The small runs whose files are altered, and whatever reads them, tried with an altered file."""

from __future__ import annotations

import contextlib
import io
import json
import random
import shutil
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from genesys_cli.config.load import load_settings
from genesys_cli.errors import GenesysError
from genesys_cli.files import archive
from genesys_cli.files.champion import load_champion
from genesys_cli.files.checkpoint import KIND, VERSION, checkpoints, load, newest_valid

from .files import alter_archive, alter_champion, alter_other, signed

SECONDS = 60  # that one file may take
SMALL = (
    "neat.population=12",
    "neat.generations=3",
    "neat.node_add_prob=0.5",
    "neat.conn_add_prob=0.5",
    "evaluation.episodes=1",
    "evaluation.validate_episodes=4",
    "environment.max_steps=20",
    "run.threads=1",
)
RUNS = {
    "native": ("CartPole",),
    "first": ("Pendulum", "evaluation.observation_scale=[1, 1, 0.25]"),  # its files are made those of version 1
    "recurrent": ("Acrobot", "neat.feed_forward=false"),
    "normalised": ("CartPole", "evaluation.normalise_observations=true", 'neat.activation_options=["tanh","sin"]'),
    "drift": ("CartPole", "drift.length.at=1", "drift.length.to=2", "run.stop_when_solved=false"),
    "chip": ("CartPole", "run.backend=genesys"),
}


class Quiet:
    """Hears of a run and says nothing."""

    def message(self, text: str) -> None: ...
    def start(self, *_: object) -> None: ...
    def generation(self, row: object) -> None: ...
    def finish(self, summary: object) -> None: ...


def make_runs(folder: Path, names: Iterable[str] = tuple(RUNS)) -> dict[str, Path]:
    """Evolve the runs whose files are altered."""
    from genesys_cli.runs import evolve as runs

    made = {}
    for name in names:
        env, *more = RUNS[name]
        runs.evolve(load_settings(None, env, [*SMALL, *more]), folder / name, ["genesys"], Quiet())
        made[name] = folder / name
        if name == "first":
            _as_first_version(made[name])
    return made


def _as_first_version(run: Path) -> None:
    for path in checkpoints(run / "checkpoints"):
        header, arrays = archive.read(path, KIND, VERSION)
        header["version"] = 1
        for name in ("frozen", "events", "normaliser"):
            del header[name]
        del header["champion"]["validated_in"]
        archive.write(
            path,
            header,
            {
                name: array
                for name, array in arrays.items()
                if name[:9] != "champion." or name[9:] not in ("offset", "scale", "returns")
            },
        )
    path = run / "champion.json"
    document = json.loads(path.read_text())
    document["version"] = 1
    del document["inputs"], document["returns"], document["statistics"]["validated_in"]
    path.write_text(signed(document))


def followers(run: Path, name: str, rng: random.Random, share: float) -> Iterator[Callable[[], object]]:
    """Yield what is done with a run one of whose files was altered. share: of what takes longer"""
    from genesys_cli.export.files import export
    from genesys_cli.files.target import find_target
    from genesys_cli.inspection.inspect import find_subject, inspect, inspect_network
    from genesys_cli.inspection.overview import overview
    from genesys_cli.library.champion import Champion
    from genesys_cli.playback.replay import replay
    from genesys_cli.report.html.run import Pictures, run_page
    from genesys_cli.report.inspection import print_network, print_run
    from genesys_cli.report.network.svg import network_svg
    from genesys_cli.runs import evolve as runs

    if name == "champion.json":
        yield lambda: load_champion(run / name)
        target = str(run)
    elif name.endswith(".npz"):
        yield lambda: load(run / "checkpoints" / name)
        yield lambda: newest_valid(run / "checkpoints")
        target = str(run / "checkpoints" / name)
    else:
        target = ""
    network = refusal = None
    if target:
        try:
            network = find_target(target, None)
        except GenesysError as error:
            refusal = error
        if network is not None and rng.random() < share:

            def act() -> None:
                champion = Champion(network)
                with contextlib.suppress(ValueError):  # as the library says of what is not finite
                    champion.act(np.zeros(len(network.champion.offset), np.float32))

            yield act
            kind = rng.choice(("json", "c", "onnx"))
            yield lambda: export(network, kind, arithmetic=rng.choice((None, "float", "fixed")))
            yield lambda: print_network(inspect_network(network, ancestry=True), everything=True)
            yield lambda: network_svg(network, everything=True)
            yield lambda: replay(target, None, 2, 1, "none")
    if rng.random() < (share if target else 1.0):
        yield lambda: print_run(inspect(run).facts | {"network": None, "trouble": find_subject(None, run).trouble})
        yield lambda: run_page(overview(run), Pictures())
    if rng.random() < share / 4:

        def resume() -> None:
            runs.resume(run, {"neat.generations": 4}, ["genesys"], Quiet())

        yield resume
    if refusal is not None:
        raise refusal


class Trial:
    """Alters files and tries them. number: counted from 0; each has a generator of its own, from seed and number"""

    def __init__(self, bases: dict[str, Path], place: Path, seed: int, share: float) -> None:
        self.bases, self.place, self.seed, self.share = bases, place, seed, share
        self.kinds: dict[str, int] = {}

    def run(self, number: int) -> str:
        """Alter a file and read it; return ``read``, ``refused``, or what went wrong."""
        rng = random.Random(f"{self.seed}-{number}")
        base = self.bases[rng.choice(sorted(self.bases))]
        run = self.place / base.name
        if not run.exists():
            shutil.copytree(base, run)
        newest = checkpoints(run / "checkpoints")[0]
        others = ("summary.json", "metrics.csv", "species.csv", "config.toml", "faults.jsonl", "environment.json")
        name = rng.choices(("champion.json", newest.name, rng.choice(others)), (10, 10, 3))[0]
        path = newest if name == newest.name else run / name
        if name == "faults.jsonl":
            fault = {"generation": 0, "phase": "training", "genome": 1, "seed": 5, "step": 3}
            path.write_text(json.dumps({**fault, "kind": "crash", "message": "signal 11", "final": True}) + "\n")
        data = path.read_bytes()
        if name == "champion.json":
            altered = alter_champion(data, rng)
        elif path == newest:
            altered = alter_archive(data, path, rng)
        else:
            altered = alter_other(data, rng)
        path.write_bytes(altered)
        outcome = self._tried(base, run, name, rng)
        path.write_bytes(data)
        if name == "faults.jsonl":
            path.unlink()
        if outcome not in ("read", "refused") or len(checkpoints(run / "checkpoints")) > 3 or self._resumed:
            shutil.rmtree(run)
        return outcome

    def _tried(self, base: Path, run: Path, name: str, rng: random.Random) -> str:
        outcome = "read"
        self._resumed = False
        steps = followers(run, name, rng, self.share)
        while True:
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    step = next(steps, None)
                    if step is None:
                        break
                    self._resumed = step.__name__ == "resume"
                    step()
            except GenesysError as error:
                outcome = "refused"
                text = str(error)
                if not text or len(text) > 4000 or "\x1b" in text.replace("\\x1b", ""):
                    return f"{base.name} {name}: a strange message: {text[:200]!r}"
            except BaseException as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                return (
                    f"{base.name} {name}: {type(error).__name__}: {str(error)[:200]} ({where.filename}:{where.lineno})"
                )
        self.kinds[f"{name.partition('-')[0]} {outcome}"] = self.kinds.get(f"{name.partition('-')[0]} {outcome}", 0) + 1
        return outcome


def work(trial: Trial, begin: int, end: int) -> list[str]:
    """Try files `begin` to `end`; return what went wrong, a line each."""
    failures = []

    def late(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, late)
    try:
        for number in range(begin, end):
            signal.alarm(SECONDS)
            outcome = trial.run(number)
            signal.alarm(0)
            if outcome not in ("read", "refused"):
                failures.append(f"{number}: {outcome}")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return failures
