"""A program that knows an exported JSON file from ``docs/export.md`` alone, in plain Python."""

from __future__ import annotations

import json
import math
from statistics import median

import numpy as np

from reference.network import PLAIN

AGGREGATE = {
    "sum": sum,
    "product": math.prod,
    "max": max,
    "min": min,
    "maxabs": lambda terms: max(terms, key=abs),
    "median": median,
    "mean": lambda terms: sum(terms) / len(terms),
}


FLAT = 7.90531110763549805 / 2.5


def activation(name, z):
    if name in ("tanh", "sigmoid"):
        z = max(-FLAT, min(FLAT, z))
    return PLAIN[name](z)


class Reader:
    """The controller of a file; outputs: of the last step."""

    def __init__(self, text):
        self.document = json.loads(text)
        self.recurrent = self.document["network_type"] == "recurrent"
        self.nodes = [node for node in self.document["nodes"] if node["type"] != "input"]
        self.links = {node["id"]: [] for node in self.nodes}
        for link in self.document["connections"]:
            self.links[link["to"]].append((link["from"], link["weight"]))
        self.reset()

    def reset(self):
        self.values = {node["id"]: 0.0 for node in self.nodes}
        self.turn = 0

    def act(self, observation):
        controller = self.document["controller"]
        if self.turn % controller["action_repeat"] == 0:
            self.outputs = self.step(observation, **controller["observation"])
            self.action = self.chosen(**controller["action"])
        self.turn += 1
        return self.action

    def step(self, observation, offset, scale, clip, names):
        inputs = [(x - shift) * factor for x, shift, factor in zip(observation, offset, scale, strict=True)]
        if clip is not None:
            inputs = [max(-clip, min(clip, x)) for x in inputs]
        seen = dict(zip(self.document["topology"]["input_keys"], inputs, strict=True))
        read = {**self.values, **seen} if self.recurrent else self.values
        read.update(seen)
        fresh = {} if self.recurrent else self.values
        for node in self.nodes:
            terms = [weight * read[source] for source, weight in self.links[node["id"]]]
            kind = node["aggregation"]["name"]
            total = AGGREGATE[kind](terms) if terms else float(kind == "product")
            fresh[node["id"]] = activation(node["activation"]["name"], node["bias"] + node["response"] * total)
        self.values = fresh
        return [self.values[key] for key in self.document["topology"]["output_keys"]]

    def chosen(self, kind, names, shape, dtype, sizes=(), start=(), middle=(), half=(), low=(), high=()):
        outputs = self.outputs
        if kind == "multi_binary":
            return [int(output > 0) for output in outputs]
        if kind == "real":
            numbers = zip(middle, half, outputs, strict=True)
            return [float(np.float32(a) + np.float32(b) * np.float32(output)) for a, b, output in numbers]
        if kind == "box":
            stretched = [
                float(np.float32(a) + np.float32(b) * np.float32(max(-1, min(1, output))))
                for a, b, output in zip(middle, half, outputs, strict=True)
            ]
            if not dtype.startswith("float"):
                stretched = map(round, stretched)
            return [max(a, min(b, x)) for a, b, x in zip(low, high, stretched, strict=True)]
        action, first = [], 0
        for size, least in zip(sizes, start, strict=True):
            group = outputs[first : first + size]
            action.append(least + group.index(max(group)))
            first += size
        return action[0] if kind == "discrete" else action
