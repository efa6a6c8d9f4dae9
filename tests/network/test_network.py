"""Networks against the reference that follows the genes, bit by bit: alone, in sixteen lanes, and many plans in one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from genesys_cli.compiled.jit import kernel
from genesys_cli.compiled.lanes import LANES
from genesys_cli.compiled.plan import new_plan
from genesys_cli.facts import CHUNK
from genesys_cli.genome.access import largest
from genesys_cli.names import ACTIVATIONS
from genesys_cli.network.activate import activate_lane, activate_lanes, advance_lane, advance_lanes
from genesys_cli.network.functions import rare_activation, relu_of, tanh_of
from genesys_cli.network.network import Network
from genesys_cli.network.plan import build_plan
from reference.genome import Conn, Genome, Node, genome_of, genomes_of, population_of
from reference.grow import SCENES, grown
from reference.network import ReferenceNetwork

STEPS = 5


def exact(kind: int, z: np.float32) -> np.float32:
    """Return the package's activation function, uncompiled, so that only the network is compared here."""
    with np.errstate(all="ignore"):
        if kind == ACTIVATIONS.index("tanh"):
            return tanh_of(z)
        return relu_of(z) if kind == ACTIVATIONS.index("relu") else rare_activation(kind, z)


def observations(seed: int, steps: int, inputs: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(steps, inputs)).astype(np.float32)


def expected(genome: Genome, inputs: np.ndarray, feed_forward: bool) -> np.ndarray:
    network = ReferenceNetwork(genome, exact, feed_forward=feed_forward)
    with np.errstate(all="ignore"):
        return np.array([network.activate(row) for row in inputs], np.float32)


def assert_equal(ours: np.ndarray, theirs: np.ndarray, label: object) -> None:
    """Raise unless all bits are the same, or both are no number."""
    same = (ours.view(np.uint32) == theirs.view(np.uint32)) | (np.isnan(ours) & np.isnan(theirs))
    assert same.all(), f"{label}: {ours[~same]} instead of {theirs[~same]}"


@pytest.mark.parametrize("name", SCENES)
def test_equals_the_reference(name):
    scene = SCENES[name]
    inputs = observations(scene.seed, STEPS, scene.inputs)
    feed_forward = scene.neat.feed_forward
    finite = 0
    for step in grown(name)[::3]:
        for g, genome in enumerate(genomes_of(step.children)):
            with np.errstate(all="ignore"):
                ours = Network(step.children, g, feed_forward=feed_forward).activate_many(inputs)
            assert_equal(ours, expected(genome, inputs, feed_forward), f"{step.label(name)}, genome {g}")
            finite += np.isfinite(ours).all()
    assert finite > 100


@pytest.mark.parametrize("name", [name for name in SCENES if SCENES[name].neat.feed_forward])
def test_acyclic_genomes_settle_to_the_same_values_when_recurrent(name):
    """Held inputs reach the outputs of an acyclic network after as many steps as it is deep."""
    scene = SCENES[name]
    held = np.repeat(observations(scene.seed, 1, scene.inputs), 40, axis=0)
    for g in range(0, 70, 7):
        with np.errstate(all="ignore"):
            at_once = Network(grown(name)[-1].children, g, feed_forward=True).activate_many(held[:1])
            settled = Network(grown(name)[-1].children, g, feed_forward=False).activate_many(held)
        assert_equal(settled[-1:], at_once, f"scene {name}, genome {g}")


@pytest.mark.parametrize("name", SCENES)
def test_plan_keeps_what_reaches_an_output(name):
    scene = SCENES[name]
    pruned = 0
    population = grown(name)[-1].children
    for g, genome in enumerate(genomes_of(population)):
        network = Network(population, g, feed_forward=scene.neat.feed_forward)
        reference = ReferenceNetwork(genome, exact, feed_forward=scene.neat.feed_forward)
        needed = reference.needed()
        assert network.n_nodes == len(needed), f"scene {name}, genome {g}"
        assert network.n_connections == sum(len(reference.incoming[node]) for node in needed)
        pruned += len(genome.nodes) - len(needed)
    assert pruned > 0 or name == "smallest"


