"""The page of one run."""

from __future__ import annotations

from typing import NamedTuple

from ...config.problem import MATCH
from ...envs.registry import validation_starts
from ...evolution.nobody import NO_FITNESS
from ...inspection.overview import Overview
from ...playback.data import Scored
from ..results import drift_table, number, quantity, solved_words
from ..units import units_of
from . import cost, curves, learnt, record
from .front import front
from .markup import Markup, joined, table, tag
from .matches import matches
from .page import folded, note, page, section, tile, tiles

ROWS = 40  # of metrics in the folded table
_WORTH = {
    "points": "the share of opponents that a network beats in its matches, a draw being half",
    "score": "the mean score of a network's matches",
    "rating": "the share of points that a network would win against an average one, by a rating",
}


class Pictures(NamedTuple):
    """What is made elsewhere.

    network: SVG; film: an address that holds a GIF itself; learnt: predictions of a table; notes: why there is none
    """

    network: str = ""
    film: str = ""
    learnt: Scored | None = None
    notes: tuple[str, ...] = ()


def run_page(run: Overview, pictures: Pictures) -> str:
    """Return the page of a run."""
    facts = run.facts
    if run.rows:
        charts = [
            record.hints(run.summary.get("hints", ())),
            _fitness(run),
            _champion(run, pictures),
            learnt.predictions(pictures.learnt),
        ]
        charts += [front(run), matches(run)]
        charts += [_species(run), _sizes(run), cost.energy(run)]
        cards = [*charts, cost.world(run), cost.chip(run), record.faults(run), cost.time(run), cost.network(run)]
        cards.append(record.again(run))
    else:
        nothing = "No generation has been finished yet: there is nothing to draw. What will run is below."
        cards = [section("Fitness", note(nothing), wide=True), record.again(run)]
    cards += [record.settings(run.settings), _numbers(run) if run.rows else None, record.origin(run)]
    return page(
        f"{facts['env']}, seed {facts['seed']}, {facts['backend']}", _head(run), tag("div", cards, class_="cards")
    )


def _head(run: Overview) -> Markup:
    facts = run.facts
    words, kind = status(run)
    under = f"population {facts['population']} · {facts['backend']} · seed {facts['seed']} · {facts['run_dir']}"
    return joined(
        [
            tag(
                "header",
                tag("p", "Report of a run", class_="over"),
                tag("div", tag("h1", facts["env"]), tag("span", words, class_=f"badge {kind}"), class_="head"),
                tag("p", under, class_="soft"),
            ),
            tiles(_tiles(run)),
        ]
    )


def status(run: Overview) -> tuple[str, str]:
    """Return in words how far a run is, and the class of that."""
    if run.summary.get("solved"):
        return ("recovered from every shift", "good") if run.threshold is None else ("solved", "good")
    if not run.facts["ended"]:
        return "unfinished", "open"
    return ("ended", "") if run.threshold is None else ("not solved", "open")


def _tiles(run: Overview) -> list[Markup]:
    facts, champion = run.facts, run.champion
    found = []
    if champion is not None:
        stored = champion.champion
        needed = "" if run.threshold is None else f"; {solved_words(run.goal)}"
        if (name := run.settings.evaluation.validation) is not None:
            starts = validation_starts(run.settings)
            about = f"{'starts' if starts is None else f'of {starts} starts'} of {name}{needed}"
        else:
            episodes = len(stored.returns) or run.settings.evaluation.validate_episodes
            about = f"± {number(stored.validated_std)} over {episodes} {_held_out(run)}{needed}"
            if _is_seedless(run):
                about = f"in its only call{needed}"
        found.append(tile("champion", number(stored.validated_fitness), about))
        nodes, conns = len(stored.genome.node_id), len(stored.genome.conn_in)
        found.append(
            tile("connections", conns, f"and {nodes} node{'s'[: nodes != 1]}; found in generation {stored.generation}")
        )
    planned = run.settings.neat.generations
    solved = "" if run.solved_in is None else f"; solved in generation {run.solved_in}"
    found.append(tile("generations", facts["generations"], f"of at most {planned}{solved}"))
    if run.rows:
        seconds = facts["wall_time_s"]
        rate = f"{number(facts['env_steps'] / seconds)} a second" if seconds else ""
        checked = "" if not facts["validation_steps"] else f"{number(facts['validation_steps'])} more in validation"
        found.append(
            tile(units_of(facts).in_full, number(facts["env_steps"]), "; ".join(filter(None, (rate, checked))))
        )
        last = quantity(run.rows[-1].get("generation_s"), "s")
        found.append(tile("time", duration(seconds), f"the last generation took {last}"))
    for estimate in run.summary.get("estimates", ())[:1]:
        if estimate["energy_j"] is not None:
            about = f"a generation on the GeneSys chip, {estimate['origin']}"
            found.append(tile("energy", quantity(estimate["energy_j"], "J"), about))
    return found


