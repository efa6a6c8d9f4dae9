"""How the buffer's words are laid out for the array: lines, which begin with tiles' headers, nodes, and destinations.

A *line* has a weight for each column of the array and above them an operand for each row. A tile is a header, in the
place of a line, and the lines that stream through. Each result of a tile has a node's word, and a list of destinations:
the lines that the array will read it from, and its register, if the processor does. A word has one destination.
"""

from __future__ import annotations

from typing import NamedTuple

from ...config.chip import ChipSettings
from ...facts import WORD
from ...names import ACTIVATIONS

STREAM_BITS = 16
SUMS_KEPT = 256  # partial sums of a block that a tile leaves to the next one

Fields = tuple[tuple[str, int], ...]  # of a word, the lowest first: name and width


class LineWords(NamedTuple):
    """How words are laid out for an array.

    header, node, destination: fields of a tile's header, which is a line; of a node's word; of a destination's
    weights_a_word, operands_a_word: how many lie in a word of 64 bits
    weight_words, operand_words: words of a line that hold weights, and those behind them that hold operands
    header_words: words of a line that a header takes
    queue: results that may be on their way; bank_words: words in a bank
    """

    header: Fields
    node: Fields
    destination: Fields
    weights_a_word: int
    operands_a_word: int
    weight_words: int
    operand_words: int
    header_words: int
    queue: int
    bank_words: int

    @property
    def line_words(self) -> int:
        return self.weight_words + self.operand_words


def line_words(chip: ChipSettings) -> LineWords:
    """Return how words are laid out for a chip's array."""
    adam, layout = chip.adam, chip.genes.resolved()
    address = bits_of(chip.buffer.words_per_bank)
    count, row = bits_of(adam.cols + 1), bits_of(adam.rows)
    fields = {field.name: field.width for field in (*layout.node, *layout.connection)}
    per_word = WORD // fields["weight"], WORD // layout.operand.width
    header = (
        ("starts", adam.cols),
        ("stream", STREAM_BITS),
        ("rows", bits_of(adam.rows + 1)),
        ("results", count),
        ("injected", count),
        ("sums", bits_of(SUMS_KEPT)),
        ("nodes", address),
        ("destinations", address),
        ("next", address),
        ("partial", 1),
        ("direct", 1),
        ("begins", 1),
        ("waits", 1),
        ("ends_step", 1),
    )
    return LineWords(
        header=header,
        node=(
            ("activation", bits_of(len(ACTIVATIONS))),
            ("response", fields["response"]),
            ("bias", fields["bias"]),
        ),
        destination=(("line", address), ("row", row), ("is_register", 1), ("is_last", 1)),
        weights_a_word=per_word[0],
        operands_a_word=per_word[1],
        weight_words=-(-adam.cols // per_word[0]),
        operand_words=-(-adam.rows // per_word[1]),
        header_words=-(-width_of(header) // WORD),
        queue=max(16, 1 << bits_of(4 * adam.cols)),
        bank_words=chip.buffer.words_per_bank,
    )


def width_of(fields: Fields) -> int:
    return sum(width for _, width in fields)


def bits_of(count: int) -> int:
    """Return the bits of a number below `count`."""
    return max(1, (count - 1).bit_length())