@kernel
def in_lanes(population, g, feed_forward, lanes, inputs, outputs):
    """Compute ``outputs[t, :, lane]`` from ``inputs[t, :, lane]`` with one plan in all lanes side by side."""
    nodes, conns = largest(population, g, g + 1)
    plan = new_plan(1, nodes, conns)
    n_nodes, _ = build_plan(population, g, plan, 0, 0)
    n_inputs, n_outputs = inputs.shape[1], outputs.shape[1]
    values = np.zeros((1 + n_inputs + nodes) * LANES, np.float32)
    fresh = np.zeros_like(values)
    total = np.zeros(LANES, np.float32)
    terms = np.empty(conns + 1, np.float32)
    for t in range(len(inputs)):
        for i in range(n_inputs):
            for lane in range(lanes):
                values[(1 + i) * LANES + lane] = inputs[t, i, lane]
        activate_lanes(plan, n_nodes, values, values if feed_forward else fresh, total, terms, lanes)
        if not feed_forward:
            advance_lanes(plan, n_nodes, values, fresh, lanes)
        for k in range(n_outputs):
            for lane in range(lanes):
                outputs[t, k, lane] = values[(1 + n_inputs + k) * LANES + lane]


@kernel
def in_lanes_of_their_own(population, genomes, feed_forward, inputs, outputs):
    """Do the same with another genome in each lane, all plans in one."""
    nodes, conns = largest(population, 0, len(population.node_offsets) - 1)
    edges = conns + CHUNK * nodes
    plan = new_plan(len(genomes), nodes, conns)
    counts = np.zeros(len(genomes), np.int64)
    for lane in range(len(genomes)):
        counts[lane], _ = build_plan(population, genomes[lane], plan, lane * nodes, lane * edges)
    n_inputs, n_outputs = inputs.shape[1], outputs.shape[1]
    values = np.zeros((1 + n_inputs + nodes) * LANES, np.float32)
    fresh = np.zeros_like(values)
    terms = np.empty(conns + 1, np.float32)
    for t in range(len(inputs)):
        for lane in range(len(genomes)):
            u = np.uint64(lane)
            for i in range(n_inputs):
                values[(1 + i) * LANES + lane] = inputs[t, i, lane]
            activate_lane(plan, lane * nodes, counts[lane], values, values if feed_forward else fresh, terms, u)
            if not feed_forward:
                advance_lane(plan, lane * nodes, counts[lane], values, fresh, u)
            for k in range(n_outputs):
                outputs[t, k, lane] = values[(1 + n_inputs + k) * LANES + lane]


@pytest.mark.parametrize("name", SCENES)
def test_lanes_change_no_bit(name):
    scene = SCENES[name]
    feed_forward = scene.neat.feed_forward
    population = grown(name)[-1].children
    inputs = observations(scene.seed, STEPS * LANES, scene.inputs).reshape(STEPS, LANES, -1).transpose(0, 2, 1).copy()
    genomes = np.random.default_rng(scene.seed).integers(0, population.size, LANES)
    with np.errstate(all="ignore"):
        for g in range(0, population.size, 5):
            outputs = np.empty((STEPS, scene.outputs, LANES), np.float32)
            in_lanes(population, g, feed_forward, LANES, inputs, outputs)
            for lane in range(LANES):
                alone = Network(population, g, feed_forward=feed_forward).activate_many(inputs[:, :, lane])
                assert_equal(outputs[:, :, lane].copy(), alone, f"scene {name}, genome {g}, lane {lane}")
        outputs = np.empty((STEPS, scene.outputs, LANES), np.float32)
        in_lanes_of_their_own(population, genomes, feed_forward, inputs, outputs)
        for lane, g in enumerate(genomes):
            alone = Network(population, g, feed_forward=feed_forward).activate_many(inputs[:, :, lane])
            assert_equal(outputs[:, :, lane].copy(), alone, f"scene {name}, genome {g} in lane {lane}")


