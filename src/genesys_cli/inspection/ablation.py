"""Which inputs a network needs: it plays the same episodes with each of them held still in turn."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.base import make_backend
from ..compiled.jit import compiled_before, note_compiled
from ..compiled.threads import Threads
from ..envs.conditions import Conditions
from ..envs.data.env import DataEnv
from ..envs.drift import conditions_in
from ..envs.problem.env import ProblemEnv
from ..errors import GenesysError, UserError
from ..evolution.episodes import held_out_episodes
from ..evolution.goal import turned
from ..files.champion import StoredChampion
from ..files.target import environment_for
from .anatomy import in_use

EPISODES = 30
"""Episodes that each ablated network plays where nobody says otherwise."""

_EXPONENT = 80  # of the size of an offset that drowns every observation below 2**54, see hold_still
_LEAST = 2.0**-40  # what an input holds below this is taken for 0

Say = Callable[[int, int, str], None]


class Ablated(NamedTuple):
    """The network without one input.

    input: its number; name: what the environment calls it; connected: whether an output depends on it
    held_at: the observation that it always reads, the mean of those of the intact network
    mean_return, loss: of the same episodes, and by how much that is worse than the intact network
    loss_error: standard error of the loss, None of one episode; all three None where an episode failed
    """

    input: int
    name: str
    connected: bool
    held_at: float
    mean_return: float | None
    loss: float | None
    loss_error: float | None


class Ablation(NamedTuple):
    """What each input is worth. inputs: the most needed first; intact: mean return of the whole network."""

    episodes: int
    intact: float
    inputs: list[Ablated]

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return self._asdict() | {"inputs": [row._asdict() for row in self.inputs]}


def ablate(stored: StoredChampion, episodes: int | None = None, say: Say | None = None) -> Ablation:
    """Return what a network scores with each of its inputs held at its mean, in the environment that validated it.

    episodes: the first of the held-out ones, as for ``replay``; None: EPISODES
    say: hears how many evaluations are done, of how many, and what is being played

    The mean, since a network was never selected for reading 0 there, and 0 may be far from anything that it ever saw.
    """
    champion, settings = stored.champion, stored.settings
    env = environment_for(stored)
    if isinstance(env, ProblemEnv):
        what = "a function" if env.problem.function is not None else "a game of several networks"
        raise UserError(f"{env.id} is {what}, which gives networks their inputs itself, so none can be held still")
    seeds = held_out_episodes(settings, env, episodes or (None if isinstance(env, DataEnv) else EPISODES))
    world = conditions_in(settings, env, champion.validated_in)
    world = world._replace(offset=champion.offset, scale=champion.scale)
    used, _ = in_use(champion.genome)
    connected = {i for i in range(env.n_inputs) if i in used}
    told = say or (lambda done, total, text: None)
    kernels = f"ablation-{settings.run.backend}-{env.name}"
    if not compiled_before(kernels):
        told(0, len(connected) + 1, "compiling kernels for this machine, once; this takes 5 to 15 seconds")
    with Threads(settings.run.threads) as threads, closing(make_backend(settings, env, threads)) as backend:
        genome = backend.adopt(champion.genome)
        judged = backend.evaluate(genome, seeds, world._replace(moments=True), keep_returns=True)
        intact, returns = float(judged.fitness[0]), judged.returns[0]
        if judged.moments is None or not judged.moments.count or not math.isfinite(intact):
            raise GenesysError(
                f"{stored.origin}: the network or {env.id} fails in these episodes, so there is nothing to compare "
                "with; `genesys replay` shows what it does"
            )
        means = world.offset + judged.moments.total / judged.moments.count
        found: list[Ablated] = []
        for i, name in enumerate(env.observation_names):
            row = Ablated(i, name, i in connected, float(means[i]), intact, 0.0, 0.0)
            if i in connected:
                told(1 + sum(row.connected for row in found), len(connected) + 1, f"without {name}")
                held = backend.evaluate(genome, seeds, hold_still(world, i, means[i]), keep_returns=True)
                row = _compared(row, held.returns[0], returns, settings.evaluation.minimise)
            found.append(row)
        told(len(connected) + 1, len(connected) + 1, "all inputs")
    note_compiled(kernels)
    found.sort(key=lambda row: (-math.inf if row.loss is None else -row.loss, not row.connected, row.input))
    return Ablation(len(seeds), intact, found)


def hold_still(world: Conditions, i: int, value: float) -> Conditions:
    """Return conditions in which input `i` of the networks is what an observation of `value` makes it, always.

    Offset and scale are all that it takes, so this holds on every backend, in every environment and for any network:
    with a scale of 2**-n and an offset of -x 2**n the observation is lost in the rounding of float32, and what is left
    is x to the last bit. Noise and dropout come after it, as for other inputs.
    """
    x = np.float32((np.float32(value) - world.offset[i]) * world.scale[i])
    offset, scale = world.offset.copy(), world.scale.copy()
    if abs(x) < _LEAST:
        offset[i], scale[i] = 0.0, 0.0
    else:
        n = _EXPONENT - math.frexp(float(x))[1]  # so that the offset is as large, whatever x is
        offset[i], scale[i] = -math.ldexp(float(x), n), math.ldexp(1.0, -n)
    return world._replace(offset=offset, scale=scale)


def _compared(row: Ablated, held: NDArray[np.float64], intact: NDArray[np.float64], minimise: bool) -> Ablated:
    """Return the row with what (E,) returns without the input say beside those of the intact network."""
    lost = turned(intact - held, minimise)
    if not np.isfinite(lost).all():
        return row._replace(mean_return=None, loss=None, loss_error=None)
    error = float(lost.std(ddof=1) / math.sqrt(len(lost))) if len(lost) > 1 else None
    return row._replace(mean_return=float(held.mean()), loss=float(lost.mean()), loss_error=error)
