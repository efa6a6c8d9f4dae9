"""What ``genesys envs`` tells."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from genesys_cli.envs.gym.known import KNOWN
from genesys_cli.envs.listing import all_rows, details, rows
from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.errors import UserError


def test_the_table_has_what_can_be_evolved():
    found = {row["id"]: row for row in rows()}
    assert list(found) == [*NATIVE, *KNOWN]
    assert found["CartPole-v1"] == {
        "name": "CartPole",
        "id": "CartPole-v1",
        "inputs": 4,
        "outputs": 2,
        "action": "discrete",
        "max_steps": 500,
        "solved_at": 475.0,
        "runs": "native",
        "installed": True,
        "install": None,
        "preset": "CartPole",
    }
    walker = found["BipedalWalker-v3"]
    assert (walker["inputs"], walker["outputs"], walker["action"], walker["runs"]) == (24, 4, "continuous", "gymnasium")


def test_the_table_makes_no_environment():
    code = (
        "import sys; from genesys_cli.envs.listing import rows; rows();"
        "sys.exit(bool({'gymnasium', 'Box2D', 'ale_py', 'mujoco'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_is_missing_comes_with_its_pip_line():
    code = (
        "import sys; sys.modules['ale_py'] = None; import json; from genesys_cli.envs.listing import rows;"
        "print(json.dumps({row['id']: [row['installed'], row['install']] for row in rows()}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert found["ALE/Alien-v5"] == [False, "pip install 'genesys-cli[atari]'"]
    assert found["CartPole-v1"] == [True, None]


def test_all_lists_every_id_once():
    found = all_rows()
    ids = [row["id"] for row in found]
    assert len(ids) == len(set(ids))
    assert {"CartPole-v1", "CartPole-v0", "FrozenLake-v1", "LunarLander-v3", "Hopper-v5"} <= set(ids)
    runs = {row["id"]: row["runs"] for row in found}
    assert (runs["CartPole-v0"], runs["FrozenLake-v1"]) == ("native", "gymnasium")
    (lake,) = (row for row in found if row["id"] == "FrozenLake-v1")
    assert (lake["max_steps"], lake["solved_at"]) == (100, 0.7)


def test_details_of_a_native_environment():
    about, env = details("cartpole"), find("CartPole")
    assert about["observations"] == list(env.observation_names)
    assert about["actions"] == ["push left", "push right"]
    assert about["physics"] == env.physics._asdict()
    assert about["validations"] == {}
    assert about["arguments"] == {"sutton_barto_reward": False}
    assert about["action_space"] == "Discrete(2)"
    assert about["kwargs"] == {}


def test_details_of_what_gymnasium_has_not():
    about = details("doublepolenovelocity")
    assert about["id"] == "DoublePoleNoVelocity-v0"
    assert about["solved_at"] is None
    assert about["validations"] == {"generalisation": "200 of 625 starts"}
    assert about["physics"]["mass_2"] == 0.01
    with pytest.raises(UserError, match="'XOR' is a native one, which takes neither arguments nor wrappers"):
        details("XOR", {"rows": 4})


def test_details_of_gymnasiums_environment():
    about = details("frozenlake", {"is_slippery": False})
    assert about["observation_space"] == "Discrete(16)"
    assert about["observations"][:2] == ["obs=0", "obs=1"]
    assert about["kwargs"] == {"is_slippery": False}
    assert about["arguments"]["map_name"] == "4x4"
    assert about["rebuild"] is False
    assert "physics" not in about


@pytest.mark.parametrize("env_id", ["Pendulum", "MountainCarContinuous", *KNOWN])
def test_details_can_be_written_as_json(env_id):
    if env_id in KNOWN:
        pytest.importorskip(KNOWN[env_id].module)
    about = details(env_id)
    assert json.loads(json.dumps(about, allow_nan=False)) == about
    assert len(about["observations"]) == about["inputs"]
    if about["action"] == "continuous":
        assert len(about["action_low"]) == len(about["action_high"]) == about["outputs"]


def test_details_of_what_is_not_there():
    with pytest.raises(UserError, match="did you mean 'FrozenLake-v1'"):
        details("FrozenLak-v1")
