"""Whether what was found is better on seeds that it was not chosen on, and the preset that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import __version__
from ..config import toml
from ..config.backends import DEFAULT
from ..config.fields import describe
from ..config.schema import ALL_TABLES, CHIP_TABLES, DRIFT, Settings
from ..config.seeds import seeds_words
from ..files.outcomes import Outcome
from ..files.storage import write_atomically
from ..stats import CONFIDENCE, RESAMPLES, bootstrap, improvement, iqm, mann_whitney, wilcoxon
from ..studies.compare import FEWEST_PAIRS, apart
from .folder import Tuning, TuningFolder
from .score import score
from .space import own, settings_with
from .trials import COMPLETE, FAILED, PRUNED, Trial

BETTER, EQUAL, STANDS = "better", "equal", "stands"
NOT_KEPT = ("run", "world", "cluster")  # tables of how a run is carried out, which no preset is about


def judge(
    folder: TuningFolder,
    tuning: Tuning,
    trials: Sequence[Trial],
    best: Trial,
    importances: Mapping[str, float],
    outcomes: Mapping[str, Sequence[Outcome]],
) -> dict[str, Any]:
    """Return ``tuning.json``, and write the preset where it beats or equals the original.

    outcomes: of the held-out seeds, of the original and of the best trial; none where those are the same
    """
    held_out = _held_out(tuning, list(outcomes.values())) if outcomes else None
    verdict = STANDS
    if held_out is not None and held_out["probability"] >= 0.5:
        verdict = BETTER if apart(held_out) else EQUAL
    preset = None
    if verdict != STANDS and held_out is not None:
        preset = str(folder.preset)
        text = preset_of(settings_with(tuning.settings, best.values), _reaches(tuning, held_out))
        write_atomically(folder.preset, text.encode())
    else:
        folder.preset.unlink(missing_ok=True)  # of an earlier verdict, before there were more trials
    states = [trial.state for trial in trials]
    return {
        "tuning": str(folder.path),
        "env": tuning.settings.environment.id,
        "generations": tuning.settings.neat.generations,
        "objective": tuning.objective,
        "minimise": tuning.settings.evaluation.minimise,
        "seeds": list(tuning.seeds),
        "held_out_seeds": list(tuning.held_out),
        "trials": {state: states.count(state) for state in (COMPLETE, PRUNED, FAILED)},
        "space": {key: dimension.text for key, dimension in tuning.space.items()},
        "original": {"value": trials[0].value, "values": own(tuning.space, tuning.settings)},
        "best": {"trial": best.number, "value": best.value, "values": best.values},
        "importances": dict(importances),
        "held_out": held_out,
        "verdict": verdict,
        "preset": preset,
    }


def _held_out(tuning: Tuning, outcomes: Sequence[Sequence[Outcome]]) -> dict[str, Any] | None:
    """Return what both came to, and how probable it is that a run of the tuned one is better."""
    minimise = tuning.settings.evaluation.minimise
    generations = tuning.settings.neat.generations
    worst = float("inf") if minimise else float("-inf")
    both = []
    for runs in outcomes:
        found = [score(run, generations, tuning.objective, minimise=minimise) for run in runs]
        both.append([worst if value is None else value for value in found])
    sign = -1.0 if minimise else 1.0
    x, y = ([sign * value for value in values] for values in both)
    better = improvement(x, y, paired=len(x) >= FEWEST_PAIRS)
    document: dict[str, Any] = {}
    for name, values, runs in zip(("original", "tuned"), both, outcomes, strict=True):
        average = bootstrap(values, iqm)
        document[name] = {
            "iqm": float(average.value),
            "iqm_low": float(average.low),
            "iqm_high": float(average.high),
            "solved": sum(bool(run.solved) for run in runs),
            "values": values,
        }
    return document | {
        "runs": len(x),
        "probability": float(better.value),
        "probability_low": float(better.low),
        "probability_high": float(better.high),
        "tests": [test._asdict() for test in (mann_whitney(x, y), wilcoxon(x, y))],
        "confidence": CONFIDENCE,
        "resamples": RESAMPLES,
    }


def preset_of(settings: Settings, reaches: str) -> str:
    """Return a preset as the shipped ones are: only what differs from the defaults. reaches: how good it is"""
    tables = settings.tables()
    defaults = {key.key: key.default for key in describe({name: ALL_TABLES[name] for name in tables if name != DRIFT})}
    kept: dict[str, dict[str, Any]] = {}
    for name, keys in tables.items():
        if name in NOT_KEPT:
            continue
        whole = name in (*CHIP_TABLES, DRIFT)
        found = {key: value for key, value in keys.items() if whole or value != defaults.get(f"{name}.{key}")}
        if name == "environment":
            found = {"id": settings.environment.id, **found}
        if found:
            kept[name] = found
    if settings.run.backend != DEFAULT:
        kept["run"] = {"backend": settings.run.backend}
    about = {"description": f"{settings.environment.id}, tuned by genesys tune", "reaches": reaches}
    return toml.write({"written_by": {"genesys": __version__}, "preset": about, **kept})


def _reaches(tuning: Tuning, held_out: Mapping[str, Any]) -> str:
    tuned, original = held_out["tuned"], held_out["original"]
    return (
        f"{tuning.objective} {tuned['iqm']:.4g} (before: {original['iqm']:.4g}) over {seeds_words(tuning.held_out)}, "
        f"{tuning.settings.neat.generations} generations; solved {tuned['solved']} of {held_out['runs']}"
    )
