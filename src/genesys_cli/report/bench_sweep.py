"""A sweep of ``genesys bench`` on standard output: a row for each point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..counts import SRAM_READS, lookup
from .bench_words import head, say, significant, table, unique

POINT = ("inference ms", "evolution µs", "EvE µs", "total µJ", "world J", "EvE reads", "PEs busy")
Fields = Mapping[str, Any]


def print_sweep(document: Fields) -> None:
    """Write a row for each point, of the chip where it is known, else of each platform."""
    chips = document["chip"]
    keys = list(document["sweep"])
    for env, backend in unique((chip["env"], chip["backend"]) for chip in chips):
        mine = [chip for chip in chips if (chip["env"], chip["backend"]) == (env, backend)]
        head(
            f"GENESYS, {env}, evolved by {backend}, {mine[0]['origin']}: a generation on average over "
            f"{mine[0]['generations']}, bottom-up"
        )
        header = [*keys, *POINT]
        table(header, [_point_cells(chip, keys) for chip in mine], words=0)
        say("")
    if not chips:
        header = [*keys, "platform", "inference ms", "evolution ms", "mJ/generation"]
        for env, backend in unique((total["env"], total["backend"]) for total in document["totals"]):
            head(f"{env}, evolved by {backend}")
            mine = [t for t in document["totals"] if (t["env"], t["backend"]) == (env, backend)]
            table(header, [[*map(str, t["point"].values()), t["platform"], *_cells(t)] for t in mine])
            say("")


def _cells(total: Fields) -> list[str]:
    milli = (total["inference_s"], total["evolution_s"], total["energy_j"])
    return [significant(value * 1e3) for value in milli]


def _point_cells(chip: Fields, keys: Sequence[str]) -> list[str]:
    sums = chip["energy"]["bottom_up"]
    each = 1 / chip["generations"]
    eve = (chip["cycles"]["EvE"] + chip["cycles"]["DRAM"]) / chip["settings"]["clock"]["frequency_hz"]
    return [
        *(str(chip["point"][key]) for key in keys),
        significant(chip["seconds"]["inference"] * 1e3),
        significant(chip["seconds"]["evolution"] * 1e6),
        significant(eve * 1e6),
        significant(sums["joules"][1] * each * 1e6),
        _joules_in_world(chip["world"]),
        significant(lookup(chip["counts"])(SRAM_READS) * each),
        f"{chip['utilisation']['pes']:.1%}",
    ]


def _joules_in_world(world: Fields | None) -> str:
    return "–" if world is None or world["energy_j"] is None else significant(world["energy_j"])
