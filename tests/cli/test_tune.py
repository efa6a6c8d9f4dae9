"""``genesys tune`` as it is typed."""

import builtins
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import genesys_cli.tuning
from genesys_cli.cli.main import main
from genesys_cli.config.load import load_settings, to_toml
from genesys_cli.report.tuning import print_tuning, verdict_text
from small_studies import in_this_process, small

pytest.importorskip("optuna")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    in_this_process(monkeypatch)
    Path("preset.toml").write_text(to_toml(small()))


def genesys(*words):
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def tune(*words):
    asked = "--preset preset.toml --space neat.elitism=1..4 --trials 2 --seeds 0-1 --held-out 5-7 -o tuned"
    return genesys("tune", *asked.split(), *words)


def test_from_the_command_to_the_report(monkeypatch):
    monkeypatch.setattr(
        "genesys_cli.tuning.tune.of_trial", lambda outcomes, *_, **__: float("trial-0001" in str(outcomes[0].run_dir))
    )
    result = tune()
    assert result.exit_code == 0, result.stderr
    assert "trial 0  0  the preset itself  1 of 2" in result.stderr
    assert "trial 1  1  the best so far  2 of 2" in result.stderr
    for part in ("2 complete, 0 pruned, 0 failed", "neat.elitism", "seeds 5-7", "Mann–Whitney U, exact", "verdict"):
        assert part in result.stdout
    found = json.loads(genesys("tune", "--resume", "tuned", "--json", "--quiet").stdout)
    assert found["best"]["trial"] == 1
    page = Path(genesys("report", "tuned", "-o", "page.html").stdout.strip()).read_text()
    assert "original and trial-0001" in page
    result = genesys("report", "tuned", "tuned/held-out/original", "-o", "other.html")
    assert "tuned: left out" in result.stderr


def test_the_original_stands():
    result = tune("--trials", 1)
    assert "no trial was better than the original, which stands" in result.stdout
    assert not Path("tuned/preset.toml").exists()
    assert "nothing to report" in genesys("report", "tuned").stderr


def test_options_reach_the_tuning(monkeypatch):
    noted = {}

    class Tunings:
        @staticmethod
        def tune(tuning, run_dir, command, observer, began):
            noted.update(tuning=tuning, run_dir=run_dir)
            began(Path("there"))
            raise KeyboardInterrupt

    monkeypatch.setattr(genesys_cli.tuning, "tune", Tunings)
    words = "-e Pendulum -p 30 -g 50 -n 3 -b genesys -j 2 -s neat.elitism=3 --pruner halving --objective final --seed 9"
    result = genesys("tune", *words.split())
    assert result.exit_code == 130
    assert result.stderr == "Interrupted. Continue with: genesys tune --resume there\n"
    tuning = noted["tuning"]
    flags = {"neat.population": 30, "neat.generations": 50, "evaluation.episodes": 3, "run.backend": "genesys"}
    assert tuning.settings == load_settings(None, "Pendulum", ["neat.elitism=3"], flags | {"run.threads": 2})
    assert (tuning.seeds, tuning.held_out, tuning.trials) == (tuple(range(5)), tuple(range(100, 120)), 40)
    assert (tuning.pruner, tuning.objective, tuning.sampler_seed) == ("halving", "final", 9)
    assert "neat.survival_threshold" in tuning.space


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--space neat.elitims=1..3", "did you mean 'neat.elitism'?"),
        ("--seeds 5", "--seeds 5: is one number"),
        ("--held-out 4-6", "--held-out 4-6: 4 is among the seeds that are tuned on, 0-4"),
        ("--held-out 9", "--held-out 9: is one number"),
        ("--trials 0", "0 is not in the range"),
        ("--pruner mean", "'mean' is not one of"),
        ("--resume nowhere", "nowhere is no tuning"),
        ("--resume nowhere -e CartPole --seed 0 -g 5", "cannot be combined with --env, --seed, --generations"),
        ("-e CartPoel", "CartPoel"),
    ],
)
def test_bad_input(words, said):
    result = genesys("tune", *words.split())
    assert result.exit_code == 2
    assert said in result.stderr
    assert not Path("runs").exists()


def test_an_existing_folder_is_kept():
    Path("tuned").mkdir()
    Path("tuned/mine").write_text("mine")
    assert "tuned exists already and is kept as it is" in tune().stderr


def test_without_optuna_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.partition(".")[0] == "optuna":
            raise ModuleNotFoundError("No module named 'optuna'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    result = genesys("tune", "-e", "CartPole")
    assert result.exit_code == 2
    assert "needs Optuna (No module named 'optuna'); install it with: pip install 'genesys-cli[tune]'" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.fixture
def summary():
    figures = {"iqm": 1.0, "iqm_low": 0.5, "iqm_high": 2.0, "solved": 3, "values": [1.0]}
    return {
        "tuning": "tuned",
        "generations": 40,
        "objective": "curve",
        "minimise": True,
        "seeds": [0, 1],
        "held_out_seeds": [5, 6, 7],
        "trials": {"complete": 3, "pruned": 1, "failed": 0},
        "space": {"neat.elitism": "1..4", "neat.ties": "smaller,newer"},
        "original": {"value": 2.0, "values": {"neat.elitism": 2, "neat.ties": "older"}},
        "best": {"trial": 3, "value": 1.0, "values": {"neat.elitism": 4, "neat.ties": "newer"}},
        "importances": {"neat.ties": 0.75, "neat.elitism": 0.25},
        "held_out": {
            "original": figures,
            "tuned": figures,
            "runs": 3,
            "probability": 0.25,
            "probability_low": 0.1,
            "probability_high": 0.4,
            "tests": [{"name": "Mann–Whitney U, exact", "statistic": 1.0, "p": 0.4}],
        },
        "verdict": "stands",
        "preset": None,
    }


def test_what_is_printed(summary, capsys):
    print_tuning(summary)
    lines = capsys.readouterr().out.splitlines()
    assert "lower is better" in lines[1]
    ties, elitism = (next(line for line in lines if line.startswith(key)) for key in ("neat.ties", "neat.elitism"))
    assert ties.split()[1:5] == ["smaller,newer", "older", "newer", "75%"]
    assert ties.count("█") == 3 * elitism.count("█") == 24
    assert any("25 % (10 % to 40 %)" in line for line in lines)
    assert "the original stands" in next(line for line in lines if line.startswith("verdict"))
    assert not any(line.startswith("use it") for line in lines)
    assert lines[-1].endswith("  genesys report tuned")
    print_tuning(summary | {"tuning": "my runs/tuned", "preset": "my runs/tuned/preset.toml"})
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("  genesys report 'my runs/tuned'")
    assert any(line.endswith("  genesys evolve --preset 'my runs/tuned/preset.toml'") for line in lines)


def test_the_verdict_claims_no_more_than_it_knows(summary):
    assert "better on the held-out seeds" in verdict_text(summary | {"verdict": "better"})
    assert "do not tell the two apart" in verdict_text(summary | {"verdict": "equal"})
