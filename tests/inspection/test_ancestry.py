"""The parents that are named are the true ones, and what changed leads from them to the child."""

import json
import random
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.envs.registry import environment_of
from genesys_cli.files.checkpoint import checkpoints, load
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ancestry import plan_after, trace
from genesys_cli.inspection.changes import changes_between
from reference.numbers import same
from small_runs import copied, generations, newest, start, tiny

RESTLESS = (
    "neat.node_add_prob=0.6",
    "neat.conn_add_prob=0.6",
    "neat.node_delete_prob=0.3",
    "neat.conn_delete_prob=0.3",
    "neat.enabled_mutate_rate=0.1",
    "neat.crossover_prob=0.6",
    "neat.interspecies_prob=0.2",
    "neat.generations=9",
    "environment.max_steps=60",
)
KINDS = {
    "software": (),
    "recurrent": ("neat.feed_forward=false", "neat.activation_mutate_rate=0.2"),
    "still weights": (
        "neat.weight_mutate_rate=0",
        "neat.weight_replace_rate=0",
        "neat.bias_mutate_rate=0",
        "neat.bias_replace_rate=0",
    ),
    "genesys": ("run.backend=genesys",),
    "genesys recurrent": ("run.backend=genesys", "neat.feed_forward=false"),
}


@pytest.fixture(scope="module", params=KINDS)
def run(request, tmp_path_factory):
    seed = random.SystemRandom().randrange(10_000)
    print(f"seed of the run: {seed}")
    place = tmp_path_factory.mktemp("ancestry")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        settings = tiny("CartPole", *RESTLESS, *KINDS[request.param], f"run.seed={seed}")
        return start(settings, place / "run"), request.param


def pairs(folder):
    """Yield each generation that has a successor, and the successor."""
    paths = checkpoints(folder / "checkpoints")[::-1]
    for before, after in pairwise(paths):
        yield load(before)[0], load(after)[0]


def switches(genome):
    """Return whether each connection is enabled, by its ends."""
    ends = zip(genome.conn_in.tolist(), genome.conn_out.tolist(), strict=True)
    return dict(zip(ends, genome.conn_enabled.tolist(), strict=True))


def one(state, genome):
    return state.population.select(np.array([genome]))


def test_the_plan_leads_to_the_next_generation(run):
    """The children of the parents that are named are the next generation, bit for bit."""
    folder, _ = run
    stored = find_target("champion", folder)
    settings = stored.settings
    env = environment_of(settings)
    with Threads(1) as threads, closing(make_backend(settings, env, threads)) as backend:
        for before, after in pairs(folder):
            plan = plan_after(before, stored)
            where = {"seed": settings.run.seed, "generation": before.generation}
            children, counters, _ = backend.reproduce(before.population, plan, before.counters, **where)
            assert children.equals(after.population)
            assert same(counters, after.counters)


def test_every_gene_of_every_child_is_accounted_for(run):
    """Structure: the fitter parent's genes, less what was deleted, plus what was added, are the child's."""
    folder, kind = run
    stored = find_target("champion", folder)
    seen = dict.fromkeys(("split", "added", "deleted", "gone", "toggled", "from_other", "mutated"), 0)
    for before, after in pairs(folder):
        plan = plan_after(before, stored)
        for index in range(after.population.size):
            child, fitter = one(after, index), one(before, plan.fitter[index])
            other = one(before, plan.other[index])
            found = changes_between(child, fitter, other)
            if plan.elite[index]:
                assert child.equals(fitter)
                assert found.none
                continue
            nodes = set(fitter.node_id.tolist()) - set(found.deleted_nodes)
            links = {ends: on for ends, on in switches(fitter).items() if not set(ends) & set(found.deleted_nodes)}
            for ends in found.deleted_connections:
                del links[ends]
            for ends in found.enabled:
                assert not links[ends]
                links[ends] = 1
            for ends in found.disabled:
                assert links[ends]
                links[ends] = 0
            if found.split:
                node, (source, target) = found.split
                nodes.add(node)
                if stored.settings.run.backend == "genesys":
                    del links[source, target]
                else:
                    links[source, target] = 0
                links |= {(source, node): 1, (node, target): 1}
            for ends in found.added_connections:
                links[ends] = 1
            assert nodes == set(child.node_id.tolist())
            assert links == switches(child)
            if kind == "still weights":  # what was lost and gained again at once is new, under its old number
                assert found.biases.mutated <= 1
                assert found.weights.mutated <= 1 + 2 * found.biases.mutated
            if plan.fitter[index] == plan.other[index]:
                assert found.weights.from_other == found.biases.from_other == 0
            seen["split"] += found.split is not None
            seen["added"] += len(found.added_connections)
            seen["deleted"] += len(found.deleted_nodes)
            seen["gone"] += len(found.deleted_connections)
            seen["toggled"] += len(found.enabled) + len(found.disabled)
            seen["from_other"] += found.weights.from_other
            seen["mutated"] += found.weights.mutated
    idle = {name for name, count in seen.items() if not count}
    assert idle <= ({"mutated"} if kind == "still weights" else set())


