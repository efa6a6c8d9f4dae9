"""A folder with a chip's RTL for anybody's own tools: sources, lists of them, tables, a testbench with vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import __version__
from ..config.chip import ChipSettings
from .constants_adam import adam_words, rom_files
from .eve import check_eve
from .package import NAME, package_text
from .sources import harness, rtl_folder, sources_of
from .vectors_eve import BITS, Vectors

TOP = "genesys"
BENCH = "tb_genesys"


def check_rtl(chip: ChipSettings) -> None:
    """Raise a :class:`UserError` for a chip that the RTL cannot build."""
    check_eve(chip)
    adam_words(chip)


def folder_files(chip: ChipSettings, vectors: Mapping[str, Vectors], described: str) -> dict[str, str]:
    """Return the files of a chip's folder, by their paths in it. Raises UserError where RTL of it cannot be built.

    vectors: of ``eve`` and ``adam``, by these names. described: the chip and the generation, in words
    """
    check_rtl(chip)
    paths = {source: f"rtl/{source.relative_to(rtl_folder()).as_posix()}" for source in sources_of(TOP)}
    files = {f"rtl/{NAME}.sv": package_text(chip)}
    files |= {path: source.read_text(encoding="utf-8") for source, path in paths.items()}
    files |= rom_files(chip)
    files[f"tb/{BENCH}.sv"] = harness(f"{BENCH}.sv").read_text(encoding="utf-8")
    for name, found in vectors.items():
        files[f"vectors/{name}.hex"] = "".join(f"{line:0{BITS // 4}x}\n" for line in found.lines)
    files["vectors/vectors_pkg.sv"] = _vectors_package(vectors)
    synthesis = [f"rtl/{NAME}.sv", *paths.values()]
    files["synthesis.f"] = _listed(synthesis)
    files["simulation.f"] = _listed([*synthesis, "vectors/vectors_pkg.sv"])
    templates = rtl_folder() / "sim"
    files["Makefile"] = (templates / "folder.mk").read_text(encoding="utf-8")
    readme = (templates / "folder.txt").read_text(encoding="utf-8")
    files["README.txt"] = readme.replace("@ABOUT@", described).replace("@SRAMS@", _memories(chip))
    return files


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder that is there."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def about(name: str, overrides: Sequence[str], generation: int) -> str:
    """Say in lines what a folder is of. overrides: settings that differ from the chip's and the preset's"""
    differs = [f"Settings that were changed: {' '.join(overrides)}"] if overrides else []
    made = [f"Made by genesys {__version__} of the chip {name}.", *differs]
    return "\n".join(
        [*made, f"Vectors: children of generation {generation} of CartPole, seed 0, and steps of their parents."]
    )


def _listed(paths: list[str]) -> str:
    return "".join(f"{path}\n" for path in paths)


def _vectors_package(vectors: Mapping[str, Vectors]) -> str:
    lines = [f"  localparam int {name.upper()}_LINES = {len(found.lines)};" for name, found in vectors.items()]
    return "\n".join(["// How long the files of vectors are.", "package vectors_pkg;", *lines, "endpackage", ""])


def _memories(chip: ChipSettings) -> str:
    """Return which memories there are, a line each."""
    buffer, words = chip.buffer, adam_words(chip)
    (table,) = (text.split() for text in rom_files(chip).values())
    bits = 4 * len(table[0])
    return "\n".join(
        [
            f"  sram            {buffer.banks} of {buffer.words_per_bank} x 64 bits: the genome buffer. EvE has all",
            f"                  banks, ADAM the first {words.line_words + 2}; each enables writes of single operands",
            f"  activation_rom  1 of {len(table)} x {bits} bits: activations.hex",
        ]
    )