def chain(outputs: int = 1) -> Genome:
    """Return 0 -> 3 -> 2, identity functions, weights 2 and 3, and a disabled link 1 -> 2."""
    genome = Genome(2, outputs)
    identity = ACTIVATIONS.index("identity")
    for node in range(2, 2 + outputs + 1):
        genome.nodes[node] = Node(np.float32(0), np.float32(1), identity, 0)
    hidden = 2 + outputs
    genome.conns = {
        0: Conn(0, hidden, np.float32(2), True),
        1: Conn(1, 2, np.float32(100), False),
        2: Conn(hidden, 2, np.float32(3), True),
    }
    return genome


def test_disabled_connections_carry_nothing():
    assert Network(population_of([chain()]), feed_forward=True).activate([1, 7]).tolist() == [6]


def test_an_output_without_connections_is_its_bias():
    genome = chain(outputs=2)
    genome.nodes[3].bias = np.float32(0.75)
    for feed_forward in (True, False):
        network = Network(population_of([genome]), feed_forward=feed_forward)
        assert network.activate([1, 7])[1] == 0.75
    genome.conns.clear()
    assert Network(population_of([genome]), feed_forward=True).activate([1, 7]).tolist() == [0, 0.75]


def test_recurrent_signals_take_a_step_for_each_connection():
    network = Network(population_of([chain()]), feed_forward=False)
    steps = network.activate_many([[1, 0], [10, 0], [0, 0], [0, 0]])
    assert steps[:, 0].tolist() == [0, 6, 60, 0]
    network.activate([5, 0])
    network.reset()
    assert network.activate([1, 0]).tolist() == [0]
    assert network.activate([1, 0]).tolist() == [6]


def test_a_self_loop_counts():
    genome = chain()
    genome.conns = {0: Conn(0, 2, np.float32(1), True), 1: Conn(2, 2, np.float32(0.5), True)}
    network = Network(population_of([genome]), feed_forward=False)
    assert network.activate_many([[1, 0]] * 4)[:, 0].tolist() == [1, 1.5, 1.75, 1.875]


def test_feed_forward_networks_remember_nothing():
    network = Network(population_of([chain()]), feed_forward=True)
    assert network.activate_many([[1, 0], [2, 0], [1, 0]])[:, 0].tolist() == [6, 12, 6]
    assert network.activate([1, 0]).dtype == np.float32


def test_the_genome_meant_is_taken():
    population = grown("full")[-1].children
    inputs = observations(1, 3, 4)
    for g in (0, 30, 69):
        alone = Network(population.select(np.array([g])), feed_forward=True).activate_many(inputs)
        assert_equal(Network(population, g, feed_forward=True).activate_many(inputs), alone, g)
        assert_equal(alone, expected(genome_of(population, g), inputs, True), g)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 2, 2), (0,)])
def test_inputs_of_the_wrong_shape_are_refused(shape):
    network = Network(population_of([chain()]), feed_forward=True)
    with pytest.raises(ValueError, match=rf"have the shape {re.escape(str(shape))}: give \(T, 2\), a row"):
        network.activate_many(np.zeros(shape))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ([1.0, 2.0, 3.0], "have the shape (3,)"),
        ([[1.0], [2.0], [3.0]], "have the shape (3, 1)"),
        (0.5, "have the shape ()"),
        ([], "have the shape (0,)"),
        (None, "are None"),
    ],
)
def test_a_step_of_another_number_of_inputs_is_refused(inputs, said):
    network = Network(population_of([chain()]), feed_forward=True)
    with pytest.raises(ValueError, match=re.escape(f"inputs {said}: give (2,), a number for each input")):
        network.activate(inputs)


def test_no_input_is_none():
    """NumPy would take it for NaN, and a network of one input with it."""
    genome = Genome(1, 1)
    genome.nodes[1] = Node(np.float32(0), np.float32(1), ACTIVATIONS.index("identity"), 0)
    genome.conns[0] = Conn(0, 1, np.float32(2), True)
    network = Network(population_of([genome]), feed_forward=True)
    assert network.activate(0.5) == network.activate([0.5]) == network.activate([[0.5]]) == 1
    with pytest.raises(ValueError, match="inputs are None"):
        network.activate(None)


def test_no_steps_give_no_outputs():
    assert Network(population_of([chain()]), feed_forward=True).activate_many(np.zeros((0, 2))).shape == (0, 1)
