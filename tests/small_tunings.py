"""Tunings of CartPole that take seconds, and what they tried."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from genesys_cli.tuning.folder import Tuning
from genesys_cli.tuning.space import parse_space
from small_runs import tiny

SPACE = ("neat.weight_mutate_power=0.01..2:log", "neat.elitism=1..4", "neat.ties=smaller,newer")
SHORT = ("neat.generations=16", "neat.population=16", "environment.max_steps=80", "evaluation.episodes=2")


class Heard:
    """Notes what a tuning says, and interrupts it like Ctrl-C at a step."""

    def __init__(self, stop=None):
        self.told, self.steps = [], []
        self._stop = stop

    def message(self, text):
        self.told.append(text)

    def step(self, done, total, text):
        self.steps.append(text)
        if text == self._stop:
            raise KeyboardInterrupt


def asked(*overrides, space=SPACE, trials=5, pruner="halving", objective="curve"):
    settings = tiny("CartPole", *SHORT, "run.stop_when_solved=true", *overrides)
    return Tuning(settings, parse_space(space, settings), (0, 1), (100, 101, 102), trials, pruner, objective, 3)


def tried(folder):
    """Return what the trials of a folder tried and what they were worth."""
    with closing(sqlite3.connect(Path(folder) / "trials.db")) as file:
        values = "select number, state, value from trials left join trial_values using (trial_id) order by number"
        params = (
            "select number, param_name, param_value from trials join trial_params using (trial_id) "
            "order by number, param_name"
        )
        return file.execute(values).fetchall(), file.execute(params).fetchall()
