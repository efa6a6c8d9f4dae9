"""What Python programs use to evolve: ``from genesys_cli import evolve``. ``docs/library.md`` shows how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config.schema import Settings
from ..errors import UserError
from ..files.champion import StoredChampion
from ..runs import evolve as runs
from .champion import Champion, load_champion
from .given import chosen_settings, folder_of, function_name


@dataclass(frozen=True)
class Result:
    """How a run ended.

    Attributes:
        champion: The best network on held-out episodes. None: no genome ever had a finite fitness.
        solved: Whether the champion's mean held-out return reached the threshold.
        generations: How many generations were computed.
        rows: A dict for each generation: the columns of ``metrics.csv``, None where one does not apply.
        run_dir: Folder in which everything is kept. ``genesys replay`` and ``genesys inspect`` take it.
        summary: The contents of ``summary.json``.
        messages: What the command line would have told.
    """

    champion: Champion | None
    solved: bool
    generations: int
    rows: list[dict[str, Any]] = field(repr=False)
    run_dir: Path
    summary: dict[str, Any] = field(repr=False)
    messages: list[str] = field(repr=False)


def evolve(
    env: str | None = None,
    *,
    data: str | Path | None = None,
    target: str | Sequence[str] | None = None,
    problem: str | Callable[..., Any] | None = None,
    inputs: int | Sequence[str] | None = None,
    outputs: int | Sequence[str] | None = None,
    players: int | None = None,
    seed: int | None = None,
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
    on_generation: Callable[[dict[str, Any]], None] | None = None,
) -> Result:
    """Evolve networks as ``genesys evolve`` does, and print nothing. What is None is the preset's.

    Args:
        env: Short name, Gymnasium id, ``module:Id``, or ``module:NAME`` of a native environment. None: the preset's, or
            CartPole.
        data: Table to learn from in the place of an environment: a CSV, NPZ or Parquet file, or ``sklearn:NAME``.
        target: Columns of the table that are to be predicted.
        problem: Function that evaluates networks in the place of an environment, as ``module:function``; or itself, of
            a module that worker processes can import.
        inputs: Names of the networks' inputs for the function, or how many there are. None: ``INPUTS`` of its module.
        outputs: Names of the outputs, or how many there are. None: ``OUTPUTS`` of its module.
        players: Networks in a match, where the function is one. None: as its module or its first parameter says.
        seed: Seed of the run: same seed, same bits.
        generations: Generations at most.
        population: Genomes in a generation.
        episodes: Training episodes that each genome plays in a generation.
        backend: ``software``, or ``genesys``: the emulated chip.
        chip: Chip that is emulated, a shipped name or a TOML file.
        preset: Settings to begin with, a shipped name or a TOML file. None: those of the environment, where there are.
        env_kwargs: Arguments of the environment.
        start_from: Genomes to begin with instead of new ones, one or several: champions, files of champions, run
            folders, checkpoints, shipped names, or networks of neat-python as JSON. ``docs/start-from.md`` says more.
        settings: Any other settings by key, such as ``{"neat.node_add_prob": 0.1}``. None as a value: none.
        threads: Threads, or worker processes, that share the work. None: one for each core.
        run_dir: Folder to make for the run. None: the next free one under ``runs/``.
        require_repeatable: Whether an environment whose episodes do not repeat is an error.
        on_generation: Called with the row of each generation when it is done. What it raises ends the run, which can
            be continued with ``genesys evolve --resume``.

    Returns:
        How the run ended, with its champion.

    Raises:
        UserError: Something that was asked for cannot be; the message lists all that is wrong.
        GenesysError: The run failed for another reason, such as a full disk.
    """
    flags = {
        "data.file": None if data is None else str(data),
        "data.target": target,
        "problem.function": function_name(problem),
        "problem.inputs": inputs,
        "problem.outputs": outputs,
        "problem.players": players,
        "run.seed": seed,
        "neat.generations": generations,
        "neat.population": population,
        "evaluation.episodes": episodes,
        "run.backend": backend,
        "run.threads": threads,
    }
    genomes = start_of(start_from)
    flags["start.sources"] = [str(one.origin) if isinstance(one, StoredChampion) else one for one in genomes] or None
    chosen, note = chosen_settings(env, preset, chip, env_kwargs, settings, flags)
    place = folder_of(run_dir)
    observer = Observer(on_generation)
    if note:
        observer.message(note)
    begun = [
        one if isinstance(one, StoredChampion) else name
        for one, name in zip(genomes, chosen.start.sources[: len(genomes)], strict=True)
    ]
    summary = runs.evolve(
        chosen, place, ["genesys_cli.evolve"], observer, require_repeatable=require_repeatable, start=begun
    )
    return result_of(summary, observer)


def result_of(summary: dict[str, Any], observer: Observer) -> Result:
    """Return how a run ended. summary: its own; observer: who has heard of it"""
    return Result(
        champion=load_champion(summary["champion"]) if summary["champion"] is not None else None,
        solved=bool(summary["solved"]),
        generations=int(summary["generations"]),
        rows=observer.rows,
        run_dir=Path(summary["run_dir"]),
        summary=summary,
        messages=observer.messages,
    )


def start_of(given: Any) -> list[str | StoredChampion]:
    """Return what a run is to begin with; raises UserError for what can be no genome."""
    listed = [given] if isinstance(given, str | Path | Champion) else given or []
    if not isinstance(listed, Sequence) or not all(isinstance(one, str | Path | Champion) for one in listed):
        raise UserError(f"start_from = {given!r}: must be a text, a path, a Champion, or a list of these")
    return [one._stored if isinstance(one, Champion) else str(one) for one in listed]


class Observer:
    """Keeps what a run tells."""

    def __init__(self, on_generation: Callable[[dict[str, Any]], None] | None) -> None:
        self.rows: list[dict[str, Any]] = []
        self.messages: list[str] = []
        self._on_generation = on_generation

    def message(self, text: str) -> None:
        self.messages.append(text)

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None:
        pass

    def generation(self, row: dict[str, Any]) -> None:
        self.rows.append(dict(row))
        if self._on_generation is not None:
            self._on_generation(dict(row))

    def finish(self, summary: Mapping[str, Any]) -> None:
        pass
