"""The comment that a C header begins with: what the controller sees and does, how large it is, how it is used."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ... import __version__
from ..controller import Controller
from .text import remark

TIE = "\0"  # a blank at which no line ends


def about(controller: Controller, table_bytes: int, state_bytes: int) -> str:
    """Return the comment."""
    env = controller.interface.environment
    fitness, training = (controller.facts.get(name) for name in ("fitness", "training_fitness"))
    loss = controller.facts.get("loss")
    judged, one, each = (
        ("held-out episode", "at the start of each episode", "at each step of the environment")
        if loss is None
        else ("row", "once", "for each row of a table")
    )
    rows = {
        "observation": f"{_count(controller.n_inputs, 'number')}: {_listed(list(map(remark, env.observation_names)))}",
        "action": _action(controller),
        "network": f"{'feed-forward' if controller.feed_forward else 'recurrent'}, "
        f"{_count(len(controller.nodes), 'node')}, {_count(controller.n_connections, 'connection')}, "
        + ("float" if controller.fixed is None else "fixed point"),
        "memory": f"{table_bytes} bytes of constant tables, {state_bytes} bytes of state",
    }
    if fitness is not None:
        episodes, validation = controller.facts["episodes"], controller.facts.get("validation")
        if validation is None:
            of = "" if episodes is None else f", mean of {_count(episodes, judged)}"
            rows["fitness"] = f"{fitness:.6g}{of}"
        else:
            of = "starts" if episodes is None else f"of {_count(episodes, 'start')}"
            rows["fitness"] = f"{fitness:.6g} {of}, passed in {remark(validation)}"
    elif training is not None:
        rows["fitness"] = f"{training:.6g} in training"
    lines = [f"A controller for {remark(env.id)}, evolved by genesys {__version__}.", ""]
    for label, words in rows.items():
        wrapped = [line.replace(TIE, " ") for line in textwrap.wrap(words, 96)]
        lines += [f"{label:<12} {wrapped[0]}", *(f"{'':<12} {line}" for line in wrapped[1:])]
    single = controller.actions.kind == "discrete"
    call = "action = nn_act(&state, observation);" if single else "nn_act(&state, observation, action);"
    width = len(call) + 4
    lines += [
        "",
        "    static nn_state state;",
        f"    {'nn_reset(&state);':<{width}}{one}",
        f"    {call:<{width}}{each}",
        "",
        "The numbers are those of genesys to the bit where float is computed as such: never with -ffast-math, and",
        "with -ffp-contract=off where a machine multiplies and adds in one (-std=c99 implies it in GCC). Check:",
        "    cc -std=c99 -DNN_SELF_TEST -x c HEADER -o self-test && ./self-test",
    ]
    return "/* " + "\n".join(f" * {line}".rstrip() for line in lines)[3:] + "\n */"


def _action(controller: Controller) -> str:
    actions, names = controller.actions, list(map(remark, controller.interface.environment.action_names))
    if classes := controller.facts.get("classes"):
        return "a class: " + _listed([f"{k} = {remark(name)}" for k, name in enumerate(classes)])
    if actions.kind == "discrete":
        return "one of " + _listed([f"{actions.start[0] + k} {name}" for k, name in enumerate(names)])
    if actions.kind == "box":
        form = "d" if actions.whole else "g"
        bounds = zip(names, actions.low, actions.high, strict=True)
        ranges = [f"{name} {low:{form}} .. {high:{form}}" for name, low, high in bounds]
        return f"{_count(actions.rows, 'number')}: {_listed(ranges)}"
    if actions.kind == "real":
        return f"{_count(actions.rows, 'number')}: {_listed(names)}"
    if actions.kind == "multi_binary":
        return f"{_count(actions.rows, 'switch', 'es')}, 0 or 1: {_listed(names)}"
    choices = [f"{name} {a} .. {a + n - 1}" for name, a, n in zip(names, actions.start, actions.sizes, strict=True)]
    return f"{_count(actions.rows, 'choice')}: {_listed(choices)}"


def _count(number: int, noun: str, ending: str = "s") -> str:
    return f"{number} {noun}{ending if number != 1 else ''}"


def _listed(names: Sequence[str]) -> str:
    shown = names if len(names) <= 40 else [*names[:20], "...", *names[-4:]]
    return ", ".join(name.replace(" ", TIE) for name in shown)
