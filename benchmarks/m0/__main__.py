"""``python -m benchmarks.m0``: compile, run, check and print."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path

from .build import build, compiler_version


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.m0", description="Cycles of the chip's CPU.")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write all counts, as counts.json has them")
    arguments.add_argument("--toml", action="store_true", help="print the [cpu] lines of a chip's preset instead")
    asked = arguments.parse_args()
    if compiler_version() is None:
        print("arm-none-eabi-gcc is not installed (Debian: gcc-arm-none-eabi)", file=sys.stderr)
        return 2
    if importlib.util.find_spec("unicorn") is None:
        print("unicorn is not installed; pip install 'genesys-cli[m0]'", file=sys.stderr)
        return 2
    from .results import measure, table, toml  # takes numba, hence time

    counts = measure(build())
    if asked.json:
        asked.json.write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
    if asked.toml:
        print("\n".join(toml(counts)))
    else:
        print(f"gcc {counts['compiler']} {counts['flags']}; {counts['assumed']}; seed {counts['seed']}\n")
        print("\n".join(table(counts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
