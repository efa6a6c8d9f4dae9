"""What a generation asks for: counted again for the chip as the chip itself counts it, and for any other machine."""

import numpy as np
import pytest

from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.chips import load_chip
from genesys_cli.costs.work import chip_counts, dense_macs_of, workload_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError
from genesys_cli.evolution.loop import Loop
from small_runs import tiny


def laps(backend, *overrides, count=5):
    """Return settings, environment and the first generations of a run."""
    settings = tiny("CartPole", f"run.backend={backend}", *overrides)
    env = environment_of(settings)
    with Threads(1) as threads:
        evolution = Loop(settings, env, make_backend(settings, env, threads), threads)
        found = [evolution.first()]
        while len(found) < count:
            found.append(evolution.next(found[-1].state))
    return settings, env, found


@pytest.fixture(scope="module")
def software():
    return laps("software")


@pytest.fixture(scope="module")
def genesys():
    return laps("genesys")


def test_a_generation_of_the_chip_counted_again_is_the_same(genesys):
    settings, env, found = genesys
    with Threads(2) as threads:
        for lap in found:
            counts = chip_counts(lap.work, settings, env, threads)
            assert counts == {name: lap.row[name] for name in counts}
            assert {"generation_cycles", "useful_macs", "distance_genes"} <= counts.keys()
            assert ("evolve_cycles" in counts) == (lap.state.generation > 0)


def test_on_another_chip_the_same_work_takes_another_time(genesys):
    settings, env, found = genesys
    with Threads(1) as threads:
        small, large = (
            chip_counts(found[-1].work, settings, env, threads, load_chip(None, [f"eve.pes={pes}"]).settings)
            for pes in (2, 24)
        )
    assert small["evolve_cycles"] > large["evolve_cycles"] == found[-1].row["evolve_cycles"]
    assert small["slots"] == large["slots"]


def test_a_software_generation_on_the_chip(software):
    """Parents are bred as the chip breeds them; the episodes are those that were played."""
    settings, env, found = software
    lap = found[-1]
    with Threads(1) as threads:
        counts = chip_counts(lap.work, settings, env, threads)
    assert counts["useful_macs"] == lap.row["macs"]
    assert counts["node_updates"] == lap.row["node_updates"]
    assert counts["distance_genes"] == lap.row["distance_genes"]
    inputs, crossed = 4, lap.row["crossed_children"]
    assert counts["genes_in"] == lap.row["genes_read"] + inputs * (24 + crossed)
    # The chip knows a connection by its ends, so two genomes that grew it at different times share it there.
    assert counts["crossovers"] >= lap.row["genes_crossed"] + inputs * crossed > 0
    assert counts["generation_cycles"] > counts["adam_cycles"] > 0


@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_the_workload_is_what_the_populations_say(backend, request):
    settings, env, found = request.getfixturevalue(backend)
    for lap in found:
        work, row = lap.work, lap.row
        load = workload_of(row, settings, env, dense_macs=dense_macs_of(work, settings))
        assert (load.genomes, load.lanes, load.inputs, load.outputs) == (24, 72, 4, 2)
        assert (load.steps, load.rounds) == (work.decisions.sum(), work.decisions.max())
        assert load.steps == row["env_steps"]  # without action repeat
        assert load.dense_macs >= load.macs == row["macs"]
        if work.plan is None:
            assert load.genes_read == load.genes_written == load.genes_crossed == load.genes_perturbed == 0
            continue
        genes = keys(work.parents)
        pairs = list(zip(work.plan.fitter, work.plan.other, work.plan.elite, strict=True))
        crossed = [(a, b) for a, b, elite in pairs if a != b and not elite]
        assert row["crossed_children"] == len(crossed) > 0
        assert load.genes_read == sum(len(genes[a]) for a, _, _ in pairs) + sum(len(genes[b]) for _, b in crossed)
        assert load.genes_crossed == sum(len(genes[a] & genes[b]) for a, b in crossed)
        assert load.genes_written == sum(map(len, keys(work.population)))
        copied = sum(len(genes[a]) for a, _, elite in pairs if elite)
        assert load.genes_perturbed == load.genes_written - copied
        assert row["elite_genes"] == copied > 0


def keys(population):
    """Return each genome's genes: nodes by id, connections by innovation."""
    p = population
    return [
        set(p.node_id[p.node_offsets[g] : p.node_offsets[g + 1]].tolist())
        | {("conn", k) for k in p.conn_innovation[p.conn_offsets[g] : p.conn_offsets[g + 1]].tolist()}
        for g in range(p.size)
    ]


@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_layers_as_full_matrices(backend, request):
    settings, env, found = request.getfixturevalue(backend)
    with Threads(1) as threads:
        counts = chip_counts(found[-1].work, settings, env, threads)
    dense = dense_macs_of(found[-1].work, settings)
    assert dense == counts["useful_macs"] + counts["padded_macs"]
    assert counts["padded_macs"] > 0, "no layer has a hole, so this shows nothing"


def test_decisions_are_fewer_than_steps_with_action_repeat():
    settings, env, found = laps("software", "environment.action_repeat=3", count=2)
    lap = found[-1]
    load = workload_of(lap.row, settings, env, dense_macs=dense_macs_of(lap.work, settings))
    assert load.steps == lap.work.decisions.sum() < lap.row["env_steps"]
    assert load.rounds == lap.work.decisions.max() == lap.row["longest_decisions"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("neat.activation_options=['square','tanh']", "'square' has no number"),
        ("neat.population=300", "tells 255 genomes apart"),
    ],
)
def test_what_the_chip_cannot_hold_is_a_reason(override, message):
    settings, env, found = laps("software", override, count=1)
    with Threads(1) as threads:
        assert message in chip_counts(
            found[0].work, settings, env, threads, load_chip(None, ["genes.layout=rtl8"]).settings
        )


def test_a_row_that_does_not_say_enough(software):
    settings, env, found = software
    with pytest.raises(UserError, match="give dense_macs"):
        workload_of(found[1].row, settings, env)
    old = {name: value for name, value in found[1].row.items() if name != "longest_decisions"}
    with pytest.raises(UserError, match="has no longest_decisions: it is of another backend, or was"):
        workload_of(old, settings, env, dense_macs=0)


def test_work_is_kept_with_its_generation(software):
    _, _, found = software
    for before, lap in zip([None, *found], found, strict=False):
        assert lap.work.generation == lap.state.generation
        assert lap.work.population is lap.state.population
        assert lap.work.parents is (before.state.population if before else None)
        assert lap.work.decisions.dtype == np.int64
