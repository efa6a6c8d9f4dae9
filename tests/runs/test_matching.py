"""Given genomes in an environment with more, fewer or other inputs and outputs; and what cannot be begun with."""

import gzip
import json
import pickle
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli.backends.base import backend_of
from genesys_cli.cli.main import main
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import NATIVE
from genesys_cli.envs.spec import Discrete
from genesys_cli.errors import UserError
from genesys_cli.files.champion import StoredChampion, load_champion
from genesys_cli.genome.population import problems
from genesys_cli.neat.start import LAST_GENERATION
from genesys_cli.network.batch import activate
from genesys_cli.runs.start import adopted, prepared
from reference.genome import linked, population_of
from small_runs import start, tiny

CARTPOLE = NATIVE["CartPole-v1"]
NAMES = CARTPOLE.observation_names
SHORT = ("environment.max_steps=60", "neat.generations=6", "neat.node_add_prob=0.6")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("source")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", *SHORT), place / "run")


@pytest.fixture
def champion(run):
    return load_champion(run / "champion.json")


def settings(*overrides):
    return load_settings(None, "CartPole", ['start.sources=["x"]', *overrides])


def begun(named, env=CARTPOLE, *overrides):
    return prepared(settings(*overrides), env, [named])


def outputs(genome, seen):
    with Threads(1) as threads:
        return activate(genome, seen, threads=threads)[0]


def made(genome, champion, *overrides):
    """Return a champion with another genome, and with settings of its run that differ."""
    there = load_settings(None, "CartPole", ["run.seed=77", *overrides])
    return StoredChampion(champion.champion._replace(genome=genome), there, Path("made.json"))


def seen_by(names, observations):
    """Return observations of CartPole as an environment with such names shows them; what is new is large."""
    places = {name: k for k, name in enumerate(NAMES)}
    columns = [observations[:, places[name]] if name in places else 1e5 * observations[:, 0] for name in names]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(
    "names",
    [("wind", *NAMES), (*NAMES[:2], "wind", *NAMES[2:], "rain"), NAMES[::-1], (*NAMES[::-1], "wind")],
    ids=["before", "between", "turned", "turned, and after"],
)
def test_inputs_are_found_by_name(champion, names):
    found = begun(champion, replace(CARTPOLE, observation_names=names))
    genome = found.stored.start.genomes
    assert not list(problems(genome, feed_forward=True))
    observations = np.random.default_rng(1).normal(size=(9, 4))
    wanted = outputs(champion.champion.genome, observations)
    assert outputs(genome, seen_by(names, observations)).tobytes() == wanted.tobytes()
    new = [name for name in names if name not in NAMES]
    assert "4 inputs by name" in found.notes[0]
    assert (f"{len(new)} new ({', '.join(new)})" in found.notes[0]) == bool(new)


def test_an_input_that_is_gone_takes_its_connections_along(champion):
    genome = champion.champion.genome
    found = begun(champion, replace(CARTPOLE, observation_names=NAMES[1:]))
    lost = int((genome.conn_in == 0).sum())
    assert lost
    assert f"3 inputs by name, 1 gone ({NAMES[0]}); 2 outputs by name; {lost} connections lost" in found.notes[0]
    assert len(found.stored.start.genomes.conn_in) == len(genome.conn_in) - lost
    assert not list(problems(found.stored.start.genomes, feed_forward=True))


def test_what_joins_is_connected_where_that_is_wanted(champion):
    env = replace(CARTPOLE, observation_names=(*NAMES, "wind"), action_names=("push left", "stay", "push right"))
    env = replace(env, action=Discrete(3))
    plain = begun(champion, env).stored.start.genomes
    genome = begun(champion, env, "start.connect_new=true", "neat.weight_init_stdev=2").stored.start.genomes
    assert not list(problems(genome, feed_forward=True))
    pairs = set(zip(genome.conn_in.tolist(), genome.conn_out.tolist(), strict=True))
    pairs -= set(zip(plain.conn_in.tolist(), plain.conn_out.tolist(), strict=True))
    stay = 5 + env.action_names.index("stay")
    assert pairs == {(4, output) for output in (5, 6, 7)} | {(source, stay) for source in range(5)}
    count = len(plain.conn_in)
    assert np.array_equal(genome.conn_weight[:count], plain.conn_weight)
    joined = np.abs(genome.conn_weight[count:])
    assert 0 < joined.min() < joined.max() < 0.2
    assert len(set(joined.tolist())) == len(joined)
    other = begun(champion, env, "start.connect_new=true", "neat.weight_init_stdev=2", "run.seed=1")
    assert not np.array_equal(other.stored.start.genomes.conn_weight, genome.conn_weight)


