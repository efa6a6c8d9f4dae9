"""Several seeds as people write them: ``0-19`` or ``0-4,7,9``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..errors import UserError, cut

MOST = 10_000  # seeds of a study
LARGEST = 2**63 - 1
_PART = re.compile(r"(\d{1,30})(?:-(\d{1,30}))?", re.ASCII)
_EXAMPLE = "such as 0-19, or 0-4,7,9"
_WRITE = f"write several, {_EXAMPLE}"


def parse_seeds(text: str, what: str = "--seeds", *, first_of: int = 0, alone: str = "--seed") -> tuple[int, ...]:
    """Return the seeds of a text, ascending; raises UserError where it is not plain which they are.

    what: how messages call the text, such as an option
    first_of: where seeds begin that a message proposes; alone: the option for one seed; empty: there is none
    """
    shown = f"{what} {cut(text)}"
    if re.fullmatch(r"\s*\d+\s*", text, re.ASCII):
        n = cut(text.strip().lstrip("0") or "0", 25)
        many = n.isdecimal() and 2 <= int(n) <= MOST
        ways = [f"for {n} seeds write {what} {first_of}-{first_of + int(n) - 1}"] if many else []
        ways += [f"for one run with it {alone} {n}"] if alone else []
        raise UserError(f"{shown}: is one number, but a study has several seeds; {', '.join(ways) or _WRITE}")
    found: list[int] = []
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            what_is = "is negative" if part.strip().startswith("-") else "is neither a seed nor a range of seeds"
            raise UserError(f"{shown}: {part.strip()!r} {what_is}; write whole numbers from 0 on, {_EXAMPLE}")
        first, last = int(match[1]), int(match[2] or match[1])
        if last > LARGEST:
            raise UserError(f"{shown}: {last} is larger than any seed; the largest is 2**63 - 1")
        if last < first:
            raise UserError(f"{shown}: {part.strip()} descends; write {last}-{first}")
        if found and first <= found[-1]:
            how = "comes after a larger one" if last < found[-1] and last not in found else "overlaps what is before it"
            raise UserError(f"{shown}: {part.strip()} {how}; write each seed once, the smallest first, {_EXAMPLE}")
        if last - first >= MOST - len(found):
            raise UserError(f"{shown}: has more than {MOST:,} seeds; write fewer, {_EXAMPLE}")
        found += range(first, last + 1)
    if len(found) < 2:
        how = f"for one run write {alone} {found[0]}" if alone else _WRITE
        raise UserError(f"{shown}: is one seed, but a study has several; {how}")
    return tuple(found)


def seeds_text(seeds: Iterable[int]) -> str:
    """Return ascending seeds as :func:`parse_seeds` reads them."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and parts[-1][-1] == seed - 1:
            parts[-1] = [parts[-1][0], seed]
        else:
            parts.append([seed])
    return ",".join("-".join(map(str, part)) for part in parts)


def seeds_words(seeds: Sequence[int]) -> str:
    """Return ``seed 3``, or ``seeds 0-4,7``."""
    return f"seed{'s'[: len(seeds) > 1]} {seeds_text(seeds)}"
