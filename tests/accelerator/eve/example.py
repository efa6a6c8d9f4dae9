"""The worked example of ``docs/accelerator-eve.md``: one child of two parents, gene by gene, by the literal element.

``python tests/accelerator/eve/example.py`` prints it anew.
"""

from __future__ import annotations

import numpy as np

from genesys_cli.accelerator.eve.evolve import evolve_generation
from genesys_cli.accelerator.eve.thresholds import child_events, thresholds
from genesys_cli.accelerator.layout import layout_of
from genesys_cli.accelerator.words import GeneWords
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.schema import NeatSettings
from reference.pe import HIDDEN, INPUT, OUTPUT, Element, Generator, Slot, Words

SEED, GENERATION = 250, 1
NEAT = NeatSettings(
    population=2,
    elitism=0,
    weight_mutate_rate=0.5,
    bias_mutate_rate=0.5,
    node_delete_prob=0.5,
    conn_delete_prob=0.3,
    node_add_prob=0.6,
    conn_add_prob=0.9,
)
KINDS = {HIDDEN: "hidden", INPUT: "input", OUTPUT: "output"}


def node(number: int, kind: int, bias: float = 0.0) -> dict[str, int]:
    return {"type": 0, "kind": kind, "id": number, "bias": round(bias * 1024), "response": 1024 * (kind != INPUT)}


def conn(source: int, destination: int, weight: float, enable: int = 1) -> dict[str, int]:
    weight = round(weight * 1024)
    return {"type": 1, "source": source, "destination": destination, "weight": weight, "enable": enable}


COMMON = [node(0, INPUT), node(1, INPUT)]
FITTER = [*COMMON, node(2, OUTPUT, 0.5), node(3, HIDDEN, -0.25), node(4, HIDDEN, 1.0)]
FITTER += [conn(0, 2, 1.5), conn(0, 3, -0.5), conn(1, 2, 0.75), conn(1, 4, 2.0), conn(3, 2, 1.0), conn(4, 2, -1.25)]
OTHER = [*COMMON, node(2, OUTPUT, -1.0), node(4, HIDDEN, -2.0)]
OTHER += [conn(0, 2, -3.0), conn(0, 4, 0.5), conn(1, 2, 2.5, 0), conn(1, 4, 1.0), conn(4, 2, 3.0)]


def text(gene: dict[str, int] | None) -> str:
    """Return a gene as the example shows it."""
    if gene is None:
        return "–"
    if gene["type"]:
        flag = "" if gene["enable"] else " off"
        return f"{gene['source']}→{gene['destination']} {gene['weight'] / 1024:+.3f}{flag}"
    name = f"{gene['id']} {KINDS[gene['kind']]}"
    return name if gene["kind"] == INPUT else f"{name} {gene['bias'] / 1024:+.3f}"


class Told(Element):
    """An element that keeps what each slot was after each stage."""

    def run(self, fitter: list[int], other: list[int]) -> list[int]:
        self.rows: dict[int, list[str]] = {}
        return super().run(fitter, other)

    def _crossover(self, slot: Slot) -> None:
        super()._crossover(slot)
        self.rows[id(slot)] = [text(slot.fitter), text(slot.mate), text(slot.gene)]
        self.kept = [*getattr(self, "kept", []), slot]  # so that no two slots have the same id

    def _perturb(self, slot: Slot) -> None:
        super()._perturb(slot)
        self.rows[id(slot)].append(text(slot.gene))

    def _delete(self, slot: Slot) -> None:
        had = slot.gene is not None
        dangling = self.counts["dangling_conns"]
        super()._delete(slot)
        gone = "dangles" if self.counts["dangling_conns"] > dangling else "deleted"
        self.rows[id(slot)].append(gone if had and slot.gene is None else "" if had else "bubble")

    def _add(self, slot: Slot) -> None:
        end, candidates, node = self.end, len(self.candidates), self.node
        super()._add(slot)
        told = []
        if self.end is not None and end is None:
            told.append(f"holds {self.end[1]} as {('source', 'destination')[self.end[0] - 1]}")
        if len(self.candidates) > candidates:
            told.append("proposes {}→{}".format(*self.candidates[-1]))
        if self.node is not node:
            told.append("splits: " + ", ".join(text(gene) for gene in (self.node, self.held, self.last)))
        self.rows[id(slot)].append("; ".join(told))


def make(seed: int = SEED) -> tuple[Told, list[int], Words]:
    """Return the element after it has made the child, the child's words and the layout's fields."""
    chip = ChipSettings()
    layout = layout_of(chip)
    words = Words(layout.settings)
    form = thresholds(NEAT, chip, layout)
    events = child_events(form, np.array([5]), np.array([6]), 3)[0].tolist()
    element = Told(words, NEAT, events, 0, Generator(seed, GENERATION, 0))
    child = element.run([words.word(gene) for gene in FITTER], [words.word(gene) for gene in OTHER])
    return element, child, words


def on_chip() -> list[int]:
    """Return the same child from the compiled element."""
    chip = ChipSettings()
    layout = layout_of(chip)
    words = Words(layout.settings)
    image = np.array([words.word(gene) for gene in (*FITTER, *OTHER)], np.uint64)
    parents = GeneWords(image, np.array([0, len(FITTER), len(image)]))
    first, second, elite = np.zeros(1, np.int32), np.ones(1, np.int32), np.zeros(1, np.uint8)
    form = thresholds(NEAT, chip, layout)
    with Threads(1) as one:
        made = evolve_generation(
            parents, first, second, elite, layout, form, fixed_nodes=3, seed=SEED, generation=GENERATION, chip=chip,
            threads=one,
        )  # fmt: skip
    return [int(word) for word in made.words.words]


def lines() -> list[str]:
    """Return the example as lines of Markdown."""
    element, child, words = make()
    heads = ["cycle", "fitter", "other", "after crossover", "after perturbation", "delete gene", "add gene"]
    found = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for cycle, row in enumerate(element.rows.values(), 1):
        found.append(f"| {cycle} | " + " | ".join(row) + " |")
    found += ["", "| word | gene of the child |", "|---|---|"]
    found += [f"| `{word:016x}` | {text(words.fields(word))} |" for word in child]
    names = ("slots", "bubbles", "crossovers", "perturbations", "deleted_nodes", "deleted_conns", "dangling_conns")
    names += ("split_conns", "added_nodes", "added_conns", "refused_conns", "merge_moves", "prng_words", "genes_out")
    found += ["", ", ".join(f"{name} {element.counts[name]}" for name in names) + f"; {element.cycles} cycles."]
    return found


if __name__ == "__main__":
    print("\n".join(lines()))
