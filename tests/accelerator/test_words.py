from functools import cache

import numpy as np
import pytest

from genesys_cli.accelerator.layout import HIDDEN, INPUT, OUTPUT, Layout
from genesys_cli.accelerator.words import (
    GeneWords,
    check_buffer,
    check_functions,
    check_size,
    from_words,
    quantise,
    renumbered,
    to_words,
)
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.chip import BufferSettings
from genesys_cli.config.layout import layout_names, shipped_layout
from genesys_cli.config.neat import NeatSettings
from genesys_cli.errors import UserError
from genesys_cli.genome.population import problems
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from genesys_cli.neat.initial import first_population
from reference import words as plain
from reference.grow import SCENES, grown
from reference.words import stream_order

WIDE, NARROW = (Layout(shipped_layout(name)) for name in ("wide16", "rtl8"))
every_layout = pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide16", "rtl8"])
every_scene = pytest.mark.parametrize("name", SCENES)


@cache
def population_of(name, layout):
    """Return a population with a history whose functions and ids the layout has room for."""
    population = renumbered(grown(name)[-1].children)
    room = int(layout.bits.activation.mask)
    return population._replace(node_activation=np.minimum(population.node_activation, room).astype(np.uint8))


def first(inputs, outputs, **changes):
    with Threads(1) as threads:
        return first_population(NeatSettings(**changes), inputs, outputs, 3, threads)[0]


def test_every_layout_is_tested():
    assert set(layout_names()) == {"wide16", "rtl8"}


@every_layout
@every_scene
def test_words_say_what_the_genomes_say(name, layout):
    """Every word of every genome against one written bit by bit."""
    p = population_of(name, layout)
    settings = layout.settings
    node_fields, conn_fields = (plain.fields_of(settings, kind) for kind in ("node", "connection"))
    genes, saturated = to_words(p, layout)
    limited = 0
    for g in range(p.size):
        of = {"genome": g} if "genome" in node_fields else {}
        wanted = [plain.written(settings, "node", {**of, "kind": INPUT, "id": i}) for i in range(p.n_inputs)]
        for k in range(p.node_offsets[g], p.node_offsets[g + 1]):
            bias, over = plain.nearest_raw(p.node_bias[k], node_fields["bias"])
            response, over_too = plain.nearest_raw(p.node_response[k], node_fields["response"])
            limited += over + over_too
            node = {
                "kind": OUTPUT if p.node_id[k] < p.n_inputs + p.n_outputs else HIDDEN,
                "id": int(p.node_id[k]),
                "bias": bias,
                "response": response,
                "activation": int(p.node_activation[k]),
                "aggregation": int(p.node_aggregation[k]),
            }
            wanted.append(plain.written(settings, "node", {**of, **node}))
        for k in range(p.conn_offsets[g], p.conn_offsets[g + 1]):
            weight, over = plain.nearest_raw(p.conn_weight[k], conn_fields["weight"])
            limited += over
            conn = {
                "source": int(p.conn_in[k]),
                "destination": int(p.conn_out[k]),
                "weight": weight,
                "enable": int(p.conn_enabled[k]),
            }
            wanted.append(plain.written(settings, "connection", {**of, **conn}))
        wanted.sort(key=lambda word: stream_order(settings, word))
        assert genes.words[genes.offsets[g] : genes.offsets[g + 1]].tolist() == wanted, f"{name}, genome {g}"
    assert saturated == limited


@every_layout
@every_scene
def test_words_become_the_same_population_and_the_same_words(name, layout):
    p = population_of(name, layout)
    genes, _ = to_words(p, layout)
    back = from_words(genes, layout, p.n_inputs, p.n_outputs)
    assert list(problems(back, feed_forward=SCENES[name].neat.feed_forward)) == []
    again, saturated = to_words(back, layout)
    assert saturated == 0
    assert np.array_equal(again.words, genes.words)
    assert np.array_equal(again.offsets, genes.offsets)
    assert again.words.dtype == np.uint64
    assert again.offsets.dtype == np.int64
    assert quantise(back, layout).equals(back)
    assert genes.size == p.size


@every_layout
@every_scene
def test_structure_is_kept_and_values_move_by_half_a_unit_at_most(name, layout):
    p = population_of(name, layout)
    back = quantise(p, layout)
    for field in ("node_offsets", "node_id", "node_activation", "node_aggregation", "conn_offsets"):
        assert np.array_equal(getattr(back, field), getattr(p, field)), field
    for field, form in (("node_bias", layout.bits.bias), ("node_response", layout.bits.response)):
        exact = getattr(p, field)
        inside = np.clip(exact, form.low * form.unit, form.high * form.unit)
        assert np.abs(getattr(back, field) - inside).max() <= form.unit / 2
    genome = np.repeat(np.arange(p.size), np.diff(p.conn_offsets))

    def rows(q):
        return sorted(
            zip(genome.tolist(), q.conn_in.tolist(), q.conn_out.tolist(), q.conn_enabled.tolist(), strict=True)
        )

    assert rows(back) == rows(p)
    assert np.array_equal(back.conn_innovation, back.conn_in << 14 | back.conn_out)