def duration(seconds: float) -> str:
    """Return a time as people say it: 4.2 s, 3 min 12 s, 2 h 05 min."""
    if seconds < 90:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 90:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _fitness(run: Overview) -> Markup:
    validation = run.settings.evaluation.validation
    about = "Fitness is the mean return over training episodes. The champion is validated "
    about += "on held-out episodes." if validation is None else f"by {validation}: the starts that it passes."
    if (data := run.settings.data).file is not None:
        judged = "on held-out rows" if data.held_out_rows else "on the same rows"
        about = f"Fitness is the mean {data.loss} of training rows; less is better. The champion is validated {judged}."
    if (problem := run.settings.problem).function is not None:
        judged = f" The champion is validated with {_held_out(run)}." if problem.seeded else ""
        about = f"Fitness is what {problem.function} returns, the mean over its calls in training.{judged}"
        if problem.call == MATCH:
            about = f"Fitness is {_WORTH[problem.fitness]}. The champion is validated against earlier champions."
    nobody = sum(row.get("best_fitness") is None for row in run.rows)
    body = [note(f"In {nobody} of {len(run.rows)} generations {NO_FITNESS}.")] if nobody else []
    body += curves.fitness(run)
    if run.facts["drift"]:
        body += [tag("h3", "Environment shifts"), table(*drift_table(run.facts["drift"]))]
        about += " Frozen: the champion from before the last shift, in the environment after it."
    return section("Fitness", *body, wide=True, about=about)


def _champion(run: Overview, pictures: Pictures) -> Markup:
    if run.champion is None:
        return section("Champion", note(f"There is no champion to show: {run.note}."), wide=True)
    stored = run.champion.champion
    parts: list[object] = []
    if pictures.network:
        parts.append(tag("figure", Markup(pictures.network), class_="drawing"))
    if pictures.film:
        which = "a held-out episode" if run.settings.evaluation.validation is None else "an episode"
        words = f"The champion in {which}, or in the first seconds of it."
        film = tag("img", src=pictures.film, alt=f"A film of the champion in {run.facts['env']}")
        parts.append(tag("figure", film, tag("figcaption", words)))
    unit = units_of(run.facts).worth, units_of(run.facts).episodes
    spread = curves.scores([float(value) for value in stored.returns], *unit) if len(stored.returns) else Markup("")
    if spread:
        validation = run.settings.evaluation.validation
        kind = _held_out(run) if validation is None else f"episodes in the last trial of {validation}"
        parts.append(tag("div", tag("h3", f"Its {len(stored.returns)} {kind}"), spread))
    return section("Champion", tag("div", parts, class_="side"), [note(one) for one in pictures.notes], wide=True)


def _held_out(run: Overview) -> str:
    """Return what judged the champion: held-out episodes, rows or seeds."""
    data, episodes = run.settings.data, units_of(run.facts).episodes
    return episodes if data.file is not None and not data.held_out_rows else f"held-out {episodes}"


def _is_seedless(run: Overview) -> bool:
    """Say whether a function evaluates that takes no seed."""
    return run.settings.problem.function is not None and not run.settings.problem.seeded


def _species(run: Overview) -> Markup:
    if run.species:
        about = "Genomes of each species. The largest have a colour; hover over one to see which it is."
        return section("Species", curves.species(run), about=about)
    about = "This run has no record of each species (species.csv), so only their number is drawn."
    return section("Species", curves.species(run), about=about)


def _sizes(run: Overview) -> Markup:
    return section("Size of the networks", curves.sizes(run), about="All genes, including those without effect.")


def _numbers(run: Overview) -> Markup:
    """Return some rows of metrics as text, for those who cannot see the charts."""
    header = ("generation", "best", "mean", "champion", "species", "connections", units_of(run.facts).in_full, "time")
    every = max(1, -(-len(run.rows) // ROWS))
    chosen = [row for k, row in enumerate(run.rows) if k % every == 0 or k == len(run.rows) - 1]
    keys = ("best_fitness", "mean_fitness", "champion_fitness", "species", "conns_mean", "total_env_steps")
    rows = [
        (row["generation"], *(number(row.get(key)) for key in keys), quantity(row.get("generation_s"), "s"))
        for row in chosen
    ]
    which = "Every generation" if every == 1 else f"One generation of every {every}"
    body = folded(which, table(header, rows, numeric=range(len(header))))
    about = "metrics.csv in the run folder has all columns of all generations."
    return section("Numbers", body, wide=True, about=about)
