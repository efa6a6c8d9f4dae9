"""Random action spaces and champions that act in them; what ``act`` gives is what exports have to give."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import NamedTuple

import gymnasium
import numpy as np
from gymnasium import spaces

from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.schema import Settings
from genesys_cli.evolution.state import Champion as State
from genesys_cli.export.controller import Controller, controller_of
from genesys_cli.files.champion import StoredChampion
from genesys_cli.library.champion import Champion
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from reference.genome import Conn, Genome, Node, population_of

INPUTS = 3
FLOATS = [np.float16, np.float32, np.float64]
WHOLE = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
NUMBER = count()
CHEAP = ("tanh", "sigmoid", "relu", "identity", "abs", "clamped", "square")  # those that are the same bits everywhere
ON_CHIP = ("tanh", "sigmoid", "relu", "identity", "abs", "clamped", "hat", "gauss", "selu", "elu")


class Case(NamedTuple):
    """A champion: what it saw and did, (T, I) and T actions, and what is exported of it.

    it: how a failure is found; sound: before the first of how many steps its network held an infinity or a NaN. From
    then on only C promises anything: what Min, Max, Relu and sorting make of a NaN differs.
    """

    it: str
    made: Controller
    seen: np.ndarray
    done: list
    sound: int

    @property
    def steps(self):
        return list(zip(self.seen[: self.sound], self.done[: self.sound], strict=True))


def random_space(rng):
    shape = [(), (1,), (2,), (3,), (2, 2), (1, 3, 1)][rng.integers(6)]
    kind = rng.integers(8)
    if kind == 0:
        low = int(rng.choice([0, -3, 7, 2**31 - 2, -(2**31), 2**40, -(2**63)]))
        return spaces.Discrete(np.int16(rng.integers(1, 5)), start=np.int64(low))
    if kind == 1:
        shape = shape or (2,)
        dtype = rng.choice(WHOLE)
        top = np.iinfo(dtype).max - 5
        start = rng.choice([0, 1, top, int(np.iinfo(dtype).min)], size=shape).astype(dtype)
        return spaces.MultiDiscrete(rng.integers(1, 4, shape).astype(dtype), dtype=dtype, start=start)
    if kind == 2:
        return spaces.MultiBinary(shape or 2)
    dtype = rng.choice(WHOLE if kind < 5 else FLOATS)
    bounds = [pair(rng, dtype) for _ in range(int(np.prod(shape)))]
    if rng.random() < 0.3:
        bounds = bounds[:1] * len(bounds)
    low, high = (np.array([bound[side] for bound in bounds], dtype).reshape(shape) for side in (0, 1))
    return spaces.Box(low, high, dtype=dtype)


def pair(rng, dtype):
    """Return bounds of a number: those with which something was ever wrong, or may be."""
    if np.dtype(dtype).kind != "f":
        least, most = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        known = [
            (least, most),
            (least, least),
            (most, most),
            (0, most),
            (most - 1, most),
            (0, 5),
            (least + 1, most - 2),
        ]
        known.append((most // 3, most // 2 + 1))
        return known[rng.integers(len(known))]
    tiny = np.finfo(dtype).smallest_subnormal
    known = [
        (-1, 1),
        (0, 0),
        (0.1, 0.1),
        (-0.1, 0.3),
        (0.0, 7 * float(tiny)),
        (-0.0, 1e-4),
        (100.1, 100.2),
        (-3, -1e-3),
    ]
    known += [(-6e4, 6.5e4), (-float(tiny), float(tiny)), (-1e-7, 2e-6), (1 / 3, 2 / 3), (-2.0, -0.0)]
    if dtype != np.float16:
        known += [(-1e30, 3e37), (0, 1e38), (1e-38, 1.5e-38), (16777217, 16777219), (-1e-44, 1)]
    if dtype == np.float64:
        known += [(1e-300, 2e-300), (1 + 2**-40, 1 + 2**-39), (np.pi, np.pi), (-1e-60, 1e20)]
    low, high = sorted(np.array(known[rng.integers(len(known))], dtype).tolist())
    return (low, high) if rng.random() < 0.5 or dtype == np.float16 else (-high, -low)


def random_genome(rng, outputs, feed_forward, activations, aggregations):
    genome = Genome(INPUTS, outputs)
    hidden = list(range(INPUTS + outputs, INPUTS + outputs + int(rng.integers(0, 4))))
    order = [*hidden, *range(INPUTS, INPUTS + outputs)]
    for node in order:
        bias, response = np.float32(rng.normal()), np.float32(rng.choice([1.0, rng.normal()]))
        chosen = ACTIVATIONS.index(rng.choice(activations)), AGGREGATIONS.index(rng.choice(aggregations))
        genome.nodes[node] = Node(bias, response, *chosen)
        known = [*range(INPUTS), *(hidden[: hidden.index(node)] if node in hidden else hidden)]
        sources = known if feed_forward else [*range(INPUTS), *order]
        for source in rng.permutation(sources)[: rng.integers(0, 7)]:
            genome.conns[len(genome.conns)] = Conn(int(source), node, np.float32(rng.normal(scale=2)), True)
    genome.nodes = dict(sorted(genome.nodes.items()))
    return population_of([genome])


class Here(gymnasium.Env):
    observation_space = spaces.Box(-np.inf, np.inf, (INPUTS,))


def random_case(rng, fixed=False, steps=16, space=None, activations=None):
    """Return a champion that has acted for some steps."""
    space = random_space(rng) if space is None else space
    env_id = f"Exact{next(NUMBER)}-v0"
    gymnasium.register(env_id, lambda: Here())
    Here.action_space = space
    feed_forward, repeat = bool(rng.random() < 0.5), int(rng.choice([1, 1, 2]))
    clip = float(rng.choice([0.1, 0.75, 2.0, np.inf]))
    tables = {
        "environment": {"id": env_id, "action_repeat": repeat},
        "evaluation": {} if np.isinf(clip) else {"observation_clip": clip},
        "neat": {"feed_forward": feed_forward},
        "run": {"backend": "genesys" if fixed else "software"},
    }
    chip = random_chip(rng) if fixed else None
    settings = Settings.from_tables(tables).model_copy(update={"chip": chip})
    outputs = actions_outputs(space)
    activations = (ON_CHIP if fixed else ACTIVATIONS) if activations is None else activations
    genome = random_genome(rng, outputs, feed_forward, activations, ("sum",) if fixed else AGGREGATIONS)
    scaled = rng.random() < 0.5
    offset = (rng.normal(size=INPUTS) if scaled else np.zeros(INPUTS)).astype(np.float32)
    scale = (rng.normal(size=INPUTS) if scaled else np.ones(INPUTS)).astype(np.float32)
    state = State(genome, 1, 0, 0.0, 1.5, 0.0, 1, offset, scale, np.zeros(0))
    stored = StoredChampion(state, settings, Path("champion.json"))
    champion = Champion(stored)
    seen, done, sound = [], [], 0
    for _ in range(steps):
        seen.append((rng.normal(size=INPUTS) * rng.choice([0.1, 1, 10])).astype(np.float32))
        try:
            done.append(champion.act(seen[-1]))
        except ValueError:  # its outputs are no longer finite, and the environment gets no action
            seen.pop()
            break
        if sound == len(done) - 1 and np.isfinite(champion._actor.values()).all():
            sound += 1
    made = controller_of(stored, "fixed" if fixed else "float")
    it = f"{space}, repeat {repeat}, clip {clip}, feed-forward {feed_forward}, fixed {fixed}"
    return Case(it, made, np.array(seen, np.float32).reshape(-1, INPUTS), done, sound)


def random_chip(rng):
    """Return a chip with small tables, or with piecewise units of the same addresses."""
    adam = {"table_bits": int(rng.integers(4, 11))}
    if rng.random() < 0.5:
        adam |= {"function_unit": "piecewise", "segment_bits": int(rng.integers(1, adam["table_bits"] + 1))}
    return ChipSettings.model_validate({"adam": adam})


def actions_outputs(space):
    from genesys_cli.envs.gym.spaces import flat_action

    return flat_action(space, "").action.n_outputs


def told(action):
    """Return an action's numbers as text, in which no digit and no sign of a zero is lost; the dtype is not in it."""
    return repr(np.ravel(action).tolist())
