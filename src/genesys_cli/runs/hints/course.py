"""The course of a run as hints need it: what its rows say, in a few numbers however long it is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from ...evolution.goal import Goal, turned

LONG = 20  # generations: of fewer, nothing is said of a champion that has stood still for half of them
_SAME = 0.02  # share of all that the champion has gained; who gains no more than that stands still
_SEEN = 1e-3  # share of a score that people see a difference in
_ROUNDING = 1e-12


class Course:
    """Sums up rows of metrics, one after the other.

    generations: how many there were; species: their numbers of species added up
    begin: mean fitness of the first in which anybody had one; hidden: mean number of hidden nodes in the last
    flat: generations up to the last in which all genomes had the same fitness
    deceived: generations in which the best genome did in training what is needed, and the champion had not done it
    scores: of each champion that there was, in the user's own numbers
    """

    def __init__(self, goal: Goal, n_outputs: int, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        """rows: of the generations that there are already"""
        self._goal = goal
        self._n_outputs = n_outputs
        self.generations = 0
        self.species = 0
        self.begin: float | None = None
        self.hidden = 0.0
        self.flat = 0
        self.deceived = 0
        self.scores: list[float] = []
        self._found_in: list[int] = []
        for row in rows:
            self.see(row)

    def see(self, row: Mapping[str, Any]) -> None:
        """Take note of a generation."""
        best, std, champion = row["best_fitness"], row["std_fitness"], row["champion_fitness"]
        self.species += row["species"]
        self.hidden = row["nodes_mean"] - self._n_outputs
        self.begin = row["mean_fitness"] if self.begin is None else self.begin
        self.flat = self.flat + 1 if std is not None and std <= _ROUNDING * abs(best) else 0
        self.deceived += self._goal.reached(best) and not self._goal.reached(champion)
        if champion is not None and (not self.scores or champion != self.scores[-1]):
            self.scores.append(champion)
            self._found_in.append(self.generations)
        self.generations += 1

    @property
    def late(self) -> int:
        """The generation with which the last quarter begins."""
        return max(0, self.generations - 1 - max(1, self.generations // 4))

    def score_at(self, generation: int) -> float:
        """Return what the champion of a generation scores; the first champion's where there was none yet."""
        return self.scores[max(0, bisect_right(self._found_in, generation) - 1)]

    @property
    def rising(self) -> bool:
        """Whether the champion has become better in the last quarter, by more than next to nothing."""
        if not self.scores or not self._gained_since(self.late):
            return False
        before = self.score_at(self.late)
        return abs(self.scores[-1] - before) > _SEEN * abs(before)

    @property
    def stands_still(self) -> bool:
        """Whether it has not in the later half of a run that is long enough to tell."""
        half = self.generations // 2 - 1
        return bool(self.scores) and self.generations >= LONG and not self._gained_since(half)

    def _gained_since(self, generation: int) -> bool:
        scores = (self.scores[0], self.score_at(generation), self.scores[-1])
        first, before, last = (turned(score, self._goal.minimise) for score in scores)
        return last - before > _SAME * (last - first)
