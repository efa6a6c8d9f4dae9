"""EnvPool's version of an environment, for training: many episodes in one object, stepped in one call.

EnvPool (Weng et al., NeurIPS 2022) has the environments of Gymnasium in C++. They are the same tasks with other random
numbers: a seed begins another episode there. So genomes may be trained in it, and are judged in Gymnasium's.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ..spec import Discrete, GymEnv
from .foreign import foreign, reason
from .modules import missing
from .spaces import flat_action, flat_observation

_FOREVER = 2**31 - 1  # steps of an episode: whoever plays counts them
_SEEDS = 2**31  # what a seed has to be below


class Stepped(NamedTuple):
    """What a step of M episodes gave.

    observations: (M, I); rewards: (M,) float32; terminated, truncated: (M,) bool; info: of all, arrays of M rows
    """

    observations: NDArray[Any]
    rewards: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    info: dict[str, Any]

    def info_of(self, k: int) -> dict[str, Any]:
        """Return what the environment says of one episode."""
        return {key: value[k] for key, value in self.info.items() if isinstance(value, np.ndarray)}


class Bank:
    """N episodes, one for each seed, none of which has begun to move.

    An episode depends on its seed and its actions alone, whatever else is in the bank.

    first: (N, I), their first observations
    """

    def __init__(self, env: GymEnv, seeds: Sequence[int]) -> None:
        self._pool = _made(env.make_id, seeds)
        self._discrete = isinstance(env.action, Discrete)
        with _explained(env.make_id):
            self._type = self._pool.single_action_space.dtype
            self.first: NDArray[Any] = self._pool.reset()[0]

    def step(self, places: NDArray[np.int32], rows: NDArray[Any]) -> Stepped:
        """Do an action in each of M episodes, none of which has ended.

        places: (M,), which of the N; rows: (M, R), see :class:`~genesys_cli.envs.spec.Action`
        """
        actions = rows[:, 0] if self._discrete else rows.astype(self._type)
        found = self._pool.step(actions, places)
        return Stepped(*found)


def check_bank(env: GymEnv) -> None:
    """Raise UserError where EnvPool cannot train for an environment."""
    what = 'environment.engine = "envpool"'
    without = "leave environment.engine out"
    if env.kwargs or env.wrappers:
        key, given = ("kwargs", env.kwargs) if env.kwargs else ("wrappers", env.wrappers)
        names = ", ".join(map(str, given)) if env.kwargs else ", ".join(one.entry for one in env.wrappers)
        raise UserError(f"{what} knows nothing of environment.{key} ({names}); {without}, or those")
    try:
        import envpool
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "envpool":
            raise UserError(f"{what} needs 'envpool', which is not installed{missing('envpool')}") from None
        raise UserError(f"{what}: the package cannot be loaded: {reason(error)}") from error
    with foreign(what):
        known = env.make_id in envpool.list_all_envs()
    if not known:
        raise UserError(f"{what}: EnvPool {envpool.__version__} has no environment of the id {env.make_id}; {without}")
    pool = _made(env.make_id, [0])
    with _explained(env.make_id):
        observed = flat_observation(pool.single_observation_space, env.id)
        done = flat_action(pool.single_action_space, env.id)
    if len(observed.names) != env.n_inputs or done.action != env.action:
        raise UserError(
            f"{what}: EnvPool's {env.make_id} has {len(observed.names)} observations and the action {done.action}, "
            f"Gymnasium's {env.n_inputs} and {env.action}; {without}"
        )


def _made(make_id: str, seeds: Sequence[int]) -> Any:
    import envpool  # only now: the extra `fast` brings it

    with _explained(make_id):
        return envpool.make(
            make_id,
            env_type="gymnasium",
            num_envs=len(seeds),
            num_threads=1,
            env_seed=[int(seed) % _SEEDS for seed in seeds],
            max_episode_steps=_FOREVER,
        )


def _explained(make_id: str) -> AbstractContextManager[None]:
    return foreign(lambda error: UserError(f"EnvPool's {make_id} cannot be made: {reason(error)}"))
