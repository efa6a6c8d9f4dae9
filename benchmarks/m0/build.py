"""Compiles the routines in ``c/`` to one image, and says where each of them lies in it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

SOURCES = Path(__file__).with_name("c")
PREFIX = "arm-none-eabi-"
ORIGIN = 0x1000  # address of the first instruction
FLAGS = (
    "-std=c11",
    "-mcpu=cortex-m0",
    "-mthumb",
    "-O2",
    "-ffreestanding",
    "-fno-tree-loop-distribute-patterns",  # no calls of memset and memcpy, which there are none of
    "-ffunction-sections",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
)
SHOWN_FLAGS = "-mcpu=cortex-m0 -mthumb -O2"


class Program(NamedTuple):
    """What was compiled.

    image: bytes from ORIGIN on; address: of each function, by name
    size: bytes of machine code of each source file, by its name without suffix, and of libgcc's functions
    compiler: its version
    """

    image: bytes
    address: dict[str, int]
    size: dict[str, int]
    compiler: str


def compiler_version() -> str | None:
    """Return the compiler's version, such as ``12.2.1``, or None where there is no compiler."""
    gcc = shutil.which(f"{PREFIX}gcc")
    return _output([gcc, "-dumpfullversion"]).strip() if gcc else None


def build() -> Program:
    """Compile and link all routines; raises CalledProcessError where that fails."""
    version = compiler_version()
    if version is None:
        raise SystemExit(f"{PREFIX}gcc is not installed (Debian: gcc-arm-none-eabi)")
    with tempfile.TemporaryDirectory(prefix="genesys-m0-") as name:
        folder = Path(name)
        objects = []
        for source in sorted(SOURCES.glob("*.c")):
            made = folder / f"{source.stem}.o"
            _output([f"{PREFIX}gcc", *FLAGS, "-c", str(source), "-o", str(made)])
            objects.append(made)
        sizes = {made.stem: _code_bytes(made) for made in objects}
        elf, flat = folder / "m0.elf", folder / "m0.bin"
        files = [str(made) for made in objects]
        link = ["-nostdlib", f"-Wl,-Ttext={ORIGIN:#x}", "-Wl,-e,0", "-Wl,--no-warn-rwx-segments"]
        _output([f"{PREFIX}gcc", "-mcpu=cortex-m0", "-mthumb", *link, *files, "-lgcc", "-o", str(elf)])
        _output([f"{PREFIX}objcopy", "-O", "binary", str(elf), str(flat)])
        names = [line.split() for line in _output([f"{PREFIX}nm", str(elf)]).splitlines()]
        sizes["libgcc"] = _code_bytes(elf) - sum(sizes.values())
        return Program(
            flat.read_bytes(), {words[2]: int(words[0], 16) for words in names if words[1] in "Tt"}, sizes, version
        )


def _code_bytes(file: Path) -> int:
    """Return the bytes of code and constants in an object file, paddings included."""
    return int(_output([f"{PREFIX}size", str(file)]).splitlines()[1].split()[0])


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
