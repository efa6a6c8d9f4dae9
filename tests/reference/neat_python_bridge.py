"""One of our genomes as a genome of neat-python, so that both can be asked the same question.

neat-python counts inputs down from -1, gives outputs the keys from 0 on and hidden nodes the keys above; ours are one
row of ids from 0 on. Taking ``n_inputs`` away from every id that is no input maps one on the other and keeps the order.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from neat import DefaultGenome
from neat.genes import DefaultConnectionGene, DefaultNodeGene
from neat.genome import DefaultGenomeConfig

from genesys_cli.genome.population import Population
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS


def neat_key(node_id: int, n_inputs: int) -> int:
    """Return neat-python's key of one of our nodes: input i is -(i + 1), output o is o, hidden nodes follow."""
    return -(node_id + 1) if node_id < n_inputs else node_id - n_inputs


def neat_config(
    n_inputs: int,
    n_outputs: int,
    *,
    feed_forward: bool = True,
    disjoint_coefficient: float = 1.0,
    weight_coefficient: float = 0.5,
    **changes: Any,
) -> SimpleNamespace:
    """Return what neat-python's functions read of its configuration: an object with a ``genome_config``.

    Pass the object to ``FeedForwardNetwork.create`` and ``RecurrentNetwork.create``, and its ``genome_config`` to
    ``distance``, ``configure_crossover`` and ``mutate``. Nothing mutates unless `changes` says so.

    disjoint_coefficient: of excess genes as well; neat-python does not tell them apart
    changes: further settings by neat-python's names, such as ``conn_add_prob=1.0``
    """
    values: dict[str, Any] = {
        "num_inputs": n_inputs,
        "num_outputs": n_outputs,
        "num_hidden": 0,
        "feed_forward": feed_forward,
        "compatibility_disjoint_coefficient": disjoint_coefficient,
        "compatibility_weight_coefficient": weight_coefficient,
        "initial_connection": "unconnected",
        "enabled_default": True,
        "enabled_mutate_rate": 0.0,
    }
    values |= dict.fromkeys(("conn_add_prob", "conn_delete_prob", "node_add_prob", "node_delete_prob"), 0.0)
    for attribute, mean in (("weight", 0.0), ("bias", 0.0), ("response", 1.0)):
        still = ("init_stdev", "mutate_rate", "mutate_power", "replace_rate")
        values |= {f"{attribute}_{name}": 0.0 for name in still}
        values |= {f"{attribute}_init_mean": mean, f"{attribute}_min_value": -30.0, f"{attribute}_max_value": 30.0}
    for attribute, names in (("activation", ACTIVATIONS), ("aggregation", AGGREGATIONS)):
        values |= {f"{attribute}_default": names[0], f"{attribute}_options": " ".join(names)}
        values |= {f"{attribute}_mutate_rate": 0.0}
    unknown = changes.keys() - values.keys()
    if unknown:
        raise KeyError(f"neat-python's genome has no setting {sorted(unknown)}")
    text = {name: str(value) for name, value in (values | changes).items()}
    genome_config: DefaultGenomeConfig = DefaultGenome.parse_config(text)
    return SimpleNamespace(genome_config=genome_config)


def to_neat_python(population: Population, index: int, *, fitness: float | None = None, key: int = 0) -> DefaultGenome:
    """Return genome `index` of `population` as neat-python's: the same genes, innovation numbers and exact values.

    fitness: crossover takes the fitter parent's disjoint genes, and of two equals the second's
    key: of the genome; neat-python's cache of distances goes by it
    """
    p = population
    genome = DefaultGenome(key)
    genome.fitness = fitness
    for g in range(int(p.node_offsets[index]), int(p.node_offsets[index + 1])):
        node = DefaultNodeGene(neat_key(int(p.node_id[g]), p.n_inputs))
        node.bias, node.response = float(p.node_bias[g]), float(p.node_response[g])
        node.activation, node.aggregation = ACTIVATIONS[p.node_activation[g]], AGGREGATIONS[p.node_aggregation[g]]
        # Of its continuous-time networks; every node needs one to be compared.
        node.time_constant = 1.0
        genome.nodes[node.key] = node
    for g in range(int(p.conn_offsets[index]), int(p.conn_offsets[index + 1])):
        ends = neat_key(int(p.conn_in[g]), p.n_inputs), neat_key(int(p.conn_out[g]), p.n_inputs)
        connection = DefaultConnectionGene(ends, innovation=int(p.conn_innovation[g]))
        connection.weight, connection.enabled = float(p.conn_weight[g]), bool(p.conn_enabled[g])
        genome.connections[ends] = connection
    return genome
