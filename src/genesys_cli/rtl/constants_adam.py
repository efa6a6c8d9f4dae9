"""ADAM's part of the package: sizes of the array, formats of its numbers, and words of the buffer that it reads."""

from __future__ import annotations

from ..accelerator.adam.lines import STREAM_BITS, SUMS_KEPT, Fields, LineWords, bits_of, line_words, width_of
from ..accelerator.adam.numbers import NO_TABLE, TABLE_WITH_TAIL, fixed_point_of
from ..accelerator.adam.tables import SELU_TAIL_FRACTION, TABLES
from ..config.chip import ChipSettings
from ..errors import UserError
from ..facts import GUARD_BITS, WORD
from ..names import ACTIVATIONS

STAGES = 4  # from a sum to its register


def adam_words(chip: ChipSettings) -> LineWords:
    """Return how the buffer's words are laid out. Raises UserError for an array that the RTL cannot build."""
    _check(chip)
    words = line_words(chip)
    if words.line_words + 2 > chip.buffer.banks:
        raise UserError(
            f"buffer.banks = {chip.buffer.banks} is too few for ADAM's RTL: a line of an array of {chip.adam.rows} x "
            f"{chip.adam.cols} units has {words.line_words} words, and nodes and destinations take a bank each; choose "
            f"at least {words.line_words + 2} banks, or a smaller array"
        )
    if words.header_words > words.line_words:
        raise UserError(
            f"buffer.words_per_bank = {chip.buffer.words_per_bank}: a tile's header has {words.header_words} words, "
            f"more than a line of {chip.adam.rows} x {chip.adam.cols} units ({words.line_words}); choose fewer words, "
            "or a larger array"
        )
    return words


def _check(chip: ChipSettings) -> None:
    """Raise a UserError for what ADAM's RTL does not have."""
    adam = chip.adam
    fixed_point_of(chip)  # refuses formats
    if adam.rows < 2 or adam.cols < 2:
        raise UserError(
            f"adam.rows = {adam.rows} and adam.cols = {adam.cols}: the RTL's array has at least 2 x 2 units, so that a "
            "tile's header is read while the one before drains"
        )
    if adam.tiles != "serial":
        raise UserError(f"adam.tiles = {adam.tiles!r} is not in the RTL; choose 'serial'")
    if adam.function_unit != "table":
        raise UserError(f"adam.function_unit = {adam.function_unit!r} is not in the RTL; choose 'table'")
    layout = chip.genes.resolved()
    fields = {field.name: field for field in (*layout.node, *layout.connection)}
    fraction = fields["weight"].fraction + layout.operand.fraction + fields["response"].fraction
    finest = fraction + min(_log2(table.length) for table in TABLES.values())
    if adam.table_bits >= finest:
        raise UserError(
            f"adam.table_bits = {adam.table_bits} makes entries finer than a sum, which has {fraction} bits after the "
            f"point; the RTL takes at most {finest - 1}"
        )
    if fields["bias"].fraction > fraction:
        raise UserError(
            f"bias has {fields['bias'].fraction} bits after the point in genes.layout, more than response x sum "
            f"({fraction}), to which the RTL adds it; choose fewer"
        )
    if chip.buffer.words_per_bank < 4:
        raise UserError(f"buffer.words_per_bank = {chip.buffer.words_per_bank}: ADAM's RTL needs at least 4")


