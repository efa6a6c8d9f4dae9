"""Where NEAT here differs from the 2002 paper and from neat-python: each line of the page is pinned by tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "neat.md"

#: How a row of the table begins, and what holds it.
PAPER = {
    "distance:": ["test_distance::test_terms_one_by_one", "test_distance::test_terms_of_the_paper_one_by_one"],
    "innovation numbers hold": ["test_innovation::test_a_link_that_comes_back_has_its_old_number"],
    "of equally fit parents": [
        "test_selection::test_the_smaller_of_equally_fit_parents_is_the_fitter",
        "test_selection::test_either_of_two_equally_fit_parents_may_count_as_the_fitter",
    ],
    "the disable rule": ["test_against_neat_python::test_disable_probability"],
    "node genes have": ["test_attributes::test_rates_of_attribute_mutations"],
    "nodes and connections can be deleted": [
        "test_structure::test_deleting_a_node_takes_what_dangles_with_it",
        "test_structure::test_deleting_a_connection_takes_what_dangles_with_it",
    ],
    "a species' share": ["test_selection::test_offspring_counts_by_hand"],
    "`species_elitism`": [
        "test_speciation::test_species_elitism_spares_the_best",
        "test_speciation::test_where_all_stagnated_the_best_two_have_time_again",
    ],
    "elites:": ["test_selection::test_elites_are_the_best_and_at_most_half"],
    "new genes do not mutate": ["test_structure::test_a_split_keeps_the_network_similar"],
    "up to 16 random pairs": ["test_structure::test_a_full_genome_gains_no_connection"],
}

#: How an item of the list begins, and what holds it.
NEAT_PYTHON = {
    "Species are assigned first-fit": ["test_distance::test_assignment_equals_first_fit_in_any_ranges"],
    "Distance is by innovation number": ["test_against_neat_python::test_distance"],
    "Matching connection genes": [  # each gene
        "test_against_neat_python::test_crossover_takes_either_parents_gene_half_of_the_time"
    ],
    "A split takes an enabled connection": [
        "test_structure::test_nothing_enabled_cannot_be_split",
        "test_innovation::test_by_hand",
    ],
    "Fitness ties": ["test_selection::test_the_smaller_of_equally_fit_parents_is_the_fitter"],
    "A gene disabled in one parent": ["test_against_neat_python::test_disable_rule"],
    "`enabled_mutate_rate`": ["test_attributes::test_rates_of_attribute_mutations"],
    "A species stagnates": ["test_against_neat_python::test_stagnation"],
    "In a recurrent network": [
        "test_against_neat_python::test_a_node_without_inputs",
        "test_first::test_every_start_is_sound",
    ],
}


def sections() -> tuple[list[str], list[str]]:
    """Return the first cells of the table's rows, and the items of the list."""
    text = PAGE.read_text().split("## Where this differs from the 2002 paper")[1]
    table, rest = text.split("Differences from neat-python 2.0")
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")][2:]
    return rows, re.findall(r"^- (.*)$", rest, re.MULTILINE)


def functions() -> set[str]:
    found = set()
    for path in (*ROOT.glob("tests/neat/test_*.py"), *ROOT.glob("tests/network/test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                found.add(f"{path.stem}::{node.name}")
    return found


def test_every_deviation_is_held_by_a_test():
    rows, items = sections()
    for lines, held in ((rows, PAPER), (items, NEAT_PYTHON)):
        for line in lines:
            assert sum(line.startswith(begin) for begin in held) == 1, f"no test is named for: {line}"
        assert len(lines) == len(held), "a deviation that is no longer on the page"
    named = {name for held in (PAPER, NEAT_PYTHON) for names in held.values() for name in names}
    assert named <= functions()
