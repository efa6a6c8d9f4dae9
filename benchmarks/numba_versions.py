"""Both ends of the versions of numba and NumPy that pyproject.toml allows, each in an environment of its own.

    python -m benchmarks.numba_versions                  # both ends, some ten minutes
    python -m benchmarks.numba_versions --end oldest --python python3.12

An environment is made with the oldest versions, or the newest ones that the index has; in it the digests of
``benchmarks/digests.json`` are compared and those tests are run that call compiled kernels. Not every Python has wheels
of both ends: --python names another. Exit code 1 where an end fails.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOUNDED = ("numba", "numpy")
TOOLS = ("hypothesis>=6.100", "neat-python==2.0.0", "pytest>=8.2")
TESTS = (
    "tests/compiled",
    "tests/genome",
    "tests/network",
    "tests/neat",
    "tests/accelerator",
    "tests/backends/test_conformance.py",
    "tests/backends/stepped",
    "tests/runs/test_ahead.py",
)
_SHOW = """\
import sys, numba, numpy
print(f"Python {sys.version.split()[0]}, numba {numba.__version__}, NumPy {numpy.__version__}")
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.numba_versions", description=__doc__.partition("\n")[0])
    parser.add_argument("--end", choices=("oldest", "newest"), action="append", help="one of them; default: both")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that makes the environments")
    args = parser.parse_args()
    failed = [end for end in args.end or ("oldest", "newest") if not holds(end, args.python)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def holds(end: str, interpreter: str) -> bool:
    """Say whether all is well with an end; what its processes say goes to the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        # The folder of kernels is named after the sources, and numba's own check would do, but nothing is to be shared.
        surroundings = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "NUMBA_CACHE_DIR")}
        surroundings["GENESYS_CACHE_DIR"] = f"{folder}/kernels"

        def ran(*words: str) -> bool:
            return subprocess.run([str(python), *words], cwd=ROOT, env=surroundings, check=False).returncode == 0

        subprocess.run([interpreter, "-m", "venv", str(python.parents[1])], check=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        if not ran(*install, *(pins() if end == "oldest" else ()), *TOOLS, "--editable", ".[box2d]"):
            print(f"{end}: cannot be installed with {interpreter}")
            return False
        print(f"\n== {end}: ", end="", flush=True)
        ran("-c", _SHOW)
        # Gymnasium's own environments compute with NumPy, whose rules for float32 have changed with version 2.
        native = [] if end == "newest" else ["--native"]
        digests = ran("-m", "benchmarks.digests", "--check", "benchmarks/digests.json", *native)
        return ran("-m", "pytest", "-p", "no:cacheprovider", *TESTS) and digests


def pins() -> list[str]:
    """Return the oldest versions that pyproject.toml allows, for pip; the newest need none."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lows = {name: re.search(rf'"{name}>=([\d.]+)', text) for name in BOUNDED}
    return [f"{name}=={low.group(1)}.*" for name, low in lows.items() if low is not None]


if __name__ == "__main__":
    main()
