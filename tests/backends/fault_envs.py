"""An environment that goes wrong where it is told to, registered here as users register their own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

ID = "backends.fault_envs:Fault-v0"
LENGTH = 12


def _outlive():
    """Note who this is, and keep the worker's pipes open for half a minute."""
    Path(os.environ["FORKED"]).write_text(str(os.getpid()))
    time.sleep(30)
    os._exit(0)


TROUBLES = {
    "raise": lambda: (_ for _ in ()).throw(ValueError("the rover\nis stuck")),
    "leave": lambda: sys.exit("enough"),
    "hang": lambda: time.sleep(3600),
    "hang deaf": lambda: ctypes.PyDLL(None).sleep(3600),  # with the interpreter's lock, so that no other thread runs
    "exit": lambda: (os.write(2, b"licence expired\n"), os._exit(7)),
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "fork and exit": lambda: os._exit(7) if os.fork() else _outlive(),
    "print": lambda: (print("hello"), os.write(1, b"hello from C\n")),
}


class Fault(gymnasium.Env[np.ndarray, int]):
    """Ends after LENGTH steps; the reward is the action, observations are random.

    kind: what goes wrong: one of TROUBLES, or ``nan observation``, ``inf reward``, ``nan reward``,
        ``truncate``
    bad, step: in which episodes (seeds), and in which step of them: 0 is reset, -1 being made, whatever the seed
    kind and step may also be lists: in each of the bad episodes something else
    first_action: only where the first action was this one, so that it depends on the genome; -1: always
    once: a folder; the same seed then goes wrong once, which is noted there; being made is what goes well once
    """

    def __init__(
        self, kind: Any = "raise", bad: Any = (), step: Any = 3, first_action: int = -1, once: str = ""
    ) -> None:
        if step == -1:
            TROUBLES[kind if _noted(once, "made") else "print"]()
        self.observation_space = gymnasium.spaces.Box(-9.0, 9.0, (3,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(2)
        self.kinds = dict(zip(bad, [kind] * len(bad) if isinstance(kind, str) else kind, strict=True))
        self.bad_steps = dict(zip(bad, [step] * len(bad) if isinstance(step, int) else step, strict=True))
        self.first_action, self.once = first_action, once

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.episode, self.count, self.first = seed, 0, -1
        self.kind = self.kinds.get(seed, "")
        return self._observation(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.count += 1
        self.first = int(action) if self.count == 1 else self.first
        observation = self._observation()
        reward = float(action)
        if self.kind.endswith("reward") and self._due():
            reward = float(self.kind.split()[0])
        return observation, reward, self.count == LENGTH, self.kind == "truncate" and self._due(), {"count": self.count}

    def _observation(self) -> np.ndarray:
        observation = self.np_random.normal(size=3).astype(np.float32)
        if self.kind in (*TROUBLES, "nan observation") and self._due():
            if self.kind == "nan observation":
                observation[1] = np.nan
            else:
                TROUBLES[self.kind]()
        return observation

    def _due(self) -> bool:
        if self.count != self.bad_steps.get(self.episode):
            return False
        if self.first_action not in (-1, self.first):
            return False
        return not self.once or not _noted(self.once, str(self.episode))


def _noted(folder: str, what: str) -> bool:
    """Note something, and say whether it had been noted before."""
    with contextlib.suppress(FileExistsError):
        (Path(folder) / what).touch(exist_ok=False)
        return False
    return True


gymnasium.register(id="Fault-v0", entry_point=Fault, max_episode_steps=100)
