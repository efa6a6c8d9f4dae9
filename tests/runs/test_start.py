"""Runs that begin with given genomes: what their first generation is, and that they are carried out like all others."""

import json
import shutil
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tomllib

from genesys_cli import Champion, UserError, evolve
from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.evolution.start import SAMPLES
from genesys_cli.files.champion import load_champion
from genesys_cli.files.checkpoint import load
from genesys_cli.files.start import load_start
from genesys_cli.genome.population import problems
from genesys_cli.neat.initial import first_population
from genesys_cli.network.batch import activate
from small_runs import TINY, Watcher, bits, copied, last, newest, resume, rows, start, tiny

SHORT = ("environment.max_steps=60",)
SOLVED = ("environment.max_steps=60", "evaluation.solved_at=60", "run.stop_when_solved=true", "neat.generations=40")
CHIP = "run.backend=genesys"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with runs to begin from."""
    place = tmp_path_factory.mktemp("sources")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        start(tiny("CartPole", *SOLVED), place / "solved")
        start(tiny("CartPole", *SHORT, "run.seed=4"), place / "grown")
    return place


def given(*sources, **more):
    """Return settings that begin with these genomes."""
    keys = {"start.sources": [str(source) for source in sources], **more}
    return [f"{key}={json.dumps(value)}" for key, value in keys.items()]


def first_of(folder):
    return load(Path(folder) / "checkpoints" / "gen-00000.npz")[0]


def one(population, index):
    return population.select(np.array([index]))


def outputs(population, seen):
    with Threads(1) as threads:
        return activate(population, seen, threads=threads)


def test_a_champion_that_solves_begins_a_run_that_is_solved(place):
    watcher = Watcher()
    start(tiny("CartPole", *SOLVED, "run.seed=9", *given(place / "solved")), "run", watcher)
    assert watcher.summary["solved"]
    assert watcher.summary["generations"] == 1
    assert watcher.messages[:2] == [
        f"begins with {place / 'solved' / 'champion.json'}: 4 inputs by name; 2 outputs by name",
        "first generation: 1 as given, 23 mutated copies",
    ]
    about = json.loads(Path("run/environment.json").read_text())["start"]
    assert [(one["source"], one["environment"]) for one in about] == [
        (str(place / "solved" / "champion.json"), "CartPole-v1")
    ]


def test_the_first_genome_is_the_given_one_and_the_others_are_its_children(place):
    run = start(tiny("CartPole", *SHORT, "neat.generations=1", *given(place / "grown")), "run")
    champion = load_champion(place / "grown" / "champion.json").champion
    population = first_of(run).population
    assert not list(problems(population, feed_forward=True))
    seen = np.random.default_rng(1).normal(size=(9, 4))
    assert outputs(one(population, 0), seen).tobytes() == outputs(champion.genome, seen).tobytes()
    assert one(population, 0).equals(load_start(run / "start.npz").start.genomes)
    weights = [one(population, g).conn_weight.tobytes() for g in range(24)]
    assert len(set(weights)) == 24
    sizes = np.diff(population.conn_offsets)
    assert (np.abs(sizes - sizes[0]) <= 6).all()


KINDS = {
    "software": [*given("grown", "solved"), "start.newcomers=0.25"],
    "chip": [*given("grown"), CHIP, "start.newcomers=0.25"],
    "extinct": [
        *given("grown"),
        "start.newcomers=0.25",
        "neat.reset_on_extinction=true",
        "neat.species_elitism=0",
        "neat.max_stagnation=1",
        "environment.max_steps=9",  # which everybody reaches, so that nobody improves
        "neat.compatibility_threshold=1000",
    ],
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request, place):
    """Settings of a run, and the run that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        settings = tiny("CartPole", *SHORT, *KINDS[request.param])
        return settings, start(settings, place / f"whole {request.param}")


def test_same_seed_same_bits(kind, place, monkeypatch):
    settings, whole = kind
    again = start(settings, "again")
    assert bits(again) == bits(whole)
    assert (again / "start.npz").read_bytes() == (whole / "start.npz").read_bytes()
    assert rows(again) == rows(whole)


def test_threads_change_nothing(kind):
    settings, _ = kind
    neat = settings.neat.model_copy(update={"population": 200, "generations": 3})
    made = []
    for threads in (1, 3):
        run = settings.run.model_copy(update={"threads": threads})
        made.append(bits(start(settings.model_copy(update={"neat": neat, "run": run}), f"with {threads}")))
    assert made[0] == made[1]


