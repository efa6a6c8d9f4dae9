"""How often and how far attributes mutate, and what goes together."""

from __future__ import annotations

import numpy as np

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.neat.innovation import Counters
from genesys_cli.neat.kernels.rates import rates_of
from genesys_cli.neat.kernels.reproduce import _mutate
from genesys_cli.neat.reproduction import reproduce
from genesys_cli.neat.selection import MatingPlan
from reference.genome import linked, population_of
from reference.grow import STILL


def attribute_change(parent: Population, neat: NeatSettings, size: int) -> Population:
    nobody = np.zeros(size, np.int32)
    with Threads(1) as threads:
        return reproduce(
            parent,
            MatingPlan(nobody, nobody, np.zeros(size, np.uint8)),
            Counters(100, 1000),
            neat,
            seed=12,
            generation=4,
            threads=threads,
        )[0]


def test_rates_of_attribute_mutations():
    """Rates and step sizes of 4000 children of one genome with one connection: within 5 standard errors."""
    n = 4000
    parent = population_of([linked(1, 1, [], [(0, 1)])])
    neat = NeatSettings(
        population=n,
        **{
            **STILL,
            "weight_mutate_rate": 0.3,
            "weight_mutate_power": 0.01,
            "weight_replace_rate": 0.2,
            "weight_init_mean": 5.0,
            "weight_init_stdev": 0.5,
            "bias_mutate_rate": 0.6,
            "bias_mutate_power": 2.0,
            "response_replace_rate": 0.1,
            "response_init_mean": -4.0,
            "enabled_mutate_rate": 0.25,
            "activation_mutate_rate": 0.5,
            "activation_options": ["tanh", "relu", "sin"],
            "aggregation_mutate_rate": 1.0,
            "aggregation_options": ["sum", "max"],
        },
    )
    children = attribute_change(parent, neat, n)

    def near(share, probability):
        return abs(share - probability) < 5 * (probability * (1 - probability) / n) ** 0.5

    weight, bias = children.conn_weight, children.node_bias
    step = weight - np.float32(0.25)
    perturbed, replaced = (step != 0) & (weight < 1), weight > 1
    assert near(perturbed.mean(), 0.3)
    assert near(replaced.mean(), 0.2)
    assert abs(step[perturbed].std() - 0.01) < 5 * 0.01 / (2 * perturbed.sum()) ** 0.5
    assert abs(step[perturbed].mean()) < 5 * 0.01 / perturbed.sum() ** 0.5
    assert abs(weight[replaced].mean() - 5) < 5 * 0.5 / replaced.sum() ** 0.5
    assert near((bias != np.float32(0.5)).mean(), 0.6)
    assert near((children.node_response == -4).mean(), 0.1)
    assert near((children.conn_enabled == 0).mean(), 0.25)
    for option, share in zip((0, 2, 4), (0.5 + 0.5 / 3, 0.5 / 3, 0.5 / 3), strict=True):
        assert near((children.node_activation == option).mean(), share), option
    assert near((children.node_aggregation == 2).mean(), 0.5)
    assert set(children.node_aggregation) == {0, 2}
    # Nothing that is drawn goes along with anything else.
    columns = [
        perturbed | replaced,
        bias != np.float32(0.5),
        children.node_response == -4,
        children.conn_enabled == 0,
        children.node_activation == 2,
        children.node_aggregation == 2,
    ]
    together = np.corrcoef(np.array(columns, float)) - np.eye(len(columns))
    assert np.abs(together).max() < 5 / n**0.5, together


def test_words_at_the_thresholds():
    """A word below the first threshold perturbs, below the second replaces, and one at it does nothing."""
    neat = NeatSettings(
        weight_mutate_rate=0.25, weight_replace_rate=0.25, weight_init_mean=7, weight_max=8, weight_mutate_power=2
    )
    attribute, value, step = rates_of(neat).weight, np.float32(1), np.float32(3)
    changed = [
        float(_mutate(value, attribute, np.uint64(word), step))
        for word in (0, 2**30 - 1, 2**30, 2**31 - 1, 2**31, 2**32 - 1)
    ]
    assert changed == [7, 7, 8, 8, 1, 1], "1 + 2 * 3, or 7 + 3 within its limit, or as it was"
    assert float(_mutate(value, rates_of(NeatSettings(**STILL)).weight, np.uint64(0), step)) == 1, (
        "a rate of 0 is never"
    )