def adam_lines(chip: ChipSettings) -> list[str]:
    """Return the constants of a chip's array. Raises UserError where the RTL cannot build it."""
    words = adam_words(chip)
    layout = chip.genes.resolved()
    fields = {field.name: field for field in (*layout.node, *layout.connection)}
    weight, bias, response, operand = fields["weight"], fields["bias"], fields["response"], layout.operand
    sum_fraction = weight.fraction + operand.fraction
    z_fraction = sum_fraction + response.fraction
    kinds = bits_of(len(ACTIVATIONS))
    constants = {
        "ADAM_ROWS": chip.adam.rows,
        "ADAM_COLS": chip.adam.cols,
        "WEIGHTS_STAY": int(chip.adam.dataflow == "weight_stationary"),
        "WEIGHT_BITS": weight.width,
        "BIAS_BITS": bias.width,
        "BIAS_FRACTION": bias.fraction,
        "RESPONSE_BITS": response.width,
        "OPERAND_BITS": operand.width,
        "SUM_BITS": layout.accumulator_bits,
        "Z_FRACTION": z_fraction,
        "Z_BITS": max(response.width + layout.accumulator_bits, bias.width + z_fraction - bias.fraction) + 1,
        "GUARD_BITS": GUARD_BITS,
        "REGISTER_BITS": operand.width + GUARD_BITS,
        "REGISTER_FRACTION": operand.fraction + GUARD_BITS,
        "ROW_COUNT_BITS": bits_of(chip.adam.rows + 1),
        "ROW_BITS": bits_of(chip.adam.rows),
        "COLUMN_BITS": bits_of(chip.adam.cols),
        "COUNT_BITS": bits_of(chip.adam.cols + 1),
        "STREAM_BITS": STREAM_BITS,
        "ADDRESS_BITS": bits_of(words.bank_words),
        "BANK_WORDS": words.bank_words,
        "ADAM_BANKS": words.line_words + 2,
        "BANK_BITS": bits_of(words.line_words + 2),
        "PARTIAL_SUMS": SUMS_KEPT,
        "PARTIAL_BITS": bits_of(SUMS_KEPT),
        "QUEUE": words.queue,
        "QUEUE_BITS": bits_of(words.queue),
        "OUTSTANDING_BITS": bits_of(2 * words.queue),
        "FUNCTION_STAGES": STAGES,
        "WEIGHTS_A_WORD": words.weights_a_word,
        "OPERANDS_A_WORD": words.operands_a_word,
        "OPERAND_LANES": -(-WORD // operand.width),
        "WEIGHT_WORDS": words.weight_words,
        "LINE_WORDS": words.line_words,
        "WORD_COUNT_BITS": bits_of(words.line_words + 3),
        "LINE_BITS": words.line_words * WORD,
        "HEADER_WORDS": words.header_words,
        "HEADER_BITS": width_of(words.header),
        "NODE_WORD_BITS": width_of(words.node),
        "DESTINATION_BITS": width_of(words.destination),
        "ACTIVATION_BITS": kinds,
    }
    return [
        *(f"localparam int {name} = {value};" for name, value in constants.items()),
        "",
        *_struct("tile_header_t", words.header, ()),
        *_struct("node_word_t", words.node, ("response", "bias")),
        *_struct("destination_t", words.destination, ()),
        *_struct("stream_token_t", (("row", bits_of(chip.adam.rows)), ("last", 1), ("first", 1), ("valid", 1)), ()),
        "",
        *_tables(chip, kinds, constants["Z_BITS"], z_fraction),
    ]


def _tables(chip: ChipSettings, kinds: int, z_bits: int, z_fraction: int) -> list[str]:
    """Return what tables and wired functions are: their codes, intervals, and places in the ROM."""
    numbers = fixed_point_of(chip)
    bits = chip.adam.table_bits
    longest = max(_log2(table.length) for table in TABLES.values())
    tables = {
        kind: (int(numbers.base[kind]) >> bits, TABLES[name])
        for kind, name in enumerate(ACTIVATIONS)
        if numbers.table_kind[kind] != NO_TABLE
    }
    entries = max(1, len(tables)) << bits
    number_bits = bits_of(max(2, len(tables)))
    shift = bits_of(longest + 1)
    tails = [kind for kind in tables if numbers.table_kind[kind] == TABLE_WITH_TAIL]

    def chosen(result: str, name: str, values: dict[int, str], otherwise: str) -> list[str]:
        cases = [f"  {kinds}'d{kind}: {name} = {value};  // {ACTIVATIONS[kind]}" for kind, value in values.items()]
        return [
            f"function automatic logic {result}{name}(input logic [{kinds - 1}:0] kind);",
            "  case (kind)",
            *(f"  {case}" for case in cases),
            f"    default: {name} = {otherwise};",
            "  endcase",
            "endfunction",
        ]

    lows = {kind: int(table.low * 2**z_fraction) for kind, (_, table) in tables.items()}
    lengths = {kind: _log2(table.length) for kind, (_, table) in tables.items()}
    return [
        *(
            f"localparam logic [{kinds - 1}:0] KIND_{name.upper()} = {kinds}'d{ACTIVATIONS.index(name)};"
            for name in ("relu", "abs", "clamped", "hat", "selu")
        ),
        f"localparam int TAIL_FRACTION = {SELU_TAIL_FRACTION};",
        f"localparam int SELU_TAIL = {int(TABLES['selu'].tail * 2**SELU_TAIL_FRACTION)};",
        f"localparam int TABLE_BITS = {bits};",
        f"localparam int TABLE_NUMBER_BITS = {number_bits};",
        f"localparam int ROM_ENTRIES = {entries};",
        f"localparam int ROM_BITS = {bits_of(entries)};",
        f"localparam int LONGEST_TABLE = {longest};",
        *chosen("", "is_table", dict.fromkeys(tables, "1'b1"), "1'b0"),
        *chosen("", "has_tail", dict.fromkeys(tails, "1'b1"), "1'b0"),
        *chosen(
            f"[{number_bits - 1}:0] ",
            "table_number",
            {kind: f"{number_bits}'d{number}" for kind, (number, _) in tables.items()},
            "'0",
        ),
        *chosen(
            f"signed [{z_bits - 1}:0] ",
            "table_low",
            {kind: f"{'-' if low < 0 else ''}{z_bits}'sd{abs(low)}" for kind, low in lows.items()},
            "'0",
        ),
        *chosen(f"[{shift - 1}:0] ", "table_length", {k: f"{shift}'d{n}" for k, n in lengths.items()}, "'0"),
        *chosen(f"[{shift - 1}:0] ", "table_shift", {k: f"{shift}'d{longest - n}" for k, n in lengths.items()}, "'0"),
    ]


def rom_files(chip: ChipSettings) -> dict[str, str]:
    """Return the contents of ADAM's ROM for ``$readmemh``, by the name of their file."""
    digits = -(-(chip.genes.resolved().operand.width + GUARD_BITS) // 4)
    mask = (1 << chip.genes.resolved().operand.width + GUARD_BITS) - 1
    entries = fixed_point_of(chip).tables.tolist()
    return {"activations.hex": "".join(f"{entry & mask:0{digits}x}\n" for entry in entries)}


def _struct(name: str, fields: Fields, signed: tuple[str, ...]) -> list[str]:
    inside = [
        f"  logic {'signed ' if field in signed else ''}[{width - 1}:0] {field};" if width > 1 else f"  logic {field};"
        for field, width in reversed(fields)
    ]
    return ["typedef struct packed {", *inside, f"}} {name};"]


def _log2(length: float) -> int:
    return int(length).bit_length() - 1