@pytest.mark.parametrize("until", [-1, 0, 3])
def test_resumed_without_what_it_was_given(kind, until, tmp_path):
    """The sources are gone; before the first checkpoint, the start is all that there is."""
    _, whole = kind
    run = copied(whole, tmp_path / "run", until=until)
    resume(run)
    assert bits(run) == bits(whole)
    assert rows(run) == rows(whole)


def test_repeated_by_its_settings_alone(kind, tmp_path):
    settings, whole = kind
    copy = copied(whole, tmp_path / "elsewhere", until=-1)
    again = load_settings(str(copy / "config.toml"), None, [], {"run.threads": 2})
    assert bits(start(again, "again")) == bits(whole)
    assert Path("again/start.npz").read_bytes() == (whole / "start.npz").read_bytes()
    assert again.start.sources == [str(copy / "start.npz")]
    assert settings.start.sources != again.start.sources


def test_several_genomes_share_the_generation(place):
    settings = tiny("CartPole", *SHORT, "neat.generations=1", *given(place / "grown", place / "solved"))
    still = {name: 0.0 for name in type(settings.neat).model_fields if name.endswith(("_add_prob", "_delete_prob"))}
    still |= {name: 0.0 for name in type(settings.neat).model_fields if name.endswith("_rate")}
    run = start(settings.model_copy(update={"neat": settings.neat.model_copy(update=still)}), "run")
    population, genomes = first_of(run).population, load_start(run / "start.npz").start.genomes
    for g in range(24):
        assert one(population, g).equals(one(genomes, g % 2))


def test_newcomers_are_those_of_an_ordinary_run(place):
    overrides = (*SHORT, "neat.generations=1", "run.seed=5")
    run = start(tiny("CartPole", *overrides, *given(place / "grown", **{"start.newcomers": 0.25})), "run")
    population = first_of(run).population
    settings = tiny("CartPole", *overrides)
    with Threads(1) as threads:
        ordinary, _ = first_population(settings.neat, 4, 2, 5, threads)
    for k in range(6):
        new, old = one(population, 18 + k), one(ordinary, k)
        assert sorted(new.conn_weight.tolist()) == sorted(old.conn_weight.tolist())
        assert new.node_bias.tobytes() == old.node_bias.tobytes()
    counters = first_of(run).counters
    number_of = dict(zip(counters.links.keys.tolist(), counters.links.values.tolist(), strict=True))
    keys = population.conn_in.astype(np.int64) << 32 | population.conn_out
    assert [number_of[key] for key in keys.tolist()] == population.conn_innovation.tolist()


def test_a_whole_population(place):
    source = newest(place / "grown")
    state = load(source)[0]
    settings = tiny("CartPole", *SHORT, "neat.generations=1", *given(source, **{"start.take": 1000}))
    population = first_of(start(settings, "run")).population
    order = np.argsort(-state.fitness, kind="stable")
    seen = np.random.default_rng(2).normal(size=(5, 4))
    assert np.allclose(outputs(population, seen), outputs(state.population.select(order), seen), atol=1e-4)
    about = json.loads(Path("run/environment.json").read_text())["start"]
    assert [entry["genome_index"] for entry in about] == order.tolist()


def test_after_an_extinction_the_given_genome_begins_again(place):
    run = start(tiny("CartPole", *SHORT, *KINDS["extinct"][1:], *given(place / "grown")), "run")
    genome = load_start(run / "start.npz").start.genomes
    states = [load(path)[0] for path in sorted((run / "checkpoints").glob("*.npz"))]
    again = [after for before, after in pairwise(states) if not before.species.breeding.any()]
    assert again
    for state in again:
        assert one(state.population, 0).equals(one(genome, 0))
        assert one(state.population, 1).conn_weight.tobytes() != one(states[0].population, 1).conn_weight.tobytes()


def test_the_chip_adopts_what_it_is_given(place):
    settings = tiny("CartPole", *SHORT, "neat.generations=1", CHIP, *given(place / "grown"))
    run = start(settings, "run")
    genome = load_start(run / "start.npz").start.genomes
    with Threads(1) as threads, closing(make_backend(settings, environment_of(settings), threads)) as backend:
        assert one(first_of(run).population, 0).equals(backend.adopt(genome))
    assert not one(first_of(run).population, 0).equals(genome)


