"""Files that were altered and signed again must be read, or refused with one message; nothing else may happen.

``python -m benchmarks.mutated_files`` evolves a few small runs, alters a copy of one of their files at random, gives it
the right checksum, and hands it to everything that reads such files and to what follows: the library, exports, replay,
inspect, report, resume. Anything but success or a message of genesys is a failure, and so is a death, much memory or
much time. Failures are printed with their seed and number; ``--only N`` repeats one, with a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from genesys_cli.config.load import load_settings
from genesys_cli.errors import GenesysError
from genesys_cli.files import archive
from genesys_cli.files.champion import _digest, load_champion
from genesys_cli.files.checkpoint import KIND, VERSION, checkpoints, load, newest_valid

SECONDS, BYTES = 60, 4 * 2**30  # that one file may take
BATCH = 500  # files of one process
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
    "recurrent": ("Pendulum", "neat.feed_forward=false"),
    "normalised": ("Acrobot", "evaluation.normalise_observations=true", 'neat.activation_options=["tanh","sin"]'),
    "drift": ("CartPole", "drift.length.at=1", "drift.length.to=2", "run.stop_when_solved=false"),
    "chip": ("CartPole", "run.backend=genesys"),
}

NASTY = (
    *(None, True, False, -1, 0, 1, 2, 7, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**300),
    *(0.5, -0.0, 1e39, -1e39, 1e308, 1e-320, float("inf"), float("-inf"), float("nan")),
    *("", "0", "x", "tanh", "sum", "\x1b[2J", "\0", "\ud800", "a" * 5000, "[red]", "<script>", "../..", "évil:Foo-v0"),
    *([], {}, [0], [[]], {"a": 1}, [None] * 50, [1e300] * 4, {"in": 0, "out": 1}),
)
LITERALS = (
    "NaN",
    "-Infinity",
    "1e999",
    "9" * 5000,
    "[" * 100_000,
    '{"a":' * 2000,
    '"\\ud800"',
    "-",
    "\0",
    '"generation": 1, ',
)
TOML_VALUES = (
    "0",
    "-1",
    "1e999",
    "nan",
    "true",
    '""',
    '"x"',
    "[]",
    "{}",
    "9" * 5000,
    "0x" + "f" * 6000,
    "[" * 3000,
    "1979-05-27",
    '"evil:Foo-v0"',
)
DTYPES = ("u1", "i4", "i8", "f4", "f8", ">f4", "S5", "U3", "?", "c16", "f2", "M8[s]")


class Quiet:
    """Hears of a run and says nothing."""

    def message(self, text: str) -> None: ...
    def start(self, *_: object) -> None: ...
    def generation(self, row: object) -> None: ...
    def finish(self, summary: object) -> None: ...


def make_runs(folder: Path, names: Iterator[str] | tuple[str, ...] = tuple(RUNS)) -> dict[str, Path]:
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
    path.write_text(_signed(document))


# Alterations


def _places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(document, dict | list):
        for key in document if isinstance(document, dict) else range(len(document)):
            yield from _places(document[key], (*path, key))


def alter_document(document: Any, rng: random.Random) -> Any:
    """Return a document with a field or several removed, retyped, out of range, doubled, moved or added."""
    document = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(_places(document))
        if not places:
            break
        tops = [place for place in places if len(place) < 3]
        *way, last = rng.choice(tops if rng.random() < 0.5 else places)
        holder = document
        for key in way:
            holder = holder[key]
        value = holder[last]
        kind = rng.random()
        if isinstance(value, str) and len(value) > 100 and kind < 0.8:
            holder[last] = alter_toml(value, rng)
        elif kind < 0.2:
            del holder[last]
        elif kind < 0.65:
            holder[last] = copy.deepcopy(rng.choice(NASTY))
        elif kind < 0.8 and isinstance(value, int | float) and not isinstance(value, bool):
            holder[last] = rng.choice(
                (-value, value + 1, value - 1, value * 1000, float(value), str(value), value + 0.5)
            )
        elif isinstance(holder, list):
            holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(rng.choice(holder)))
        else:
            holder[rng.choice(("x", "later", *holder))] = copy.deepcopy(value)
    return document


def alter_toml(text: str, rng: random.Random) -> str:
    """Return settings with a line removed, doubled, or with another value, or with text spliced in."""
    lines = text.splitlines(keepends=True)
    k = rng.randrange(len(lines))
    kind = rng.random()
    if kind < 0.6:
        keyed = [j for j, line in enumerate(lines) if " = " in line]
        k = rng.choice(keyed or [k])
        lines[k] = f"{lines[k].partition(' = ')[0]} = {rng.choice((*TOML_VALUES, str(rng.randrange(10**6))))}\n"
    elif kind < 0.75:
        del lines[k]
    elif kind < 0.85:
        lines.insert(k, lines[k])
    else:
        lines.insert(k, rng.choice(("[later]\nx = 1\n", "x = 1\n", "\0", "]]", 'é = "\x1b"\n', "drift.mass.at = 1\n")))
    return "".join(lines)


def alter_text(text: str, rng: random.Random) -> str:
    """Return text with something spliced in, cut out or flipped."""
    a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    kind = rng.random()
    if kind < 0.4:
        return text[:a] + rng.choice(LITERALS) + text[a:]
    if kind < 0.7:
        return text[:a] + text[min(b, a + 40) :]
    return text[:a] + text[b : b + 60] + text[a:]


def alter_bytes(data: bytes, rng: random.Random) -> bytes:
    altered = bytearray(data)
    for _ in range(rng.choice((1, 3, 20))):
        altered[rng.randrange(len(altered))] = rng.randrange(256)
    return bytes(altered[: rng.randrange(len(altered))] if rng.random() < 0.1 else altered)


def _signed(document: Any) -> str:
    """Return a champion's document with the right checksum."""
    document = (
        {key: value for key, value in document.items() if key != "sha256"} if isinstance(document, dict) else document
    )
    return json.dumps({**document, "sha256": _digest(document)} if isinstance(document, dict) else document, indent=1)