def test_an_action_more(champion):
    env = replace(CARTPOLE, action=Discrete(3), action_names=("push left", "push right", "jump"))
    found = begun(champion, env, "neat.output_activation=sigmoid")
    genome = found.stored.start.genomes
    assert "2 outputs by name, 1 new (jump)" in found.notes[0]
    assert "new choices begin with a bias of -1, so that they are rare: jump" in found.notes
    assert genome.node_bias[2] == -1
    assert genome.node_activation[2] == 1
    seen = np.random.default_rng(3).normal(size=(9, 4))
    assert outputs(genome, seen)[:, :2].tobytes() == outputs(champion.champion.genome, seen).tobytes()


def test_without_names_equal_sizes_are_matched_by_position(champion):
    numbered = tuple(f"obs[{k}]" for k in range(4))
    for names in (numbered, ("a", "b", "c", "d")):
        found = begun(champion, replace(CARTPOLE, observation_names=names))
        assert "4 inputs by position; 2 outputs by name" in found.notes[0]
        assert found.stored.start.genomes.equals(begun(champion).stored.start.genomes)


@pytest.mark.parametrize("names", [tuple(f"obs[{k}]" for k in range(5)), ("a", "b", "c"), ("1", "2", "3")])
def test_without_names_other_sizes_are_refused(champion, names):
    env = replace(CARTPOLE, observation_names=names)
    with pytest.raises(UserError) as refused:
        begun(champion, env)
    for part in (f"its 4 inputs ({', '.join(NAMES)})", f"the {len(names)} of CartPole-v1 ({names[0]}", "CartPole-v1."):
        assert part in str(refused.value)
    genome = begun(champion, env, "start.match=position").stored.start.genomes
    assert genome.n_inputs == len(names)
    kept = champion.champion.genome.conn_in < len(names)
    assert (kept | (champion.champion.genome.conn_in >= 4)).sum() == len(genome.conn_in)


def test_recurrent_and_feed_forward(champion):
    def hidden(*links):
        return population_of([linked(4, 2, [6, 7], [(0, 6), (6, 4), *links])])

    for genome in (hidden((6, 7), (7, 6)), hidden((4, 7), (7, 5))):
        recurrent = made(genome, champion, "neat.feed_forward=false")
        with pytest.raises(UserError, match=r"made\.json is recurrent, and the run evolves feed-forward networks"):
            begun(recurrent)
        assert "neat.feed_forward" not in "".join(begun(recurrent, CARTPOLE, "neat.feed_forward=false").notes)
    shallow = made(hidden(), champion, "neat.feed_forward=false")
    assert any("signals pass nodes at once here, and did in a step each" in note for note in begun(shallow).notes)
    found = begun(made(hidden(), champion), CARTPOLE, "neat.feed_forward=false")
    assert any("signals pass nodes in a step each here, and did at once" in note for note in found.notes)
    flat = made(population_of([linked(4, 2, [], [(0, 4)])]), champion)
    assert not any("signals" in note for note in begun(flat, CARTPOLE, "neat.feed_forward=false").notes)


def test_hidden_nodes_of_one_run_are_the_same_and_of_two_are_not(run, champion):
    first, second = (str(run / "checkpoints" / f"gen-0000{k}.npz") for k in (4, 5))
    both = prepared(settings(), CARTPOLE, [first, second]).stored.start.genomes
    alone = population_of([linked(4, 2, [6, 9], [(0, 6), (6, 4), (9, 5)])])
    kin = [made(alone, champion), made(alone, champion), made(alone, champion, "run.seed=78")]
    genomes = prepared(settings("neat.num_hidden=3"), CARTPOLE, kin).stored.start.genomes
    nodes = [genomes.node_id[genomes.node_offsets[g] : genomes.node_offsets[g + 1]].tolist() for g in range(3)]
    assert nodes == [[4, 5, 9, 10], [4, 5, 9, 10], [4, 5, 11, 12]]
    ends = list(zip(both.conn_in.tolist(), both.conn_out.tolist(), strict=True))
    assert len(dict(zip(ends, both.conn_innovation.tolist(), strict=True))) == len(set(both.conn_innovation.tolist()))


def test_what_is_worth_saying(champion):
    heavy = champion.champion.genome
    heavy = heavy._replace(conn_weight=np.where(heavy.conn_in == 0, np.float32(50), heavy.conn_weight))
    count = int((heavy.conn_in == 0).sum())
    notes = begun(made(heavy, champion), CARTPOLE, "evaluation.observation_clip=3").notes
    assert any(
        f"warning: {count} of {len(heavy.conn_in)} given weights are outside of neat.weight_min" in n for n in notes
    )
    assert any("inputs are clipped at 3 here, and were not clipped" in note for note in notes)
    notes = begun(made(heavy, champion, "run.backend=genesys")).notes
    assert any("evolved in the chip's fixed point, and is computed in float32 here" in note for note in notes)


