"""Folder trees as Linux shows RAPL."""

import pytest


def make_zone(root, name, called, energy, limits=()):
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{called}\n")
    (folder / "energy_uj").write_text(f"{energy}\n")
    (folder / "max_energy_range_uj").write_text("262143328850\n")
    for index, (kind, limit, most) in enumerate(limits):
        (folder / f"constraint_{index}_name").write_text(f"{kind}\n")
        (folder / f"constraint_{index}_power_limit_uw").write_text(f"{limit}\n")
        if most is not None:
            (folder / f"constraint_{index}_max_power_uw").write_text(f"{most}\n")
    return folder


@pytest.fixture
def zone():
    """Return the function that makes a zone's folder: (root, name, called, energy, limits)."""
    return make_zone


@pytest.fixture
def root(tmp_path):
    """Two packages, with what must not be counted again: cores, the board, and the same counter in memory."""
    tree = tmp_path / "powercap"
    limits = (("long_term", 125_000_000, 91_000_000), ("short_term", 150_000_000, 0))
    make_zone(tree, "intel-rapl:0", "package-0", 1_000_000, limits)
    make_zone(tree, "intel-rapl:0:0", "core", 500_000)
    make_zone(tree, "intel-rapl:1", "package-1", 2_000_000, (("long_term", 80_000_000, None),))
    make_zone(tree, "intel-rapl:2", "psys", 9_000_000)
    make_zone(tree, "intel-rapl-mmio:0", "package-0", 1_000_000)
    (tree / "intel-rapl").mkdir()
    return tree