def alter_champion(data: bytes, rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.05:
        return alter_bytes(data, rng)
    document = json.loads(data)
    if kind < 0.85:
        return _signed(alter_document(document, rng)).encode(errors="surrogatepass")
    # Text that is no longer what a program would write, signed as what it says, if it says anything.
    text = alter_text(data.decode(), rng)
    with contextlib.suppress(ValueError, RecursionError, AttributeError):
        said = json.loads(text)
        text = text.replace(document["sha256"], _digest({key: value for key, value in said.items() if key != "sha256"}))
    return text.encode()


def alter_array(array: Any, rng: random.Random) -> Any:
    """Return an array with other numbers, another length, shape or type."""
    kind = rng.random()
    if array.ndim != 1:  # altered before
        return array
    if kind < 0.5 and array.size:
        array = array.copy()
        for _ in range(rng.choice((1, 1, 5))):
            k = rng.randrange(array.size)
            if array.dtype.kind == "f":
                array[k] = rng.choice((np.nan, np.inf, -1e30, 0.0, 1e30))
            elif array.dtype.kind in "iu":
                limits = np.iinfo(array.dtype)
                near = int(array[k]) + rng.choice((-1, 1))
                array[k] = min(max(rng.choice((limits.min, limits.max, near, near, 0, -1, 5)), limits.min), limits.max)
        return array
    if kind < 0.7:
        return (
            np.concatenate((array, array[: rng.choice((1, 3))]))
            if rng.random() < 0.5
            else array[: max(0, array.size - rng.choice((1, 2, array.size)))]
        )
    if kind < 0.85:
        with contextlib.suppress(TypeError, ValueError), np.errstate(all="ignore"):
            return array.astype(rng.choice(DTYPES))
    return rng.choice((array[None], array[:, None], np.zeros((2, 2), order="F"), np.float64(3), array[:0], array[::-1]))


def alter_checkpoint(data: bytes, path: Path, rng: random.Random) -> bytes:
    if rng.random() < 0.05:
        return alter_bytes(data, rng)
    header, arrays = archive.read(path, KIND, VERSION)
    kind = rng.random()
    members: dict[str, bytes] = {}
    text = json.dumps(alter_document(header, rng) if kind < 0.45 else header)
    if 0.45 <= kind < 0.5:
        text = alter_text(text, rng)
    if kind >= 0.5:
        for _ in range(rng.choice((1, 1, 2))):
            name = rng.choice(sorted(arrays))
            if kind < 0.6:
                arrays.pop(name)
            else:
                arrays[name] = alter_array(arrays[name], rng)
            if not arrays:
                break
    for name, array in {"header": np.frombuffer(text.encode(errors="surrogatepass"), np.uint8), **arrays}.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.asanyarray(array), version=(1, 0), allow_pickle=False)
        members[name] = buffer.getvalue()
    compression = zipfile.ZIP_STORED
    if kind > 0.9:
        name = rng.choice(sorted(members))
        how = rng.randrange(5)
        if how == 0:  # more numbers than there are bytes
            shape = rng.choice((b"(9000000000000,)", b"(-5,)", b"(3, 4)", b"()", b"(99999999999999999999,)"))
            members[name] = (
                members[name].replace(b"'shape': (", b"'shape': " + shape + b" + (", 1)
                if rng.random() < 0.3
                else _reshaped(members[name], shape)
            )
        elif how == 1:
            members[name] = alter_bytes(members[name], rng)
        elif how == 2:
            compression = zipfile.ZIP_DEFLATED
        elif how == 3:
            members[rng.choice(("more", "../evil", "x" * 300, "population"))] = b"\0" * 50
        else:
            members[name] = b""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), content, compression)
        file.comment = bytes(archive.CHECKSUM)
    body = buffer.getvalue()[: -archive.CHECKSUM]
    if kind > 0.98:
        body = alter_bytes(body, rng)
    return body + hashlib.sha256(body).hexdigest().encode()


