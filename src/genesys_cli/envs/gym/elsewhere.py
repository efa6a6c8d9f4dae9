"""Ids that other packages register, and what people write in place of an id: hints that lead somewhere."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import PurePath, PureWindowsPath
from typing import NamedTuple


class Package(NamedTuple):
    """ids: pattern of its ids; module: that registers them; install: what pip is given; old: it knows only Gym"""

    ids: str
    module: str
    install: str
    old: bool = False


_PACKAGES = (
    Package(r"(highway|highway-fast|merge|roundabout|parking|intersection|racetrack|u-turn|exit|two-way|lane-keeping)(-.*)?-v\d",
            "highway_env", "highway-env"),
    Package(r"(MiniGrid|BabyAI)-.*", "minigrid", "minigrid"),
    Package(r"MiniWorld-.*", "miniworld", "miniworld"),
    Package(r"FlappyBird.*", "flappy_bird_gymnasium", "flappy-bird-gymnasium"),
    Package(r"(Fetch|Hand|AntMaze_|PointMaze_|AdroitHand|FrankaKitchen).*", "gymnasium_robotics", "gymnasium-robotics"),
    Package(r"(stocks|forex)-v\d", "gym_anytrading", "gym-anytrading"),
    Package(r"sumo-rl-.*", "sumo_rl", "sumo-rl"),
    Package(r"Panda[A-Z].*", "panda_gym", "panda-gym"),
    Package(r"PyFlyt/.*", "PyFlyt.gym_envs", "pyflyt"),
    Package(r"Meta-World/.*", "metaworld", "metaworld"),
    Package(r".*BulletEnv-v\d", "pybullet_envs_gymnasium", "pybullet_envs_gymnasium"),
    Package(r"dm_control/.*", "shimmy", "'shimmy[dm-control]'"),
    Package(r"gym_pusht/.*", "gym_pusht", "gym-pusht"),
    Package(r"gym_aloha/.*", "gym_aloha", "gym-aloha"),
    Package(r"gym_xarm/.*", "gym_xarm", "gym-xarm"),
    Package(r"tetris_gymnasium/.*", "tetris_gymnasium", "tetris-gymnasium"),
    Package(r"procgen-.*", "procgen", "procgen", old=True),
    Package(r"SuperMarioBros.*", "gym_super_mario_bros", "gym-super-mario-bros", old=True),
    Package(r"Crafter.*", "crafter", "crafter", old=True),
)  # fmt: skip


def elsewhere(wanted: str) -> str:
    """Return what to do about an id of another package; empty where none is known that has it."""
    versioned = wanted if re.search(r"-v\d+$", wanted) else f"{wanted}-v0"
    found = next((one for one in _PACKAGES if re.fullmatch(one.ids, versioned, re.IGNORECASE)), None)
    if found is None:
        return ""
    if found.old:
        return (
            f"it is an id of the package {found.install}, which is for Gym, Gymnasium's predecessor, and registers "
            "nothing with Gymnasium; register it in a module of yours, behind a wrapper, and give module:Id"
        )
    name = f"{found.module}:{wanted}"
    if find_spec(found.module.partition(".")[0]) is not None:
        return f"it is an id of the package {found.install}, whose module has to be named as well: give {name}"
    return f"it is an id of the package {found.install}; pip install {found.install}, then give {name}"


def distribution(module: str) -> str | None:
    """Return what pip is given for a module, where the names differ."""
    return next((one.install for one in _PACKAGES if one.module.partition(".")[0] == module), None)


def not_a_file(name: str) -> str:
    """Return what to give in place of the name of a file, as in ``./my.py:Id``; empty where `name` has none.

    In front of an id stands a module, as Python imports it.
    """
    file, colon, wanted = name.rpartition(":")
    if not colon:
        file, wanted = (name, "Id") if name.endswith(".py") else ("", "")
    if not file or not (re.search(r"[/\\]", file) or file.endswith(".py") or file.startswith(".")):
        return ""
    path: PurePath = PureWindowsPath(file) if "\\" in file else PurePath(file)
    module = path.name.removesuffix(".py").strip(".") or "my_module"
    folder = str(path.parent)
    where = "in this folder" if folder == "." else f"in the folder {folder}: cd {folder}"
    return f"before the colon stands a module, not a file: give {module}:{wanted} {where}"
