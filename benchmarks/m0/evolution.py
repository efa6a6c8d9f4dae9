"""Counts what the CPU does between generations: distances, selection, dense layers, searches for cycles."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from genesys_cli.accelerator.eve.merge import _leads_to
from genesys_cli.backends.chip.model import layers_of
from genesys_cli.config.neat import NeatSettings
from genesys_cli.neat.kernels.distance import pair_distances
from genesys_cli.neat.selection import _ranking, best_first
from genesys_cli.neat.steering import coefficients_of

from . import reference
from .device import Device
from .inputs import SEED, World
from .samples import Sample, equal

PAIRS = 24  # distances of each shape, and genomes that are vectorised or searched
SEARCHES = 6  # pairs of nodes of each genome
COEFFICIENT_ONE = 256
DISTANCE_UNIT = 2.0**-18


def few(world: World) -> range:
    """Return which genomes of a world are looked at: fewer where they are large."""
    return range(0, world.population.size, max(1, world.population.size // (6 if "full" in world.name else PAIRS)))


def distances(device: Device, worlds: list[World]) -> Iterator[Sample]:
    """Compare genomes; units: distances, and genes of both genomes without inputs."""
    for world in worlds:
        p, rng = world.population, np.random.default_rng(SEED)
        coefficients = coefficients_of(world.settings)
        raw = [round(value * COEFFICIENT_ONE) for value in coefficients[:3]]
        firsts = np.array(few(world), np.int64)
        seconds = rng.integers(0, p.size, len(firsts))
        real = np.empty(len(firsts))
        pair_distances(p, firsts, p, seconds, coefficients, real)
        for a, b, exact in zip(firsts.tolist(), seconds.tolist(), real.tolist(), strict=True):
            device.clear()
            given = device.put(np.array(raw, np.uint16))
            found, cycles = device.call("distance", device.genome(world, a), device.genome(world, b), given)
            genomes = reference.genome_of(p, a), reference.genome_of(p, b)
            equal("distance", found, reference.distance(*genomes, *raw))
            equal("distance beside float64", abs(found * DISTANCE_UNIT - exact) <= 2 * DISTANCE_UNIT, True)
            genes = sum(len(genome.nodes) + len(genome.conns) for genome in genomes)
            yield Sample(world.name, cycles, (1, genes))


def vectorised(device: Device, worlds: list[World]) -> Iterator[Sample]:
    """Make dense layers; units: genomes, gene words with those of inputs, and weights of the blocks."""
    for world in worlds:
        layers = layers_of(world.population, feed_forward=True)
        for g in few(world):
            genome = reference.genome_of(world.population, g)
            expected, constants = reference.blocks(genome)
            genes = genome.inputs + len(genome.nodes) + len(genome.conns)
            done = device.vectorise(world, g)
            equal("blocks", done.blocks, expected)
            equal("nodes that read nothing", done.constants, constants)
            used = [node for block in expected for node in block.nodes] + constants
            by_place = list(genome.nodes.values())
            equal("attributes", done.attributes, [by_place[node - genome.inputs][:3] for node in used])
            at = slice(int(layers.offsets[g]), int(layers.offsets[g] + layers.depth[g]))
            sizes = [(len(block.sources), len(block.nodes)) for block in expected if block.sources]
            equal("sizes", list(zip(layers.sources[at], layers.nodes[at], strict=True)), sizes)
            equal("nodes", int(layers.updates[g]), len(used))
            yield Sample(world.name, done.cycles, (1, genes, sum(rows * columns for rows, columns in sizes)))


def searches(device: Device, worlds: list[World]) -> Iterator[Sample]:
    """Look for paths from a destination to a source, as gene merge asks; units: searches, and genes that they read."""
    for world in worlds:
        p, rng = world.population, np.random.default_rng(SEED)
        bits = world.layout.bits
        seen, stack = np.zeros(bits.max_nodes, np.uint8), np.zeros(bits.max_nodes, np.uint64)
        for g in few(world):
            ids = p.node_id[p.node_offsets[g] : p.node_offsets[g + 1]]
            sources = np.concatenate([np.arange(p.n_inputs), ids[p.n_outputs :]])
            words = world.words.words[world.words.offsets[g] : world.words.offsets[g + 1]]
            first = p.n_inputs + len(ids)
            for _ in range(SEARCHES):
                start, end = int(rng.choice(ids)), int(rng.choice(sources))
                if start == end:
                    continue
                ends = np.uint64(start), np.uint64(end)
                found, read = _leads_to(words, first, len(words), *ends, world.layout.bits, seen, stack)
                device.clear()
                room = device.room(16384), device.room(32768)
                answer, cycles = device.call("leads_to", device.genome(world, g), start, end, *room)
                equal("path", (answer >> 31, answer & 0x7FFFFFFF), (int(found), read))
                equal("bytes that were cleared", int(device.get(room[0], np.uint8, 16384).sum()), 0)
                yield Sample(world.name, cycles, (1, read))


def selections(device: Device, worlds: list[World]) -> Iterator[tuple[str, Sample]]:
    """Select parents; yields the name of each part. Units: genomes, and for ranking genomes times rounds of merging.

    In every second world one species has stagnated.
    """
    for k, given in enumerate(worlds):
        breeding = np.arange(given.species.n_species) >= k % 2
        world = given._replace(species=given.species._replace(breeding=breeding))
        p, size, settings = world.population, world.population.size, world.settings
        member_of = world.species.member_of
        handicap = np.diff(p.conn_offsets)
        due = _dues(world)
        done = device.select(world.fitness, handicap, member_of, breeding, _numbers(settings), SEED)
        equal("order", done.order, best_first(world.fitness / 4096, handicap, member_of).tolist())
        equal("species", done.species, [(d.members[0], d.survivors, d.elites, d.offspring) for d in due])
        chances = _numbers(settings)[4:]
        random = reference.Xorshift(SEED)
        expected = reference.parents(due, world.fitness.tolist(), handicap.tolist(), *chances, random)
        equal("parents", done.parents, expected)
        equal("generator", done.state, random.state)
        n_species = len(due)
        yield "rank", Sample(str(size), done.cycles["rank"], (size, size * math.ceil(math.log2(size))))
        yield "share", Sample(str(size), done.cycles["share"], (size, n_species))
        yield "draw", Sample(str(size), done.cycles["draw_parents"], (size, n_species))


def _dues(world: World) -> list[reference.Due]:
    """Return what the project's selection makes of a generation."""
    ranking = _ranking(world.population, world.fitness / 4096, world.species, world.settings)
    sizes = world.species.sizes()[world.species.breeding]
    columns = ranking.starts, sizes, ranking.survivors, ranking.elites, ranking.offspring
    return [
        reference.Due(ranking.order[start : start + size].tolist(), survivors, elites, offspring)
        for start, size, survivors, elites, offspring in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _numbers(settings: NeatSettings) -> tuple[int, int, int, int, int, int]:
    """Return settings as ``settings_t`` has them."""
    return (
        int(settings.survival_threshold * 65536),
        round(settings.share_step * 256),
        settings.min_species_size,
        settings.elitism,
        round(settings.crossover_prob * 65536),
        round(settings.interspecies_prob * 65536),
    )
