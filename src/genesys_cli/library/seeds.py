"""What Python programs use for studies: ``from genesys_cli import evolve_seeds``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config.seeds import parse_seeds, seeds_text
from ..errors import GenesysError, UserError, cut
from ..files.champion import StoredChampion
from ..files.outcomes import Outcome
from ..files.study import Study as Settled
from ..studies import study as studies
from ..studies.summary import failure_text, run_document
from .champion import Champion, load_champion
from .evolve import start_of
from .given import chosen_settings, folder_of, function_name


@dataclass(frozen=True)
class Study:
    """What a study over seeds came to.

    Attributes:
        champion: The champion with the best validated fitness of all runs. None: no run has any.
        solved: How many runs were solved. None: nothing is asked of them.
        summary: The contents of ``study.json``: averages over the seeds with their intervals, and each run.
        run_dir: Folder of the study. ``genesys report`` and ``genesys replay`` take it.
        messages: What the command line would have told.
    """

    champion: Champion | None
    solved: int | None
    summary: dict[str, Any] = field(repr=False)
    run_dir: Path
    messages: list[str] = field(repr=False)


def evolve_seeds(
    env: str | None = None,
    *,
    seeds: str | Iterable[int],
    generations: int | None = None,
    population: int | None = None,
    episodes: int | None = None,
    backend: str | None = None,
    chip: str | Path | None = None,
    preset: str | Path | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    start_from: str | Path | Champion | Sequence[str | Path | Champion] | None = None,
    settings: Mapping[str, Any] | None = None,
    threads: int | None = None,
    run_dir: str | Path | None = None,
    require_repeatable: bool = False,
    on_run: Callable[[dict[str, Any]], None] | None = None,
    data: str | Path | None = None,
    target: str | Sequence[str] | None = None,
    problem: str | Callable[..., Any] | None = None,
    inputs: int | Sequence[str] | None = None,
    outputs: int | Sequence[str] | None = None,
    players: int | None = None,
) -> Study:
    """Evolve networks once for each seed, as ``genesys evolve --seeds`` does, side by side, and print nothing.

    Args:
        env: As of ``evolve``; so are the arguments that are not described here.
        seeds: Seeds of the runs, such as ``range(20)`` or ``"0-4,7"``; two at least.
        generations: Generations of a run at most.
        population: Genomes in a generation.
        episodes: Training episodes that each genome plays in a generation.
        backend: ``software`` or ``genesys``.
        chip: Chip that is emulated.
        preset: Settings to begin with.
        env_kwargs: Arguments of the environment.
        start_from: Genomes that each run begins with, as of ``evolve``; of a champion its file is read again.
        settings: Any other settings by key.
        threads: Cores that the runs share. None: all.
        run_dir: Folder to make for the study. None: the next free one under ``runs/``.
        require_repeatable: Whether an environment whose episodes do not repeat is an error.
        on_run: Called when a run has ended with its seed, how many generations it took, whether it was solved and so
            on: an entry of ``runs`` in ``study.json``. What it raises ends the study, which can be continued with
            ``genesys evolve --resume``.
        data: Table to learn from in the place of an environment.
        target: Column or columns of ``data`` to be predicted.
        problem: Function that evaluates networks in the place of an environment.
        inputs: Its networks' inputs, by name, or how many there are.
        outputs: Their outputs.
        players: Networks in a match, where the function is one.

    Returns:
        What the runs came to, with the best champion.

    Raises:
        UserError: Something that was asked for cannot be; the message lists all that is wrong.
        GenesysError: A run failed, after all others have ended; its message says why, and how to try it again.
    """
    genomes = start_of(start_from)
    flags = {
        "start.sources": [str(one.origin) if isinstance(one, StoredChampion) else one for one in genomes] or None,
        "data.file": None if data is None else str(data),
        "data.target": target,
        "problem.function": function_name(problem),
        "problem.inputs": inputs,
        "problem.outputs": outputs,
        "problem.players": players,
        "neat.generations": generations,
        "neat.population": population,
        "evaluation.episodes": episodes,
        "run.backend": backend,
        "run.threads": threads,
    }
    chosen = _seeds(seeds)
    wanted, note = chosen_settings(env, preset, chip, env_kwargs, settings, flags)
    observer = _Observer(on_run)
    if note:
        observer.message(note)
    command = ["genesys_cli.evolve_seeds"]
    place = folder_of(run_dir)
    summary = studies.evolve(wanted, chosen, place, command, observer, require_repeatable=require_repeatable)
    if failure := failure_text(summary):
        raise GenesysError(failure)
    return Study(
        champion=None if summary["best"] is None else load_champion(summary["best"]["champion"]),
        solved=summary["solved"],
        summary=summary,
        run_dir=Path(summary["study"]),
        messages=observer.messages,
    )


def _seeds(seeds: str | Iterable[int]) -> tuple[int, ...]:
    """Return the seeds, as the command line would take them."""
    if isinstance(seeds, str):
        return parse_seeds(seeds, "seeds =", alone="")
    try:
        found = list(seeds)
    except TypeError:
        found = []
    whole = all(isinstance(seed, int) and not isinstance(seed, bool) for seed in found)
    if not whole or len(found) < 2 or found[0] < 0 or sorted(set(found)) != found:
        raise UserError(f"seeds = {cut(repr(seeds))}: must be two or more whole numbers that ascend, such as range(20)")
    return parse_seeds(seeds_text(found), "seeds =", alone="")


class _Observer:
    """Keeps what a study tells."""

    def __init__(self, on_run: Callable[[dict[str, Any]], None] | None) -> None:
        self.messages: list[str] = []
        self._on_run = on_run

    def message(self, text: str) -> None:
        self.messages.append(text)

    def start(self, study: Settled, path: Path, todo: Sequence[int], side_by_side: int) -> None:
        pass

    def began(self, seed: int) -> None:
        pass

    def generation(self, seed: int, row: Mapping[str, Any]) -> None:
        pass

    def ended(self, seed: int, outcome: Outcome) -> None:
        if self._on_run is not None:
            self._on_run(run_document(outcome))

    def failed(self, seed: int, why: str, trace: str) -> None:
        self.messages.append(f"seed {seed} failed: {trace or why}")