SCALED = "evaluation.observation_scale=[0.5, 2, 4, 0.25]"
MOVED = "evaluation.observation_offset=[1, 0, -0.5, 0.1]"


def test_another_scaling_is_taken_up(place):
    watcher = Watcher()
    settings = tiny("CartPole", *SOLVED, SCALED, MOVED, *given(place / "solved"))
    start(settings, "run", watcher)
    assert watcher.summary["solved"]
    assert watcher.summary["generations"] == 1
    assert any("take up that inputs are scaled otherwise here" in message for message in watcher.messages)
    plain = start(tiny("CartPole", *SOLVED, SCALED, MOVED), "plain")
    watcher = Watcher()
    start(tiny("CartPole", *SOLVED, *given(plain)), "back", watcher)
    assert watcher.summary["generations"] == 1


def test_statistics_of_observations_begin_where_those_of_the_source_ended(place):
    normalised = (*SHORT, "evaluation.normalise_observations=true", "neat.generations=3")
    source = start(tiny("CartPole", *normalised), "source")
    champion = load_champion(source / "champion.json").champion
    watcher = Watcher()
    run = start(tiny("CartPole", *normalised, *given(source)), "run", watcher)
    assert any("observations are normalised as for" in message for message in watcher.messages)
    state = first_of(run)
    assert SAMPLES < state.normaliser.samples < 2 * SAMPLES
    scaling = load_start(run / "start.npz").start.scaling
    assert scaling.offset.tobytes() == champion.offset.tobytes()
    assert scaling.scale.tobytes() == champion.scale.tobytes()
    assert one(state.population, 0).conn_weight.tobytes() == champion.genome.conn_weight.tobytes()
    # The champion is as good as it was, on the same held-out episodes.
    assert state.champion.validated_fitness >= champion.validated_fitness


def test_programs_begin_with_files_and_champions(place):
    settings = {key: json.loads(value) for key, _, value in (text.partition("=") for text in (*TINY, *SHORT))}
    champion = Champion(load_champion(place / "grown" / "champion.json"))
    made = []
    for k, start_from in enumerate((place / "grown", str(place / "grown"), champion, [place / "grown"], (champion,))):
        result = evolve("CartPole", settings=settings, start_from=start_from, generations=1, run_dir=f"run {k}")
        made.append((result.run_dir / "checkpoints" / "gen-00000.npz").read_bytes())
        assert result.messages[0].startswith(f"begins with {place / 'grown' / 'champion.json'}: 4 inputs by name")
    assert len(set(made)) == 1
    for wrong in (3, [3], {"a": 1}, [None]):
        with pytest.raises(UserError, match="start_from = "):
            evolve("CartPole", start_from=wrong)


def test_a_champion_whose_file_is_gone(place, tmp_path):
    shutil.copytree(place / "grown", tmp_path / "copy")
    champion = Champion(load_champion(tmp_path / "copy" / "champion.json"))
    shutil.rmtree(tmp_path / "copy")
    settings = {"environment.max_steps": 60, "neat.population": 24, "evaluation.validate_episodes": 9}
    result = evolve("CartPole", settings=settings, start_from=champion, generations=1, threads=1, run_dir="run")
    assert result.generations == 1
    assert tomllib.loads(Path("run/config.toml").read_text())["start"]["sources"] == ["start.npz"]


def test_a_damaged_start_matters_only_where_it_is_needed(place, tmp_path):
    whole = start(tiny("CartPole", *SHORT, *given(place / "grown")), "run")
    run = copied(whole, tmp_path / "damaged", until=2)
    (run / "start.npz").write_bytes(b"")
    watcher = Watcher()
    resume(run, watcher)
    assert any("the run goes on without it" in message for message in watcher.messages)
    assert last(run) == last(whole)
    run = copied(whole, tmp_path / "without", until=-1)
    (run / "start.npz").unlink()
    with pytest.raises(UserError, match="does not exist"):
        resume(run)
    other = start(tiny("CartPole", *SHORT, "neat.generations=1", *given(place / "solved")), "other")
    shutil.copy(other / "start.npz", run / "start.npz")
    with pytest.raises(UserError, match="is not the start of this run"):
        resume(run)
