"""Fixed-point networks against whole-number arithmetic, exactly, and against float, within what the formats allow."""

from __future__ import annotations

import numpy as np
import pytest

from accelerator.adam.networks import numbers, steps
from genesys_cli.accelerator.adam.fixed import from_value
from genesys_cli.accelerator.adam.numbers import fixed_point
from genesys_cli.accelerator.layout import Layout
from genesys_cli.compiled.lanes import LANES
from genesys_cli.config.chip import AdamSettings
from genesys_cli.config.layout import shipped_layout
from genesys_cli.errors import UserError
from genesys_cli.names import ACTIVATIONS
from genesys_cli.network.network import Network
from reference.fixed import FixedReference
from reference.genome import Conn, Genome, Node, genome_of, population_of
from reference.grow import SCENES, grown

FORMATS = {"wide16": (16, 10), "rtl8": (8, 4)}
STEPS = 4


def sums_only(population):
    """Return the population without aggregations that the chip does not have."""
    return population._replace(node_aggregation=np.zeros_like(population.node_aggregation))


def observations(seed: int, inputs: int, spread: float = 1.5) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=spread, size=(LANES, STEPS, inputs)).astype(np.float32)


def reference(
    genome: Genome, layout: str, inputs: np.ndarray, feed_forward: bool, segment_bits: int | None = None
) -> tuple[np.ndarray, int]:
    form = FORMATS[layout]
    outputs, saturated = [], 0
    for lane in inputs:
        network = FixedReference(
            genome,
            attribute=form,
            value=form,
            accumulator_bits=32,
            table_bits=12,
            feed_forward=feed_forward,
            segment_bits=segment_bits,
        )
        outputs.append([network.activate(row.tolist()) for row in lane])
        saturated += network.saturated
    return np.array(outputs), saturated


@pytest.mark.parametrize(("layout", "segment_bits"), [("wide16", None), ("rtl8", None), ("wide16", 6)])
@pytest.mark.parametrize("name", SCENES)
def test_equals_the_reference(name, layout, segment_bits):
    scene = SCENES[name]
    feed_forward = scene.neat.feed_forward
    inputs = observations(scene.seed, scene.inputs)
    population = sums_only(grown(name)[-1].children)
    number = numbers(layout, segment_bits)
    for g in range(0, population.size, 6):
        expected, _ = reference(genome_of(population, g), layout, inputs[:3], feed_forward, segment_bits)
        alone, _ = steps(population, g, number, inputs, feed_forward=feed_forward, lanes=1)
        together, _ = steps(population, g, number, inputs, feed_forward=feed_forward, lanes=LANES)
        assert np.array_equal(alone[:3], expected), f"{name}, genome {g}"
        assert np.array_equal(alone, together), f"{name}, genome {g}"


def star(weights: list[float], activation: str, bias: float = 0.0, response: float = 1.0) -> Genome:
    """Return a network of one output that reads as many inputs as there are weights."""
    genome = Genome(len(weights), 1)
    genome.nodes[len(weights)] = Node(np.float32(bias), np.float32(response), ACTIVATIONS.index(activation), 0)
    for i, weight in enumerate(weights):
        genome.conns[i] = Conn(i, len(weights), np.float32(weight), True)
    return genome


def test_accumulator_saturates_at_each_addition():
    """30 x 30 is 900 and the accumulator ends at 2048: the third product is cut, and the fourth counts from there."""
    genome = star([30.0, 30.0, 30.0, -30.0], "identity", response=1 / 64)
    inputs = np.full((LANES, 1, 4), 30.0, np.float32)
    expected, saturated = reference(genome, "wide16", inputs[:1], True)
    assert saturated == 1
    ours, limited = steps(population_of([genome]), 0, numbers(), inputs, feed_forward=True, lanes=LANES)
    assert limited == 1
    assert np.array_equal(ours[:1], expected)
    assert ours[0, 0, 0] >> 16 == np.rint((2048 - 900) / 64 * 1024)


