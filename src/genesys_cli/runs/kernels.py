"""Which compiled kernels a run needs, and who is told that it waits for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from ..compiled.jit import compiled_before, note_compiled
from ..config.backends import kind_of, results_of
from ..envs.data.env import DataEnv
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment, NativeEnv
from .ahead import BREEDING, CLOCK, COUNTING, LAYERS, PLAYING, Ahead, Job

_WORKERS = "workers-"
_SPOKEN = {
    PLAYING: "kernels",
    BREEDING: "the reproduction kernels",
    COUNTING: "the kernels that count the chip's actions",
    LAYERS: "the kernels that count the chip's actions",
}


_SECONDS = {True: "5 to 15", False: "5 to 10"}  # of a quiet machine with cores of 2024; True: all but workers' kernels


_COUNTED = {LAYERS: "chip-counts", CLOCK: "chip-clock"}  # parts of COUNTING


def played_by(env: Environment, validation: str | None = None) -> str:
    """Return what tells an environment's kernels from others': workers need new ones for new kinds of actions only.

    validation: ``evaluation.validation``, which has kernels of its own
    """
    if isinstance(env, DataEnv):
        return f"rows-{env.data.loss}-{type(env.action).__name__}"
    if isinstance(env, ProblemEnv):
        return f"{_WORKERS}{'networks' if env.at_once else 'network'}"
    if not isinstance(env, NativeEnv):
        return f"{_WORKERS}{type(env.action).__name__}"
    more = "" if validation is None else f"-{hashlib.sha256(validation.encode()).hexdigest()[:8]}"
    return (f"{env.name}-{env.source[:16]}" if env.source else env.name) + more


def name_of(part: str, backend: str, env: str) -> str:
    """Return the name under which a part's kernels are noted as soon as they are on disk.

    backend: its name; env: as :func:`played_by` has it
    """
    backend = results_of(backend)
    if kind_of(backend).counts_itself and part == BREEDING:
        part = COUNTING  # what the chip does, it counts
    names = {PLAYING: f"{backend}-{env}", BREEDING: f"{backend}-breeding", COUNTING: "chip-counts-bred"}
    return (names | _COUNTED)[part]


def _is_there(name: str) -> bool:
    """Say whether kernels are on disk, by themselves or among those that count all of the chip's work."""
    return compiled_before(name) or (name in _COUNTED.values() and compiled_before("chip-counts-bred"))


class Kernels:
    """The kernels of one run: those that it needs later are compiled by other processes, and only once.

    ``need`` before a part's kernels are called for the first time, ``have`` afterwards.
    """

    def __init__(self, backend: str, env: str, say: Callable[[str], None], ahead: Sequence[Job] = ()) -> None:
        """Start to compile what is needed later.

        backend: its name; env: as :func:`played_by` has it; say: hears what takes long
        ahead: what may be compiled meanwhile, in this environment
        """
        self._backend = backend
        self._env = env
        self._say = say
        jobs = {name_of(part, settings.run.backend, env): (part, settings) for part, settings in ahead}
        self._coming = {name: job for name, job in jobs.items() if not _is_there(name)}
        self._ahead = Ahead(self._coming)
        self._told: set[str] = set()

    def need(self, part: str) -> None:
        """Wait for what other processes compile of a part, and say what is still to be compiled."""
        name = self._name(part)
        if not self.lacks(part) or name in self._told:
            return
        self._told.add(name)
        seconds = _SECONDS[part != PLAYING or not self._env.startswith(_WORKERS)]
        self._say(f"compiling {_SPOKEN[part]} for this machine, once; this takes {seconds} seconds")
        self._ahead.help(name)
        self._ahead.wait(name)

    def lacks(self, part: str) -> bool:
        """Say whether a part has kernels that are still to be compiled."""
        name = self._name(part)
        unneeded = part in (PLAYING, BREEDING) and part not in kind_of(self._backend).kernels
        return not (unneeded or _is_there(name) or self._ahead.done(name))

    def have(self, part: str) -> None:
        """Note that a part's kernels have been called."""
        name = self._name(part)
        if not compiled_before(name):
            note_compiled(name)

    def settle(self) -> None:
        """Wait until the other processes have compiled all that they were given."""
        self._ahead.wait()
        self._note()

    def close(self) -> None:
        """End the other processes, whatever they are at."""
        self._note()
        self._ahead.close()

    def _note(self) -> None:
        for name in filter(self._ahead.done, self._coming):
            note_compiled(name)

    def _name(self, part: str) -> str:
        return name_of(part, self._backend, self._env)
