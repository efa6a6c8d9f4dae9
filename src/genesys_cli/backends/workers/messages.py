"""What a pool and its worker processes tell each other, as pickled tuples in pipes. All else goes over the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...config.backends import BackendKind
from ...envs.conditions import Conditions
from ...envs.problem.env import ProblemEnv
from ...envs.spec import GymEnv
from ...genome.population import Population
from .board import Sizes
from .lineup import Lineup

if TYPE_CHECKING:
    from ...envs.gym.repeat import Rehearsal  # functions do without Gymnasium

World = GymEnv | ProblemEnv
"""What worker processes can play."""


class Setup(NamedTuple):
    """The first message to a worker.

    worker: its number, and line of the board's status; n_workers: lines of it
    board: path of the board; temporary: whether that is a file to be removed when the main process is gone
    settings: as TOML; backends: that are not shipped
    """

    worker: int
    n_workers: int
    board: str
    temporary: bool
    env: World
    settings: str
    backends: list[BackendKind]


class Task(NamedTuple):
    """To a worker: an evaluation begins.

    number: of the evaluation, from 1; size: bytes of the board
    largest: node genes and connection genes of the largest genomes, since the board may be read only with a grant
    """

    number: int
    size: int
    sizes: Sizes
    largest: tuple[int, int]
    lineup: Lineup
    conditions: Conditions


class Grant(NamedTuple):
    """To a worker: more to play.

    items: numbers of items, see ``Lineup``; fresh: each in a newly made environment
    lanes: how many episodes the worker may have going on at a time from now on
    """

    items: Sequence[int]
    fresh: bool
    lanes: int


class Rehearse(NamedTuple):
    """To a worker that has nothing to play: find out whether the environment repeats, with the genome of a population.

    beside, steps, seconds: see ``rehearse``; examine: also let Gymnasium check the environment
    """

    genome: Population
    seeds: tuple[int, int]
    conditions: Conditions
    beside: bool
    steps: int
    seconds: float
    examine: bool = False


class Stop(NamedTuple):
    """To a worker: close the environments and end."""


class Ready(NamedTuple):
    """From a worker: an environment has been made, or a function loaded, and so are kernels."""


class Unable(NamedTuple):
    """From a worker, its last: the environment cannot be made, or the function not loaded."""

    reason: str


class Rehearsed(NamedTuple):
    """From a worker: what it found, or why it could not play; findings: of Gymnasium, None: it was not to be asked."""

    rehearsal: Rehearsal | str
    findings: list[str] | None = None


class Wants(NamedTuple):
    """From a worker that has nothing left to begin with: `active` episodes go on in evaluation `number`.

    grants: how many it has received in that evaluation. An answer that crossed another grant on its way says less.
    """

    number: int
    grants: int
    active: int


class Failed(NamedTuple):
    """From a worker: an episode had to be given up; see ``Fault``.

    places: of the genomes that are to blame, where the results of the others hold and are written; empty: all are lost
    """

    number: int
    item: int
    step: int
    kind: str
    message: str
    places: tuple[int, ...] = ()


class Refused(NamedTuple):
    """From a worker: what the user has to be told, which ends the run."""

    message: str


class Broken(NamedTuple):
    """From a worker, its last: it met an error of its own; `report` is the traceback."""

    report: str


class Gone(NamedTuple):
    """From the thread that listens to a worker: there will be nothing more."""
