"""What the names of stored networks stand for."""

from pathlib import Path

import pytest

from genesys_cli.config.load import settings_from_toml
from genesys_cli.config.presets import shipped_champions
from genesys_cli.errors import DamagedFileError, UserError
from genesys_cli.files.checkpoint import checkpoints, load
from genesys_cli.files.target import find_target
from small_runs import generations, newest, start, tiny


@pytest.mark.parametrize("make", [str, lambda run: str(run / "champion.json"), lambda run: "champion"])
def test_names_of_the_champion(cartpole, make):
    found = find_target(make(cartpole), cartpole)
    assert found.origin == cartpole / "champion.json"
    assert found.champion.genome.equals(load(newest(cartpole))[0].champion.genome)


def test_names_of_checkpoints(cartpole):
    for number in generations(cartpole):
        found = find_target(f"gen:{number}", cartpole)
        state, text = load(found.origin)
        assert found.champion.training_fitness == state.fitness.max()
        assert found.champion.generation == number
        assert found.settings == settings_from_toml(text)
        assert find_target(str(found.origin), None).champion.genome.equals(found.champion.genome)
    assert find_target("last", cartpole).origin == newest(cartpole)


def test_last_is_the_newest_sound_checkpoint(cartpole, tmp_path):
    start(tiny(), "run")
    newest("run").write_bytes(b"")
    assert find_target("last", Path("run")).champion.generation == 5
    for path in checkpoints(Path("run/checkpoints")):
        path.write_bytes(b"")
    with pytest.raises(DamagedFileError, match="truncated or altered"):
        find_target("last", Path("run"))


def test_the_newest_run_is_replayed():
    start(tiny(), "run")
    assert find_target("champion", None).origin == Path("run/champion.json").resolve()


@pytest.mark.parametrize("target", ["gen:999", "gen:", "gen:-1", "gen:x", "gen:²", "nothing", "nothing.json"])
def test_what_is_not_there(cartpole, target):
    with pytest.raises(UserError, match="has no checkpoint of that generation|names no network"):
        find_target(target, cartpole)


def test_a_checkpoint_that_is_not_there(cartpole):
    with pytest.raises(UserError, match="does not exist"):
        find_target("nothing.npz", cartpole)


@pytest.mark.parametrize("target", ["champion", "last", "gen:0"])
def test_no_run_yet(target):
    with pytest.raises(UserError, match=r"there is no run here yet .*genesys evolve --env CartPole"):
        find_target(target, None)
    with pytest.raises(UserError, match="is not a run"):
        find_target(target, Path("nowhere"))


def test_a_run_without_a_champion(cartpole):
    start(tiny(), "run")
    Path("run/champion.json").unlink()
    with pytest.raises(UserError, match="has no champion yet"):
        find_target("champion", Path("run"))


def test_shipped_champions_are_found_by_name():
    shipped = shipped_champions()
    assert {"LunarLander", "BipedalWalker", "InvertedDoublePendulum"} <= set(shipped)
    for name, path in shipped.items():
        for spelt in (name, name.lower()):
            stored = find_target(spelt, None)
            assert stored.origin == path
            assert stored.settings.environment.id.removeprefix("ALE/").startswith(name)
            assert len(stored.champion.returns) in (0, stored.settings.evaluation.validate_episodes)
    with pytest.raises(UserError, match=r"did you mean 'LunarLander'\? Give champion, .*BipedalWalker"):
        find_target("LunarLandr", None)
