"""Studies whose runs are carried out in this process, one after the other, by what their own processes call."""

from __future__ import annotations

from pathlib import Path

from genesys_cli.errors import GenesysError
from genesys_cli.studies import child, crew, study
from genesys_cli.studies.messages import Generation, Said
from small_runs import tiny

SHORT = ("neat.generations=3", "evaluation.solved_at=97", "run.stop_when_solved=true", "environment.max_steps=100")


class StudyWatcher:
    """Notes what a study says. told: messages; notes: (what, seed) in their order"""

    def __init__(self):
        self.told, self.notes, self.failures = [], [], {}
        self.todo = None
        self.run_dir = None

    def message(self, text):
        self.told.append(text)

    def start(self, study, path, todo, side_by_side):
        self.run_dir, self.todo, self.side_by_side = path, list(todo), side_by_side

    def began(self, seed):
        self.notes.append(("began", seed))

    def generation(self, seed, row):
        self.notes.append(("generation", seed))

    def ended(self, seed, outcome):
        self.notes.append(("ended", seed))

    def failed(self, seed, why, trace):
        self.notes.append(("failed", seed))
        self.failures[seed] = why


def in_this_process(monkeypatch, before=lambda job: None):
    """Carry out runs here. before: called with each job, and may raise what ends its run or the study"""

    class Here:
        def __init__(self, setup, side_by_side):
            self.setup = setup

        def carry_out(self, jobs, hears):
            for job in jobs:
                hears.began(job.seed)

                def send(message, seed=job.seed):
                    if isinstance(message, Said):
                        hears.said(seed, message.text)
                    elif isinstance(message, Generation):
                        hears.generation(seed, message.row)

                try:
                    before(job)
                    child._carry_out(job, self.setup, child._Teller(send))
                except GenesysError as error:
                    hears.failed(job.seed, str(error), "")
                else:
                    hears.done(job.seed)

        def close(self):
            pass

    monkeypatch.setattr(crew, "Crew", Here)


def small(*overrides):
    """Return settings of runs that take milliseconds; some seeds solve them."""
    return tiny("CartPole", *SHORT, *overrides)


def evolve(seeds, folder, *overrides, watcher=None, logs=()):
    """Carry out a study; return its summary."""
    watcher = watcher or StudyWatcher()
    return study.evolve(small(*overrides), tuple(seeds), Path(folder), ["genesys", "evolve"], watcher, logs)


def resume(folder, watcher=None, logs=(), **flags):
    """Resume a study; flags: ``generations=9`` and so on."""
    tables = {"generations": "neat.generations", "population": "neat.population"}
    named = {tables.get(name, f"run.{name}"): value for name, value in flags.items()}
    return study.resume(Path(folder), named, ["genesys", "evolve"], watcher or StudyWatcher(), logs)
