"""The worked example of the docs is what both models make."""

from __future__ import annotations

from pathlib import Path

from accelerator.eve import example

DOCS = Path(__file__).parents[3] / "docs" / "accelerator-eve.md"


def test_the_docs_show_the_child_that_both_models_make() -> None:
    _, child, _ = example.make()
    assert example.on_chip() == child
    assert "\n".join(example.lines()) in DOCS.read_text(encoding="utf-8")
