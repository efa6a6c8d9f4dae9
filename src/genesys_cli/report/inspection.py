"""``genesys inspect`` on a terminal: a run, and the network that it found."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..inspection.changes import ATTRIBUTES
from .front import print_front
from .results import drift_table, fault_lines, judged_text, needed, number, print_lines, print_table, shown
from .terminal import write
from .units import units_of

SHOWN = 30  # rows of a long table, without --all
SPECIES_SHOWN = 10
LISTED = 3  # connections that were switched, before they are only counted
BAR = 24  # characters of the longest bar

Document = Mapping[str, Any]


def print_run(facts: Document, pictures: Sequence[Path] = ()) -> None:
    """Write what a run is and how far it came, its species, and a row for each environment shift.

    facts: of ``runs.inspect``, with ``network``, or ``trouble`` that kept it from being read; pictures: drawings that
        were made
    """
    known = ("env", "backend", "seed", "population", "solved_at", "champion_generation")
    lines = {key.replace("_", " "): shown(facts[key]) for key in known if facts[key] is not None}
    if facts.get("start"):
        lines["begins with"] = _listed(facts["start"], False)
    if facts["solved_at"] is not None:
        lines["solved at"] = needed(facts)
    lines["generations"] = shown(facts["generations"]) + ("" if facts["ended"] else ", unfinished")
    if facts["solved"] is not None:
        lines["solved"] = shown(facts["solved"])
    if facts["champion_fitness"] is not None:
        name = facts.get("validation")
        where = f"on held-out {units_of(facts).episodes}" if name is None else f"starts of {name}"
        lines["champion"] = f"{number(facts['champion_fitness'])} {where}, after the last shift"
    if (network := facts.get("network")) is not None:
        amount = network["statistics"]
        lines["network"] = (
            f"{amount['nodes']} nodes, {amount['hidden']} hidden; {amount['connections']} connections, "
            f"{amount['connections_used']} in use; depth {amount['depth']}"
        )
        lines["inspect it"] = f"genesys inspect champion --run {shlex.quote(str(facts['run_dir']))}"
    elif trouble := facts.get("trouble"):
        lines["network"] = trouble
    if facts["env_steps"] is not None:
        lines[units_of(facts).steps] = (
            f"{number(facts['env_steps'])}, and {number(facts['validation_steps'])} in validation"
        )
        lines["wall time"] = f"{facts['wall_time_s']:.2f} s"
    print_lines(lines | fault_lines(facts["faults"]) | _pictures(pictures))
    _print_species(facts["species"])
    if facts["drift"]:
        write("\n")
        print_table(*drift_table(facts["drift"]))
    print_front(facts)


def print_network(network: Document, pictures: Sequence[Path] = (), *, everything: bool = False) -> None:
    """Write where a network comes from, what it scored, what it amounts to and its genes.

    network: of ``inspection.anatomy``; everything: long tables in full
    """
    lines = {
        "network": network["origin"],
        "env": network["env"],
        "backend": network["backend"],
        "found": f"genome {network['genome_index']} of generation {network['generation']}, seed {network['seed']}",
        "fitness": _score(network),
        **_statistics(network["statistics"]),
    }
    if (birth := network.get("birth")) is not None:
        lines["origin"] = f"{_parents(birth)}; --ancestry shows all ancestors"
    print_lines(lines | _pictures(pictures))
    genome = network["genome"]
    useless = any(not node["used"] for node in genome["nodes"])
    write("\n")
    header = ["node", "bias", "response", "activation", "aggregation"]
    print_table(
        [*header, "", ""][: 5 + useless],
        _cut(
            [
                [
                    node["name"],
                    _real(node["bias"]),
                    _real(node["response"]),
                    node["activation"],
                    node["aggregation"],
                    "" if node["used"] else "no path to an output",
                ][: 5 + useless]
                for node in genome["nodes"]
            ],
            everything,
        ),
    )
    write("\n")
    off = any(not conn["enabled"] for conn in genome["connections"])
    rows = [
        [conn["from"], conn["to"], _real(conn["weight"]), "" if conn["enabled"] else "disabled"][: 3 + off]
        for conn in genome["connections"]
    ]
    print_table(["from", "to", "weight", ""][: 3 + off], _cut(rows, everything))


def print_ancestry(network: Document, *, everything: bool = False) -> None:
    """Write the line of a network's ancestors, the youngest first: how each came about and what changed.

    everything: also those of a long line in which no node or connection came or went
    """
    ancestry, names = network["ancestry"], _names(network["genome"])
    total, births = ancestry["summary"], ancestry["births"]
    refined = f", {total['refinement']} by refinement" if total["refinement"] else ""
    write(
        f"\nAncestors through the fitter parent, {_count(total['generations'], 'generation')} back: "
        f"{total['mutation']} by mutation, {total['crossover']} by crossover, {total['copy']} unchanged{refined}.\n"
        f"On the way: {_count(total['splits'], 'node')} added, {total['deleted_nodes']} deleted; "
        f"{_count(total['added_connections'], 'connection')} added, {total['deleted_connections']} deleted; "
        f"{_count(total['mutated_weights'], 'weight')} and {_count(total['mutated_biases'], 'bias')} mutated.\n\n"
    )
    rows: list[list[str]] = []
    passed: list[int] = []  # generations that are left out, since the last row
    for k, birth in enumerate(births):
        ends = k in (0, len(births) - 1)
        if not (everything or len(births) <= SHOWN or ends or _restructured(birth["changes"])):
            passed.append(birth["generation"])
            continue
        if passed:
            span = f"{passed[0]} to {passed[-1]}" if len(passed) > 1 else str(passed[0])
            rows.append([span, *[""] * 5, "weights, biases and enabled flags only, see --all"])
            passed = []
        rows.append(
            [
                str(birth["generation"]),
                str(birth["genome"]),
                "" if birth["species"] is None else str(birth["species"]),
                number(birth["fitness"]),
                f"{birth['nodes']}, {birth['connections']}",
                _parents(birth),
                _changed(birth["changes"], names),
            ]
        )
    print_table(["generation", "genome", "species", "fitness", "genes", "how", "changes from the fitter parent"], rows)
    if ancestry["end"] is not None:
        write(f"\nThe lineage ends here: {ancestry['end']}\n")


def print_ablation(network: Document, *, everything: bool = False) -> None:
    """Write what a network loses without each of its inputs, as numbers and as bars."""
    ablation, units = network["ablation"], units_of(network)
    write(
        f"\nEach input held at its mean, {ablation['episodes']} {units.episodes}; the intact network has a mean "
        f"{units.worth} of {number(ablation['intact'])}.\n\n"
    )
    played = [row for row in ablation["inputs"] if row["connected"]]
    longest = max((abs(row["loss"]) for row in played if row["loss"] is not None), default=0.0)
    rows = []
    for row in played:
        if row["loss"] is None:
            rows.append([row["name"], _real(row["held_at"]), "failed", "", ""])
            continue
        error = "" if row["loss_error"] is None else f" ± {number(row['loss_error'])}"
        loss = f"{number(row['loss'])}{error}"
        rows.append([row["name"], _real(row["held_at"]), number(row["mean_return"]), loss, _bar(row["loss"], longest)])
    worse = "worse by" if units.worth == "loss" else "loss"
    print_table(["input", "held at", f"mean {units.worth}", worse, ""], _cut(rows, everything))
    if idle := [row["name"] for row in ablation["inputs"] if not row["connected"]]:
        write(f"\nNot connected, so nothing is lost without them: {_listed(idle, everything)}\n")


def _print_species(lives: Sequence[Document]) -> None:
    """Write the species that had most members over all generations, in the order in which they came up."""
    if not lives:
        return
    largest = sorted(lives, key=lambda life: -life["members"])[:SPECIES_SHOWN]
    write("\n")
    print_table(
        ["species", "generations", "peak size", "mean size", "best fitness"],
        [
            [
                str(life["species"]),
                f"{life['founded']} to {life['last']}",
                f"{life['largest']} in generation {life['largest_in']}",
                number(life["members"] / life["generations"]),
                number(life["best"]),
            ]
            for life in sorted(largest, key=lambda life: int(life["species"]))
        ],
    )
    if len(lives) > len(largest):
        write(f"and {len(lives) - len(largest)} smaller or shorter ones, see species.csv\n")


def _pictures(pictures: Sequence[Path]) -> dict[str, str]:
    return {"drawn": ", ".join(map(str, pictures))} if pictures else {}


def _score(network: Document) -> str:
    training = f"{number(network['training_fitness'])} in training"
    if network["validated_fitness"] is None:
        return f"{training}; never validated on held-out episodes"
    return f"{judged_text(network)}, {training}"


def _statistics(found: Document) -> dict[str, str]:
    useless = found["nodes"] - found["nodes_used"]
    connections = f"{found['connections']}: {found['enabled']} enabled, {found['connections_used']} in use"
    lines = {
        "nodes": f"{found['nodes']}, {found['hidden']} hidden",
        "connections": connections + (f", {found['recurrent']} on cycles" if found["recurrent"] else ""),
        "depth": f"{found['depth']}",
        "inputs": f"{found['inputs']}, all in use",
    }
    if useless:
        lines["nodes"] += f", {useless} without a path to an output"
    if idle := found["unused_inputs"]:
        lines["inputs"] = f"{found['inputs']}; not connected: {_listed(idle, False)}"
    if found["weight_min"] is not None:
        low, high = _real(found["weight_min"]), _real(found["weight_max"])
        lines["weights"] = f"{low} to {high}, mean magnitude {_real(found['weight_mean_abs'])}"
    lines["parameters"] = f"{found['parameters']}; {found['macs']} MACs per inference step"
    return lines


def _parents(birth: Document) -> str:
    """Return how a genome came about, such as ``mutation of 91``."""
    if birth["given"] is not None:
        how = {"given": "given by", "migrant": "migrant of", "refinement": "refinement of"}.get(
            birth["kind"], "mutation of what was given by"
        )
        return f"{how} {birth['given']}"
    if birth["fitter"] is None:
        return {"first": "first generation"}.get(birth["kind"], "not known")
    if birth["other"] is None:
        return f"{birth['kind']} of {birth['fitter']['genome']}"
    return f"{birth['kind']} of {birth['fitter']['genome']} and {birth['other']['genome']}"


def _restructured(changes: Document | None) -> bool:
    """Say whether a node or connection came or went."""
    kinds = ("split", "added_connections", "deleted_nodes", "deleted_connections")
    return changes is not None and any(changes[kind] for kind in kinds)


def _names(genome: Document) -> dict[int, str]:
    return dict(enumerate((*genome["inputs"], *genome["outputs"])))


def _changed(changes: Document | None, names: Mapping[int, str]) -> str:
    """Return what is different in a child, in words."""
    if changes is None:
        return ""

    def name(key: int) -> str:
        return names.get(key, f"node {key}")

    def link(ends: Sequence[int]) -> str:
        return f"{name(ends[0])} → {name(ends[1])}"

    found = []
    if (split := changes["split"]) is not None:
        found.append(f"{name(split['node'])} splits {link(split['connection'])}")
    for what in ("added", "deleted"):
        found += [f"{link(ends)} {what}" for ends in changes[f"{what}_connections"]]
    found += [f"{name(key)} deleted" for key in changes["deleted_nodes"]]
    for what in ("enabled", "disabled"):
        switched = changes[what]
        if len(switched) <= LISTED:
            found += [f"{link(ends)} {what}" for ends in switched]
        else:
            found.append(f"{len(switched)} connections {what}")
    found += [f"{name(key)} {old} → {new}" for key, old, new in changes["functions"]]
    for what, one in zip(ATTRIBUTES, ("weight", "bias", "response"), strict=True):
        part = changes[what]
        if part["mutated"]:
            found.append(f"{part['mutated']} of {part['of']} {what} by {_real(part['mean_step'])} on average")
        if part["from_other"]:
            found.append(f"{_count(part['from_other'], one)} from the other")
    return "; ".join(found) or "nothing"


def _cut(rows: list[list[str]], everything: bool) -> list[list[str]]:
    """Return a table without its middle, where it is long, and with a row that says how many are missing."""
    missing = len(rows) - SHOWN
    if everything or missing <= 1:
        return rows
    gap = [f"… {missing} more, see --all …", *[""] * (len(rows[0]) - 1)]
    return [*rows[: SHOWN // 2], gap, *rows[-SHOWN // 2 :]]


def _listed(names: Sequence[str], everything: bool) -> str:
    if everything or len(names) <= SPECIES_SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:SPECIES_SHOWN])} and {len(names) - SPECIES_SHOWN} more"


def _bar(value: float, longest: float) -> str:
    """Return a bar in eighths of a character; a gain is drawn hollow."""
    if longest <= 0 or not math.isfinite(value):
        return ""
    eighths = round(abs(value) / longest * BAR * 8)
    if value < 0:
        return "░" * math.ceil(eighths / 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _count(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}es" if name.endswith("s") else f"{count} {name}s"


def _real(value: float) -> str:
    return f"{value:.4g}"