@pytest.mark.parametrize("seed", range(5))
def test_saturating_sums_equal_the_reference(seed):
    rng = np.random.default_rng(seed)
    genome = star(rng.uniform(-32, 32, 40).tolist(), "identity", response=1 / 128)
    inputs = rng.uniform(-40, 40, (LANES, STEPS, 40)).astype(np.float32)
    expected, saturated = reference(genome, "wide16", inputs, True)
    assert saturated > 0
    for lanes in (1, LANES):
        ours, _ = steps(population_of([genome]), 0, numbers(), inputs, feed_forward=True, lanes=lanes)
        assert np.array_equal(ours, expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("layout", FORMATS)
def test_every_activation_over_its_whole_range(name, layout):
    """One input, one node; responses and bias spread the argument far beyond the table."""
    number = numbers(layout)
    low, high = float(number.operand.low), float(number.operand.high)
    raw = np.linspace(low, high, 2 * LANES * STEPS).reshape(2, LANES, STEPS, 1) / number.operand.scale
    for inputs in raw.astype(np.float32):
        for response, bias in ((1.0, 0.0), (0.0625, 0.25), (5.0, -1.0)):
            genome = star([1.0], name, bias, response)
            expected, _ = reference(genome, layout, inputs, True)
            for lanes in (1, LANES):
                ours, _ = steps(population_of([genome]), 0, number, inputs, feed_forward=True, lanes=lanes)
                assert np.array_equal(ours, expected), (response, bias)


def test_inputs_that_are_no_numbers_become_the_lowest_value():
    genome = star([1.0], "identity")
    inputs = np.full((LANES, 1, 1), np.nan, np.float32)
    inputs[1] = np.inf
    inputs[2] = -np.inf
    ours, _ = steps(population_of([genome]), 0, numbers(), inputs, feed_forward=True, lanes=LANES)
    assert (ours[:4, 0, 0] >> 16).tolist() == [-32768, 32767, -32768, -32768]


def real(registers: np.ndarray) -> np.ndarray:
    return (registers - 2.0**15) / 2.0**26


def deviation_bound(genome: Genome, inputs: np.ndarray) -> float:
    """Return how far an output of a network of tanh nodes can be from float, by the formats of ``wide16``.

    Errors of operands (half a unit of 2**-10) and of attributes go through sums and grow by tanh's slope, 2.5 at most.
    A table adds half its step, times that slope.
    """
    half = 2.0**-11
    step = 2.0**-9
    error = {i: half for i in range(genome.inputs)}
    size = {i: float(np.abs(inputs[..., i]).max()) for i in range(genome.inputs)}

    def of(node: int) -> float:
        if node not in error:
            total, reach = 0.0, 0.0
            for conn in genome.incoming(node):
                slip = of(conn.source)
                weight = abs(float(conn.weight))
                total += (weight + half) * slip + half * size.get(conn.source, 1.0)
                reach += (weight + half) * (size.get(conn.source, 1.0) + slip)
            gene = genome.nodes[node]
            z = half + (abs(float(gene.response)) + half) * total + half * reach
            error[node] = 2.5 * (z + step / 2) + half
        return error[node]

    return max(of(node) for node in range(genome.inputs, genome.inputs + genome.outputs))


@pytest.mark.parametrize("name", ["full", "narrow", "one_input", "smallest"])
def test_close_to_float(name):
    scene = SCENES[name]
    inputs = observations(scene.seed, scene.inputs)
    errors, bounds = [], []
    for step in grown(name)[::3]:
        population = sums_only(step.children)
        for g in range(0, population.size, 9):
            ours, _ = steps(population, g, numbers(), inputs, feed_forward=True, lanes=LANES)
            network = Network(population, g, feed_forward=True)
            theirs = np.array([network.activate_many(lane) for lane in inputs])
            difference = np.abs(real(ours) - theirs).max()
            bound = deviation_bound(genome_of(population, g), inputs)
            assert difference <= bound, f"{step.label(name)}, genome {g}"
            errors.append(difference)
            bounds.append(bound)
    assert np.median(errors) < 0.01


def test_formats_that_the_units_cannot_hold_are_refused():
    settings = shipped_layout("wide16")
    with pytest.raises(UserError, match="accumulator_bits is 48"):
        fixed_point(Layout(settings.model_copy(update={"accumulator_bits": 48})), AdamSettings())
    wide = settings.operand.model_copy(update={"width": 20})
    with pytest.raises(UserError, match="operand has 20 bits"):
        fixed_point(Layout(settings.model_copy(update={"operand": wide})), AdamSettings())


def test_outputs_are_told_apart_where_operands_are_not():
    """tanh(2.5 z) of 2 and 2.5 is 1 in steps of 2**-10; whoever picks the larger output still sees which it is."""
    number = numbers()
    inputs = np.full((LANES, 1, 1), 2.0, np.float32)
    held = [
        steps(population_of([star([w], "tanh")]), 0, number, inputs, feed_forward=True, lanes=LANES)[0][0, 0, 0]
        for w in (1.0, 1.25)
    ]
    assert held[0] < held[1]
    assert held[0] >> 16 == held[1] >> 16 == 1024
    assert np.allclose(real(np.array(held)), np.tanh([5.0, 6.25]), atol=1e-7)
    assert from_value(np.int32(held[0]), number) == np.float32(real(held[0]))
