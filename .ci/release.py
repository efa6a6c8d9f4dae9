"""Builds wheel and sdist and tests both in clean environments, with every Python that the project names.

``make release`` runs it; docs/releasing.md says when. Of each Python it needs an interpreter on this machine, found on
the PATH, with pyenv or with uv; one that is not there is named as skipped. Nothing outside dist/ is changed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
WHOLE = ("tests",)
QUICK = ("tests/docs/test_site.py", "tests/docs/test_docstrings.py", "tests/docs/test_releasing.py", "tests/config")


class FailedError(Exception):
    """A step that did not work."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--python", action="append", metavar="3.X", help="only this one; repeatable")
    parser.add_argument("--quick", action="store_true", help=f"of the tests only {', '.join(QUICK)}")
    parser.add_argument("--no-digests", action="store_true", help="leave out the fixed-seed results")
    given = parser.parse_args()
    known = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text())
    pythons = given.python or known
    if unknown := [version for version in pythons if version not in known]:
        parser.error(f"--python {unknown[0]}: pyproject.toml names {', '.join(known)}")

    outcome: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="genesys-release-") as folder:
        work = Path(folder)
        try:
            wheel, sdist = build()
        except FailedError as failure:
            print(f"FAILED: {failure}")
            return 1
        source = unpacked(sdist, work)
        for version in pythons:
            interpreter = find(version)
            if interpreter is None:
                outcome[version] = "SKIPPED: there is no such interpreter on the PATH, in pyenv or in uv"
                continue
            begin = time.monotonic()
            try:
                try_wheel(interpreter, wheel, work / version)
                tests = QUICK if given.quick else WHOLE
                try_sdist(interpreter, source, work / version, tests, digests=not given.no_digests)
                outcome[version] = f"passed, after {time.monotonic() - begin:.0f} s"
            except FailedError as failure:
                outcome[version] = f"FAILED: {failure}"
            shutil.rmtree(work / version, ignore_errors=True)
    print("\n== summary")
    print(f"{wheel.name}, {sdist.name}: {'some of the' if given.quick else 'all'} tests")
    for version, text in outcome.items():
        print(f"Python {version}: {text}")
    return int(any(text.startswith("FAILED") for text in outcome.values()))


def build() -> tuple[Path, Path]:
    """Return wheel and sdist, made anew and checked; the wheel is built from the sdist."""
    step("build")
    shutil.rmtree(DIST, ignore_errors=True)
    run([sys.executable, "-m", "build", "--outdir", DIST, ROOT])
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    step("check")
    run([sys.executable, "-m", "twine", "check", "--strict", wheel, sdist])
    run([sys.executable, "-m", "check_wheel_contents", wheel])
    return wheel, sdist


def unpacked(sdist: Path, work: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(work, filter="data")
    return work / sdist.name.removesuffix(".tar.gz")


def find(version: str) -> Path | None:
    """Return an interpreter of a version that starts; pyenv's own stand-ins for missing ones do not."""
    for candidate in candidates(version):
        code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() == version:
            return candidate
    return None


def candidates(version: str) -> Iterator[Path]:
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)
    if uv := shutil.which("uv"):
        words = [uv, "python", "find", "--no-python-downloads", version]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield Path(done.stdout.strip())


def try_wheel(interpreter: Path, wheel: Path, work: Path) -> None:
    """Use the wheel, with nothing but what it asks for, from a folder that knows nothing of the sources."""
    step(f"{wheel.name} with {interpreter}")
    binaries = environment(interpreter, work / "wheel", [str(wheel)])
    elsewhere = work / "elsewhere"
    elsewhere.mkdir()
    kernels = {"GENESYS_CACHE_DIR": str(work / "kernels")}
    for words in (
        "--version",
        "presets",
        "evolve --env CartPole --seed 1 --require-solved --quiet",
        "evolve --env CartPole --seed 1 --backend genesys --generations 2 --quiet",
        "replay champion",
        "export champion --output pole.h",
        "report --no-film",
    ):
        run([binaries / "genesys", *words.split()], elsewhere, kernels)


def try_sdist(interpreter: Path, source: Path, work: Path, tests: Sequence[str], *, digests: bool) -> None:
    """Install the unpacked sdist with its development tools; run the tests that it holds, and compare the results."""
    step(f"tests of the sdist with {interpreter}")
    binaries = environment(interpreter, work / "sdist", [f"{source}[dev]"])
    kernels = {"GENESYS_CACHE_DIR": str(work / "kernels")}
    shared = ["--numprocesses", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
    run([binaries / "python", "-m", "pytest", "-p", "no:cacheprovider", *shared, *tests], source, kernels)
    if digests:
        step(f"fixed-seed results with {interpreter}")
        words = ["-m", "benchmarks.digests", "--check", "benchmarks/digests.json"]
        run([binaries / "python", *words], source, kernels)


def environment(interpreter: Path, folder: Path, packages: Sequence[str]) -> Path:
    """Make a virtual environment with packages; return the folder of its programs."""
    run([interpreter, "-m", "venv", "--upgrade-deps", folder])  # pip 23.0 searches for a quarter of an hour
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    run([binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
    return binaries


def step(text: str) -> None:
    print(f"\n== {text}", flush=True)


def run(words: Sequence[str | Path], folder: Path = ROOT, more: dict[str, str] | None = None) -> None:
    """Run a program without what the environment says of Python; raise FailedError where it fails."""
    theirs = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(list(map(str, words)), cwd=folder, env={**theirs, **(more or {})}, check=False)
    if done.returncode != 0:
        raise FailedError(f"{' '.join(map(str, words))} ended with {done.returncode}")


if __name__ == "__main__":
    sys.exit(main())