def test_activation_mutation_of_rate_one_chooses_every_time():
    parent = population_of([linked(1, 1, [], [(0, 1)])])
    neat = NeatSettings(
        population=300,
        **STILL,
        activation_mutate_rate=1.0,
        activation_options=["relu", "sin", "gauss"],
        activation_default="sin",
    )
    assert set(attribute_change(parent, neat, 300).node_activation) == {2, 4, 5}


def test_attributes_of_a_child_mutate_together_or_not_at_all():
    """Of 4000 children 30 % keep every attribute (5 standard errors); flags of connections mutate all the same."""
    n = 4000
    parent = population_of([linked(2, 2, [], [(0, 2), (1, 3)])])
    rates = {f"{name}_mutate_rate": 1.0 for name in ("weight", "bias", "response", "activation", "aggregation")}
    neat = NeatSettings(
        population=n,
        **{**STILL, **rates, "enabled_mutate_rate": 0.5},
        response_mutate_power=0.5,
        attribute_mutate_prob=0.7,
        activation_options=["tanh", "relu"],
        aggregation_options=["sum", "max"],
    )
    children = attribute_change(parent, neat, n)
    weight, bias, response = (
        array.reshape(n, 2) for array in (children.conn_weight, children.node_bias, children.node_response)
    )
    still = (weight == np.float32([0.25, 1.25])).all(axis=1)
    assert abs(still.mean() - 0.3) < 5 * (0.3 * 0.7 / n) ** 0.5
    for values, was in ((bias, 0.5), (response, 1.0)):
        assert ((values == np.float32(was)).all(axis=1) == still).all()
        assert ((values != np.float32(was)).all(axis=1) == ~still).all()
    functions = np.stack([children.node_activation, children.node_aggregation]).reshape(2, n, 2)
    assert not functions[:, still].any()
    assert functions[:, ~still].any(axis=1).all()
    flags = children.conn_enabled.reshape(n, 2)
    for some in (still, ~still):
        assert abs(flags[some].mean() - 0.5) < 5 * 0.5 / (2 * some.sum()) ** 0.5


def test_uniform_steps_have_the_deviation_of_the_settings():
    """Perturbed and new values of 4000 children: all within sqrt(3) deviations, mean and deviation as asked for."""
    n = 4000
    parent = population_of([linked(1, 1, [], [(0, 1)])])
    neat = NeatSettings(
        population=n,
        **{
            **STILL,
            "mutate_distribution": "uniform",
            "weight_mutate_rate": 1.0,
            "weight_mutate_power": 0.2,
            "bias_replace_rate": 1.0,
            "bias_init_mean": 3.0,
            "bias_init_stdev": 0.5,
            "response_mutate_rate": 1.0,
            "response_mutate_power": 2.0,
        },
    )
    children = attribute_change(parent, neat, n)
    for values, mean, deviation in (
        (children.conn_weight, 0.25, 0.2),
        (children.node_bias, 3.0, 0.5),
        (children.node_response, 1.0, 2.0),
    ):
        steps = (values.astype(float) - mean) / deviation
        assert 1.7 < np.abs(steps).max() < 3**0.5 + 1e-6
        assert abs(steps.mean()) < 5 / n**0.5
        assert abs(steps.std() - 1) < 5 * (0.2 / n) ** 0.5  # the fourth moment is 9 / 5: a variance of 0.8 / 4 / n
        shares, _ = np.histogram(steps, 10, (-(3**0.5), 3**0.5))
        assert np.abs(shares - n / 10).max() < 5 * (n * 0.1 * 0.9) ** 0.5, "as many in every tenth"
