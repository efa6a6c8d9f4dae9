"""What a run is after: which way its numbers go, whose number counts, and how far it has to get.

Evolution and validation only ever maximise. With ``evaluation.minimise`` the sign of every return is turned where the
loop is told of it (:func:`judge_of`), and :func:`turned` back where a number leaves the loop: in a row, a summary, a
champion's file. Nothing between the two knows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from ..errors import UserError

if TYPE_CHECKING:
    from ..backends.cluster.elsewhere import Elsewhere
    from ..backends.evaluation import Evaluation
    from ..config.schema import EvaluationSettings
    from ..envs.conditions import Conditions
    from ..genome.population import Population

COLUMNS = {"champion": "champion_fitness", "best": "best_fitness", "mean": "mean_fitness"}
"""The column of ``metrics.csv`` that has to reach the threshold, by ``evaluation.stop_on``."""

Numbers = TypeVar("Numbers")


class Goal(NamedTuple):
    """What a run is after, in its user's own numbers.

    minimise: whether less is better; threshold: from which the task counts as solved; None: nobody has said
    stop_on: whose number it is for: ``champion``, ``best`` or ``mean``
    """

    minimise: bool = False
    threshold: float | None = None
    stop_on: str = "champion"

    @property
    def column(self) -> str:
        """Return the column of ``metrics.csv`` with the number that has to reach the threshold."""
        return COLUMNS[self.stop_on]

    def reached(self, value: float | None) -> bool:
        """Say whether a number is good enough; without a threshold, and without a number, it is not."""
        if value is None or self.threshold is None:
            return False
        return value <= self.threshold if self.minimise else value >= self.threshold

    def reached_in(self, rows: Iterable[Mapping[str, float | None]], since: int = 0) -> int | None:
        """Return the first generation whose number is good enough; None: there is none.

        rows: of ``metrics.csv``; since: generation before which it does not count, such as one before the last shift
        """
        for row in rows:
            generation = row["generation"]
            if generation is not None and generation >= since and self.reached(row.get(self.column)):
                return int(generation)
        return None


def goal_of(evaluation: EvaluationSettings, known: float | None) -> Goal:
    """Return what the settings are after.

    known: the environment's own threshold, for returns or for its own validation; it is one for nothing else
    """
    threshold = evaluation.solved_at
    if threshold is None and known_counts(evaluation):
        threshold = known
    return Goal(evaluation.minimise, threshold, evaluation.stop_on)


def known_counts(evaluation: EvaluationSettings) -> bool:
    """Say whether the environment's own threshold counts where the user gives none."""
    if evaluation.validation is not None and evaluation.stop_on != "champion":
        return False  # it is one for starts that are passed
    return evaluation.fitness is None and not evaluation.minimise


def check_goal(evaluation: EvaluationSettings, known: float | None) -> None:
    """Raise a UserError where a run is to stop on a number that nothing is asked of."""
    if evaluation.stop_on == "champion" or goal_of(evaluation, known).threshold is not None:
        return
    if known_counts(evaluation):
        why = "the environment has no threshold of its own"
    else:
        other = "minimise" if evaluation.minimise else "validation" if evaluation.fitness is None else "fitness"
        why = f"with evaluation.{other} the environment's own threshold does not count"
    raise UserError(
        f"evaluation.stop_on = {evaluation.stop_on!r} has nothing to reach, since {why}: say with evaluation.solved_at "
        "from which fitness the task is solved, or leave stop_on out"
    )


def turned(value: Numbers, minimise: bool) -> Numbers:
    """Turn a user's number into one of which more is better, or such a one back; None remains None.

    value: a float or an array. A zero becomes no negative zero.
    """
    if not minimise or value is None:
        return value
    number: Any = value
    result: Numbers = 0.0 - number
    return result


class Judge(Protocol):
    """What the loop needs of a backend to find out how good genomes are."""

    def evaluate(
        self,
        population: Population | Elsewhere,
        seeds: Sequence[int],
        conditions: Conditions | None = None,
        *,
        keep_returns: bool = False,
    ) -> Evaluation: ...


def judge_of(backend: Judge, *, minimise: bool) -> Judge:
    """Return what evaluates as the backend does, but so that more is better."""
    return _Turned(backend) if minimise else backend


class _Turned:
    """A backend's evaluations with the sign of every fitness and return turned."""

    def __init__(self, backend: Judge) -> None:
        self._backend = backend

    def evaluate(
        self,
        population: Population | Elsewhere,
        seeds: Sequence[int],
        conditions: Conditions | None = None,
        *,
        keep_returns: bool = False,
    ) -> Evaluation:
        found = self._backend.evaluate(population, seeds, conditions, keep_returns=keep_returns)
        return found._replace(fitness=turned(found.fitness, True), returns=turned(found.returns, True))
