"""What ``genesys inspect`` prints of real runs."""

import json
import re

import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.errors import UserError
from genesys_cli.files.species import read_species
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ancestry import trace
from genesys_cli.inspection.inspect import inspect_network
from genesys_cli.report.inspection import BAR, SHOWN, print_ablation, print_ancestry
from small_runs import copied, start, tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("inspection")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        settings = tiny(
            "Pendulum", "neat.generations=40", "neat.compatibility_threshold=1.0", "environment.max_steps=20"
        )
        return start(settings, place / "runs" / "mine")


@pytest.fixture
def invoke(run, monkeypatch):
    monkeypatch.chdir(run.parents[1])
    return lambda *words: CliRunner().invoke(main, ["inspect", *words])


def lines_of(result):
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def test_a_run_with_its_species_and_network(invoke, run):
    lines = lines_of(invoke())
    network = find_target("champion", run).champion.genome
    assert any(f"{len(network.node_id)} nodes" in line and line.startswith("network") for line in lines)
    rows = read_species(run / "species.csv")
    members = {row.species: 0 for row in rows}
    for row in rows:
        members[row.species] += row.size
    largest = sorted(members, key=lambda number: -members[number])[:10]
    head = next(k for k, line in enumerate(lines) if line.startswith("species "))
    shown = [int(line.split()[0]) for line in lines[head + 1 : head + 1 + len(largest)]]
    assert shown == sorted(shown)
    assert sorted(members[number] for number in shown) == sorted(members[number] for number in largest)
    if len(members) > 10:
        assert f"and {len(members) - 10} smaller or shorter ones" in lines[head + 11]


def test_json_of_a_run_has_its_network_and_species(invoke, run):
    found = json.loads(invoke("--json").stdout)
    assert found["network"]["statistics"]["nodes"] == len(find_target("champion", run).champion.genome.node_id)
    assert sum(life["members"] for life in found["species"]) == 40 * 24
    for life in found["species"]:
        assert life["founded"] <= life["largest_in"] <= life["last"]
        assert life["largest"] <= life["members"]


def test_a_run_from_before_species_were_kept(invoke, run, tmp_path):
    old = copied(run, tmp_path.name)
    (old / "species.csv").unlink()
    assert not any(line.startswith("species ") for line in lines_of(invoke(str(old))))


def test_a_network_gene_by_gene(invoke, run):
    genome = find_target("last", run).champion.genome
    lines = lines_of(invoke("last", "--all"))
    head = next(k for k, line in enumerate(lines) if line.startswith("node "))
    assert lines[head + 1].startswith("torque")
    first = next(k for k, line in enumerate(lines) if line.startswith("from "))
    assert first - head == len(genome.node_id) + 2
    assert len(lines) - first - 1 == len(genome.conn_in)
    for line, weight, enabled in zip(lines[first + 1 :], genome.conn_weight, genome.conn_enabled, strict=True):
        assert f"{weight:.4g}" in line
        assert ("disabled" in line) != bool(enabled)


def test_long_tables_are_cut_in_the_middle(invoke):
    pytest.importorskip("Box2D")
    conns = len(find_target("BipedalWalker", None).champion.genome.conn_in)
    assert conns > SHOWN
    cut, whole = lines_of(invoke("BipedalWalker")), lines_of(invoke("BipedalWalker", "--all"))
    first = next(k for k, line in enumerate(whole) if line.startswith("from "))
    assert len(whole) - first - 1 == conns
    assert len(cut) == len(whole) - conns + SHOWN + 1
    assert any(f"… {conns - SHOWN} more" in line for line in cut)
    assert "hull angle" in whole[first + 1]


def test_the_line_of_ancestors(invoke, run):
    stored = find_target("last", run)
    births = trace(stored).births
    assert len(births) > SHOWN
    lines = lines_of(invoke("last", "--ancestry", "--all"))
    head = next(k for k, line in enumerate(lines) if line.startswith("generation "))
    assert [int(line.split()[0]) for line in lines[head + 1 :]] == [birth.generation for birth in births]
    short = lines_of(invoke("last", "--ancestry"))
    rows = short[next(k for k, line in enumerate(short) if line.startswith("generation ")) + 1 :]
    grown = sum(b.changes is not None and b.changes.split is not None for b in births)
    assert sum(" splits " in row for row in rows) == grown > 0
    left_out = [row for row in rows if row.endswith("see --all") or "see --all" in row]
    spans = [list(map(int, re.findall(r"\d+", row))) for row in left_out]
    hidden = sum(span[0] - span[-1] + 1 for span in spans)
    assert len(rows) - len(left_out) + hidden == len(births)