def test_the_line_goes_back_to_the_first_generation(run):
    folder, _ = run
    for target in ("champion", "last"):
        stored = find_target(target, folder)
        found = trace(stored)
        births = found.births
        assert [birth.generation for birth in births] == list(range(stored.champion.generation, -1, -1))
        assert (found.end, births[-1].kind) == (None, "first")
        assert births[0].genome == stored.champion.genome_index
        for child, parent in pairwise(births):
            assert child.fitter is not None
            assert (child.fitter.genome, child.fitter.fitness) == (parent.genome, parent.fitness)
            assert child.fitter.species == parent.species
            assert (child.other is not None) == (child.kind == "crossover")
            if child.other is not None:
                assert child.fitter.fitness >= child.other.fitness
            state, _ = load(folder / f"checkpoints/gen-{parent.generation:05d}.npz")
            assert parent.fitness == state.fitness[parent.genome]
            assert parent.nodes == len(one(state, parent.genome).node_id)
        assert json.loads(json.dumps(found.document()))["summary"]["generations"] == len(births) - 1


def test_from_a_checkpoint_itself(run):
    folder, _ = run
    for number in generations(folder):
        by_name, by_file = (
            trace(find_target(name, folder))
            for name in (f"gen:{number}", str(folder / f"checkpoints/gen-{number:05d}.npz"))
        )
        assert by_name == by_file
        assert len(by_name.births) == number + 1


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    place = tmp_path_factory.mktemp("line")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("Pendulum"), place / "run")


def test_a_gap_ends_the_line(plain, tmp_path):
    folder = copied(plain, tmp_path.name)
    (folder / "checkpoints/gen-00003.npz").unlink()
    found = trace(find_target("last", folder))
    assert [birth.generation for birth in found.births] == [6, 5, 4]
    assert found.births[-1].kind == "unknown"
    assert "gen-00003.npz; a run keeps every generation unless" in found.end


def test_a_damaged_checkpoint_ends_the_line(plain, tmp_path):
    folder = copied(plain, tmp_path.name)
    (folder / "checkpoints/gen-00004.npz").write_bytes(b"x")
    found = trace(find_target("last", folder))
    assert [birth.generation for birth in found.births] == [6, 5]
    assert "truncated or altered" in found.end


def test_a_run_that_keeps_few_checkpoints():
    run = start(tiny("Pendulum", "run.keep=2"), "run")
    assert [birth.generation for birth in trace(find_target("last", run)).births] == [6, 5]


def test_a_champion_without_its_run(plain, tmp_path):
    alone = tmp_path / "champion.json"
    alone.write_bytes((plain / "champion.json").read_bytes())
    found = trace(find_target(str(alone), None))
    assert len(found.births) == 1
    assert "there are no checkpoints beside it" in found.end


def test_a_champion_beside_the_checkpoints_of_another_run(plain, tmp_path):
    folder = copied(plain, tmp_path.name)
    other = start(tiny("Pendulum", "run.seed=5"), Path("other"))
    (folder / "champion.json").write_bytes((other / "champion.json").read_bytes())
    assert "belongs to another run" in trace(find_target("champion", folder)).end


def test_a_generation_that_does_not_follow(plain):
    """As from a version that chose parents otherwise."""
    stored = find_target("last", plain)
    neat = stored.settings.neat.model_copy(update={"crossover_prob": 0.0, "survival_threshold": 1.0, "elitism": 0})
    other = stored._replace(settings=stored.settings.model_copy(update={"neat": neat}))
    ends = set()
    for seed in range(20):
        run = other.settings.run.model_copy(update={"seed": seed})
        ends.add(trace(other._replace(settings=other.settings.model_copy(update={"run": run}))).end)
    assert any(end is not None and "cannot be derived from the previous generation" in end for end in ends)


def test_children_that_cannot_be(plain):
    state, _ = load(newest(plain))
    first, _ = load(plain / "checkpoints/gen-00000.npz")
    grown = one(state, int(np.argmax(np.diff(state.population.conn_offsets))))
    with pytest.raises(ValueError, match="one mutation adds at most one|splits"):
        changes_between(grown, one(first, 0), one(first, 0))