@pytest.mark.parametrize(
    ("change", "overrides", "message"),
    [
        ({"node_activation": 4}, ['adam.activations=["tanh"]'], "a genome has 'sin', for which the chip has no"),
        ({"node_aggregation": 2}, [], "a genome has 'max', but the chip multiplies and accumulates"),
        ({}, ["buffer.banks=1", "buffer.words_per_bank=16"], "a genome has "),
        ({"n": 300}, ["genes.layout=rtl8", "neat.population=20"], "a genome needs node ids up to"),
    ],
)
def test_the_chips_limits(champion, change, overrides, message):
    hidden = list(range(6, 6 + change.pop("n", 8)))
    genome = population_of([linked(4, 2, hidden, [(0, node) for node in hidden])])
    for name, value in change.items():
        getattr(genome, name)[0] = value
    there = settings("run.backend=genesys", "neat.population=20", *overrides)
    found = prepared(there, CARTPOLE, [made(genome, champion)])
    begins = re.escape(f"the run cannot begin with what made.json gives: {message}")
    with (
        Threads(1) as threads,
        closing(backend_of(there, CARTPOLE, threads)) as backend,
        pytest.raises(UserError, match=begins),
    ):
        adopted(found, backend)


def test_generations_before_the_first_are_beyond_all_others():
    assert LAST_GENERATION - 1_000_000_000 > 1_000_000_000


def refused(*words):
    """Call the command; return the message that it is refused with."""
    result = CliRunner().invoke(main, ["evolve", "-e", "CartPole", *map(str, words)])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(re.findall(r"^Error: ", result.stderr, re.MULTILINE)) == 1
    assert not Path("runs").exists()
    return " ".join(result.stderr.split())


def test_files_that_are_none(run, tmp_path):
    path = tmp_path / "it"
    for data in (pickle.dumps({}), gzip.compress(pickle.dumps({}))):
        path.write_bytes(data)
        message = refused("--start-from", path)
        assert f"{path} is a pickle, which is not opened" in message
        assert "neat.export.export_network_json" in message
    for data, reason in (
        (b"", "is damaged, or neither a champion nor a network"),
        (b"{", "is damaged, or neither a champion nor a network"),
        (b"[1]", "damaged or not a champion"),
        (b"{}", "is not a genesys champion, which says so itself"),
        (b'{"network_type": "iznn", "format_version": "1.0"}', "is a iznn network of neat-python"),
        ((run / "champion.json").read_bytes()[:-40], "is damaged, or neither"),
        ((run / "champion.json").read_bytes().replace(b'"generation"', b'"generatiom"'), "is damaged"),
    ):
        path.write_bytes(data)
        assert reason in refused("--start-from", path)
    (tmp_path / "it.npz").write_bytes(b"PK")
    assert "is truncated or altered" in refused("--start-from", tmp_path / "it.npz")
    for name, reason in (("nowhere", "names no network"), ("", "must not hold an empty name"), (".", "is not a run")):
        assert reason in refused("--start-from", name)


def test_what_cannot_be_asked(run):
    checkpoint = next((run / "checkpoints").glob("*.npz"))
    message = refused("--start-from", checkpoint, "-s", "start.take=24", "-p", 20)
    assert "24 genomes are given to begin with, but a generation has 20" in message
    message = refused("--start-from", checkpoint, "-s", "start.take=24", "-p", 25, "-s", "start.newcomers=0.1")
    assert "has 25, of which 2 are new ones (start.newcomers)" in message
    assert "LunarLander: its 8 inputs" in refused("--start-from", "LunarLander")
    assert "start.newcomers = 0.1 (--set): has no meaning without" in refused("-s", "start.newcomers=0.1")
    assert "start.connect_new = true: has no meaning without" in refused("--connect-new")
    result = CliRunner().invoke(main, ["evolve", "--resume", str(run), "--start-from", "LunarLander", "--connect-new"])
    assert result.exit_code == 2
    assert "cannot be combined with --start-from, --connect-new" in " ".join(result.stderr.split())
    result = CliRunner().invoke(main, ["bench", "-s", 'start.sources=["LunarLander"]'])
    assert result.exit_code == 2
    assert "start.sources" in result.stderr


def test_a_dry_run_says_what_would_be_matched(run):
    words = ["evolve", "-e", "CartPole", "--start-from", str(run), "--dry-run"]
    lines = CliRunner().invoke(main, words).stdout.splitlines()
    assert f"# begins with {run / 'champion.json'}: 4 inputs by name; 2 outputs by name" in lines
    assert "# first generation: 1 as given, 149 mutated copies" in lines
    found = json.loads(CliRunner().invoke(main, [*words, "--json", "-b", "genesys"]).stdout)
    genome = load_champion(run / "champion.json").champion.genome
    assert found["first_generation_words"] == 150 * (4 + len(genome.node_id) + len(genome.conn_in))
    assert found["start"][0].endswith("2 outputs by name")
    assert not Path("runs").exists()