def test_where_the_line_ends(capsys, run, tmp_path):
    folder = copied(run, tmp_path.name)
    (folder / "checkpoints/gen-00036.npz").unlink()
    print_ancestry(inspect_network(find_target("last", folder), ancestry=True))
    out = capsys.readouterr().out
    assert "2 generations back" in out
    assert "The lineage ends here: there is no" in out


def test_how_it_was_born(invoke, run):
    found = json.loads(invoke("last", "--json").stdout)
    birth = trace(find_target("last", run), 1).births[0]
    assert found["birth"]["fitter"]["genome"] == birth.fitter.genome
    assert "ancestry" not in found
    (line,) = (line for line in lines_of(invoke("last")) if line.startswith("origin"))
    assert f"{birth.kind} of {birth.fitter.genome}" in line


def test_bars_are_as_long_as_losses(capsys):
    row = {"input": 0, "name": "a", "connected": True, "held_at": 0.5, "mean_return": 1.0, "loss_error": 0.1}
    losses = {"all": 8.0, "half": 4.0, "little": 0.125, "gain": -2.0}
    inputs = [row | {"name": name, "loss": loss} for name, loss in losses.items()]
    inputs += [row | {"name": "broken", "loss": None, "loss_error": None, "mean_return": None}]
    inputs += [row | {"name": "deaf", "loss": 0.0, "connected": False}]
    print_ablation({"ablation": {"episodes": 7, "intact": 9.0, "inputs": inputs}})
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.split()}
    assert lines["all"].count("█") == BAR
    assert lines["half"].count("█") == BAR // 2
    assert lines["little"].rstrip().endswith("▍")
    assert lines["gain"].count("░") == BAR // 4
    assert "failed" in lines["broken"]
    assert lines["Not"].endswith("deaf")


def test_ablation_from_the_command_line(invoke):
    result = invoke("champion", "--ablation", "-n", "3", "--json")
    found = json.loads(result.stdout)["ablation"]
    assert found["episodes"] == 3
    assert {row["name"] for row in found["inputs"]} == {"cos angle", "sin angle", "angular velocity"}
    lines = lines_of(invoke("--ablation", "-n", "3"))
    assert any("Each input held at its mean, 3 episodes" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nowhere", "'nowhere' names no network"),
        ("gen:99", "has no checkpoint of that generation"),
        ("LunarLandr", "did you mean 'LunarLander'?"),
        ("--run nowhere", "nowhere is not a run"),
        ("runs/mine --run runs/mine", "give one of the two"),
        ("champion --plot x.svg", "--plot draws the fitness of a run, but champion is a network"),
        ("--episodes 3", "--episodes belongs to --ablation"),
        ("--ablation -n 0", "-n"),
    ],
)
def test_what_cannot_be_inspected(invoke, words, message):
    result = invoke(*words.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_run_without_a_champion(invoke, run, tmp_path):
    alone = copied(run, tmp_path.name)
    (alone / "champion.json").unlink()
    assert "has no champion yet" in invoke(str(alone)).stdout
    refused = invoke(str(alone), "--ancestry")
    assert (refused.exit_code, "has no champion yet" in refused.stderr) == (2, True)


def test_a_network_whose_environment_is_not_here(capsys, run, tmp_path):
    """Its genes can be looked at, its episodes not played."""
    stored = find_target("champion", run)
    environment = stored.settings.environment.model_copy(update={"id": "no_such_module:Foo-v0"})
    gone = stored._replace(settings=stored.settings.model_copy(update={"environment": environment}))
    assert inspect_network(gone)["genome"]["inputs"] == ["input 0", "input 1", "input 2"]
    with pytest.raises(UserError, match="no_such_module"):
        inspect_network(gone, ablation=True)


def test_a_folder_that_is_called_champion(invoke, run, tmp_path, monkeypatch):
    (run.parents[1] / "champion").mkdir()
    assert lines_of(invoke("champion"))[0].startswith("network")
    (run.parents[1] / "champion").rmdir()