def test_the_first_genome_of_cartpole_has_14_words():
    genes, _ = to_words(first(4, 2, population=3), WIDE)
    assert np.diff(genes.offsets).tolist() == [14, 14, 14]


def test_any_subset_of_genomes_has_the_same_words():
    p = population_of("partial", WIDE)
    chosen = np.array([5, 0, 5, 30])
    genes, _ = to_words(p, WIDE)
    part, _ = to_words(p.select(chosen), WIDE)
    pieces = [genes.words[genes.offsets[g] : genes.offsets[g + 1]] for g in chosen]
    assert np.array_equal(part.words, np.concatenate(pieces))


@every_layout
def test_no_genomes_and_genomes_without_connections(layout):
    p = first(2, 1, population=4, initial_connection="none")
    genes, _ = to_words(p, layout)
    assert np.diff(genes.offsets).tolist() == [3] * 4
    assert from_words(genes, layout, 2, 1).equals(quantise(p, layout))
    nobody = GeneWords(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    assert from_words(nobody, layout, 2, 1).size == 0
    assert to_words(from_words(nobody, layout, 2, 1), layout)[0].size == 0


@every_scene
def test_renumbering_closes_gaps_and_keeps_who_is_who(name):
    p = grown(name)[-1].children
    q = renumbered(p)
    hidden = p.n_inputs + p.n_outputs
    assert set(q.node_id.tolist()) == set(range(p.n_inputs, hidden + len(set(p.node_id[p.node_id >= hidden].tolist()))))
    to_new = dict(zip(p.node_id.tolist(), q.node_id.tolist(), strict=True))
    assert sorted(to_new.values()) == [to_new[old] for old in sorted(to_new)]
    to_new.update((i, i) for i in range(p.n_inputs))
    assert [to_new[node] for node in p.conn_in.tolist()] == q.conn_in.tolist()
    assert [to_new[node] for node in p.conn_out.tolist()] == q.conn_out.tolist()
    assert list(problems(q, feed_forward=SCENES[name].neat.feed_forward)) == []


def test_ids_that_do_not_fit_are_refused_with_a_remedy():
    p = first(4, 2, population=3)
    at = p._replace(node_id=np.where(p.node_id == 5, 254, p.node_id).astype(np.int32))
    to_words(at, NARROW)
    with pytest.raises(UserError, match=r"node ids up to 255, but .* ends at 254; choose .*wide16"):
        to_words(at._replace(node_id=np.where(at.node_id == 254, 255, at.node_id).astype(np.int32)), NARROW)
    check_size(WIDE, 10**8, 2**14)
    with pytest.raises(UserError, match="ends at 16383"):
        check_size(WIDE, 2, 2**14 + 1)


def test_more_genomes_than_the_layout_tells_apart_are_refused():
    check_size(NARROW, 255, 255)
    with pytest.raises(UserError, match=r"neat.population is 256, .* tells 255 genomes apart; .*wide16"):
        to_words(first(1, 1, population=256), NARROW)


def test_a_function_without_a_number_is_refused():
    check_functions(WIDE, list(ACTIVATIONS), list(AGGREGATIONS))
    check_functions(NARROW, list(ACTIVATIONS[:16]), list(AGGREGATIONS))
    with pytest.raises(
        UserError,
        match=r"neat.activation_options: .* 'cube' has no number .*genes.layout.* room for tanh, .*, hat; choose",
    ):
        check_functions(NARROW, ["tanh", "cube"], ["sum"])
    check_functions(NARROW, ["tanh"], ["sum"], "hat")
    with pytest.raises(UserError, match=r"neat.output_activation: the activation 'cube' has no number"):
        check_functions(NARROW, ["tanh"], ["sum"], "cube")
    with pytest.raises(UserError, match="'square'"):
        to_words(first(1, 1, activation_default="square", activation_options=["square"]), NARROW)


def test_a_buffer_too_small_for_a_genome_is_refused():
    check_buffer(6, BufferSettings(banks=2, words_per_bank=3))
    with pytest.raises(UserError, match=r"7 genes, but buffer.banks = 2 of buffer.words_per_bank = 3 hold 6"):
        check_buffer(7, BufferSettings(banks=2, words_per_bank=3))