def _reshaped(member: bytes, shape: bytes) -> bytes:
    begin = member.find(b"'shape': ") + 9
    end = member.find(b")", begin) + 1
    pad = len(shape) - (end - begin)
    blank = member.rfind(b" ", 0, member.find(b"\n"))
    head = member[:begin] + shape + member[end : blank + 1 - max(0, pad)]
    return head + b" " * max(0, -pad) + member[blank + 1 :]


def alter_other(data: bytes, rng: random.Random) -> bytes:
    """Alter what has no checksum: summary.json, tables, faults, settings."""
    if rng.random() < 0.2:
        return alter_bytes(data, rng) if data else b"\0"
    text = data.decode()
    if text.startswith("{"):
        return json.dumps(alter_document(json.loads(text), rng)).encode(errors="surrogatepass")
    if "," not in text or " = " in text:
        return alter_toml(text, rng).encode() if " = " in text else alter_text(text, rng).encode()
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(rng.choice((1, 1, 3))):
        row = rng.choice(rows)
        row[rng.randrange(len(row))] = rng.choice(
            ("", "nan", "inf", "-1", "1e308", "x", "\x1b[2J", "9" * 400, "9" * 5000, "0", '"', "1e-300")
        )
    return ("\n".join(map(",".join, rows)) + "\n").encode()


# What reads the files


def followers(run: Path, name: str, rng: random.Random, share: float) -> Iterator[Callable[[], object]]:
    """Yield what is done with a run one of whose files was altered. share: of what takes longer"""
    from genesys_cli.export.files import export
    from genesys_cli.files.target import find_target
    from genesys_cli.inspection.inspect import find_subject, inspect, inspect_network
    from genesys_cli.inspection.overview import overview
    from genesys_cli.library import Champion
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
            altered = alter_checkpoint(data, path, rng)
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


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.mutated_files", description=__doc__)
    arguments.add_argument("--files", type=int, default=20_000)
    arguments.add_argument("--first", type=int, default=0, help="number of the first")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--share", type=float, default=0.3, help="of files that go through all that takes long")
    arguments.add_argument("--only", type=int, metavar="N", help="try this one, and show its traceback")
    arguments.add_argument("--batch", nargs=3, metavar=("FOLDER", "BEGIN", "END"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.batch:
        return _batch(given)
    with tempfile.TemporaryDirectory(prefix="genesys-mutated-") as folder:
        os.chdir(folder)
        os.environ["XDG_CONFIG_HOME"] = folder
        bases = make_runs(Path(folder))
        if given.only is not None:
            print(
                Trial(bases, Path(folder) / "trial", given.seed, 1.0 if given.share >= 1 else given.share).run(
                    given.only
                )
            )
            return 0
        begun, failures, counts = time.monotonic(), [], {}
        for begin in range(given.first, given.first + given.files, BATCH):
            end = min(begin + BATCH, given.first + given.files)
            command = [
                sys.executable,
                "-m",
                "benchmarks.mutated_files",
                "--seed",
                str(given.seed),
                "--share",
                str(given.share),
            ]
            done = subprocess.run(
                [*command, "--batch", folder, str(begin), str(end)],
                capture_output=True,
                text=True,
                cwd=Path(__file__).parents[1],
                check=False,
            )
            try:
                found = json.loads(done.stdout.splitlines()[-1])
            except (IndexError, ValueError):
                found = {
                    "failures": [f"{begin} to {end}: died with {done.returncode}: {done.stderr[-1500:]}"],
                    "kinds": {},
                    "peak": 0,
                }
            failures += found["failures"]
            for kind, count in found["kinds"].items():
                counts[kind] = counts.get(kind, 0) + count
            print(
                f"{end} files, {len(failures)} failures, {time.monotonic() - begun:.0f} s, peak {found['peak']} MiB",
                flush=True,
            )
            for line in found["failures"]:
                print(f"  {line}", flush=True)
        print(json.dumps(counts, indent=1, sort_keys=True))
    return 1 if failures else 0


def _batch(given: argparse.Namespace) -> int:
    folder, begin, end = Path(given.batch[0]), int(given.batch[1]), int(given.batch[2])
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    with tempfile.TemporaryDirectory(prefix="trial-", dir=folder) as place:
        trial = Trial({name: folder / name for name in RUNS}, Path(place), given.seed, given.share)
        failures = work(trial, begin, end)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"failures": failures, "kinds": trial.kinds, "peak": peak}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
