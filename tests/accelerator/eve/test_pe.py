"""The compiled element against the literal one, word by word and cycle by cycle."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from accelerator.eve.worlds import World, world
from genesys_cli.accelerator.eve import pe
from genesys_cli.accelerator.eve.evolve import EveResult
from genesys_cli.accelerator.eve.registers import PeCounts
from genesys_cli.accelerator.eve.thresholds import child_events, gates
from genesys_cli.accelerator.words import from_words
from genesys_cli.genome.population import problems
from genesys_cli.names import ACTIVATIONS
from reference.pe import Element, Generator, Words, key

PAPER: dict[str, Any] = {
    "output_activation": "gauss",
    "mutate_distribution": "uniform",
    "attribute_mutate_prob": 0.6,
}
SAME = {name for name in PeCounts._fields if name not in ("cycle_checks", "cycle_check_genes")}


def genome(words: World | EveResult, g: int) -> list[int]:
    genes = words.words
    return [int(w) for w in genes.words[genes.offsets[g] : genes.offsets[g + 1]]]


def literal(w: World, generation: int, seed: int) -> tuple[list[list[int]], Counter[str], list[Element]]:
    """Return the children, the counts and the elements of the literal model."""
    words = Words(w.layout.settings)
    counts: Counter[str] = Counter()
    children, elements = [], []
    conns = np.array([sum(word >> words.node["type"].offset & 1 for word in genome(w, g)) for g in range(w.words.size)])
    nodes = np.diff(w.words.offsets) - conns
    events = child_events(w.form, nodes[w.fitter], conns[w.fitter], w.inputs + w.outputs)
    for c, (a, b) in enumerate(zip(w.fitter.tolist(), w.other.tolist(), strict=True)):
        if w.elite[c]:
            fields = [{**words.fields(word), "genome": c} for word in genome(w, a)]
            children.append([words.word(gene) for gene in fields])
            for name in ("genes_in", "genes_out", "slots"):
                counts[name] += len(fields)
            continue
        element = Element(
            words,
            w.neat,
            events[c].tolist(),
            c,
            Generator(seed, generation, c),
            max_deleted=w.chip.eve.max_deleted_nodes,
            attributes=w.form.common.attributes.tolist(),
        )
        children.append(element.run(genome(w, a), genome(w, b) if a != b else []))
        counts.update(element.counts)
        elements.append(element)
    return children, counts, elements


@pytest.mark.parametrize("layout", ["wide16", "rtl8"])
@pytest.mark.parametrize("feed_forward", [True, False])
@pytest.mark.parametrize("neat", [{}, PAPER], ids=["default", "paper"])
@pytest.mark.parametrize("seed", range(3))
def test_children_are_the_literal_element_s(layout: str, feed_forward: bool, neat: dict[str, Any], seed: int) -> None:
    w = world(seed, layout=layout, feed_forward=feed_forward, **neat)
    result = w.evolve(7, seed)
    children, counts, elements = literal(w, 7, seed)
    assert [genome(result, c) for c in range(len(children))] == children
    assert {name: result.counts[name] for name in SAME} == {name: counts[name] for name in SAME}
    assert not list(problems(from_words(result.words, w.layout, w.inputs, w.outputs), feed_forward=feed_forward))
    for element in elements:
        assert element.cycles == element.counts["slots"] + 2 * element.counts["split_conns"] + pe.FILL
        cycles = [cycle for cycle, _ in element.sent]
        assert len(set(cycles)) == len(cycles), "a gene a cycle"
        for kind in (0, 1):  # each has a place of its own, where it is written in the order in which it leaves
            sent = [key(gene) for _, gene in element.sent if gene["type"] == kind]
            assert sent == sorted(set(sent))
    elite_slots = np.diff(w.words.offsets)[w.fitter[w.elite == 1]] + pe.FILL
    assert result.counts["pe_cycles"] == sum(e.cycles for e in elements) + elite_slots.sum()


def test_everything_happens_somewhere() -> None:
    """Guards the test above: each kind of event occurs in the worlds that it compares."""
    total: Counter[str] = Counter()
    for seed in range(3):
        for layout in ("wide16", "rtl8"):
            total.update(world(seed, layout=layout).evolve(7, seed).counts)
    for name in SAME - {"kept_nodes", "refused_nodes"}:
        assert total[name] > 0, name


def test_attributes_mutate_in_a_child_or_in_none_of_its_genes() -> None:
    """Nothing else changes with the chance of it, since no draw depends on another."""
    w = world(4, size=200, grown=4, enabled_mutate_rate=0.2)

    def with_chance(chance: float) -> EveResult:
        common = w.form.common._replace(attributes=gates(np.array([chance]))[0])
        return w._replace(form=w.form._replace(common=common)).evolve(3)

    never, half, always = map(with_chance, (0.0, 0.5, 1.0))
    assert always.words.words.tobytes() == w.evolve(3).words.words.tobytes()
    mutated = 0
    for c in np.flatnonzero(w.elite == 0):
        still, new, found = genome(never, c), genome(always, c), genome(half, c)
        assert found in (still, new)
        mutated += found == new
    assert mutated / np.count_nonzero(w.elite == 0) == pytest.approx(0.5, abs=0.1)
    toggled = never.counts["perturbations"]  # the flags of connections, which are no attributes here
    assert 0 < toggled < half.counts["perturbations"] < always.counts["perturbations"]
    calm = world(4, size=200, grown=4, enabled_mutate_rate=0.0, attribute_mutate_prob=0.0)
    assert calm.evolve(3).counts["perturbations"] == 0


def test_outputs_keep_their_activation() -> None:
    w = world(2, output_activation="gauss", activation_mutate_rate=0.8)
    population = from_words(w.evolve(3).words, w.layout, w.inputs, w.outputs)
    outputs = population.node_id < w.inputs + w.outputs
    assert set(population.node_activation[outputs]) == {ACTIVATIONS.index("gauss")}
    assert set(population.node_activation[~outputs]) == {ACTIVATIONS.index(name) for name in ("tanh", "relu", "sin")}


def test_a_full_file_of_deleted_nodes_keeps_the_rest() -> None:
    w = world(1, node_delete_prob=1.0, node_add_prob=1.0, grown=12)
    few = w._replace(form=w.form._replace(common=w.form.common._replace(max_deleted=np.int64(0)), node_delete=1.0))
    counts = few.evolve(3).counts
    assert counts["deleted_nodes"] == 0
    assert counts["kept_nodes"] > 0
    assert counts["dangling_conns"] == 0


def test_ids_run_out() -> None:
    w = world(1, grown=0, num_hidden=2)
    w.layout.bits = w.layout.bits._replace(max_nodes=np.int64(w.inputs + w.outputs + 2))
    counts = w.evolve(3).counts
    assert counts["added_nodes"] == 0
    assert counts["refused_nodes"] > 0


def test_nothing_changes_without_mutation() -> None:
    still = {name: 0.0 for name in (
        "node_add_prob", "conn_add_prob", "node_delete_prob", "conn_delete_prob", "enabled_mutate_rate",
        "weight_mutate_rate", "weight_replace_rate", "bias_mutate_rate", "bias_replace_rate", "response_mutate_rate",
        "activation_mutate_rate",
    )}  # fmt: skip
    w = world(3, grown=4)
    quiet = world(3, grown=0, **still)._replace(words=w.words)
    quiet = quiet._replace(other=quiet.fitter)
    result = quiet.evolve(1)
    assert [genome(result, c) for c in range(30)] == [genome(quiet, int(a)) for a in quiet.fitter]
