"""EvE's part of the generated package: sizes, the layout of gene words, and what modules hand to one another."""

from __future__ import annotations

from ..accelerator.eve.groups import PREFETCH, QUEUE
from ..accelerator.eve.registers import CANDIDATES
from ..accelerator.eve.thresholds import SCALE_BITS, SCALE_WIDTH, UNIFORM_BITS
from ..config.chip import ChipSettings
from ..config.layout import FieldSettings
from ..names import ACTIVATIONS

PLACE_ROW, PLACE_BANK = 20, 12  # bits of a place's row and bank in the registers that the CPU writes

COUNTERS = (
    *("cycles", "slots", "stall_read", "stall_write", "fill", "flush", "stall_drain", "insert_cycles", "idle_cycles"),
    *("fitter_genes", "other_genes", "crossovers", "perturbations", "saturations", "deleted_nodes", "kept_nodes"),
    *("deleted_conns", "dangling_conns", "split_conns", "refused_nodes", "joined", "sram_reads", "sram_writes"),
    "draws",
)
"""What ``eve_counters.sv`` counts, in its order."""

_TYPES = """
typedef logic [63:0] word_t;
typedef logic [KEY_W-1:0] key_t;
typedef logic [ID_W-1:0] id_t;
typedef logic [COUNT_W-1:0] count_t;
typedef logic signed [15:0] raw_t;

// Where a word lies in the genome buffer.
typedef struct packed {
  logic [ROW_W-1:0]  row;
  logic [BANK_W-1:0] bank;
} place_t;

// The place of the next word: it lies in the next bank.
function automatic place_t behind(input place_t place);
  place_t following;
  following = place;
  if (place.bank == BANK_W'(BANKS - 1)) begin
    following.bank = '0;
    following.row  = place.row + 1'b1;
  end else following.bank = place.bank + 1'b1;
  return following;
endfunction

// Where a genome's genes lie: its nodes, and its connections.
typedef struct packed {
  place_t nodes;
  place_t conns;
  count_t n_nodes;
  count_t n_conns;
} stream_t;

// An event that takes two draws, one below each number.
typedef struct packed {
  logic [8:0] gate;
  logic [8:0] threshold;
} event_t;

// A fixed-point attribute, in units of its field; scales have SCALE_BITS bits after the point.
typedef struct packed {
  logic [8:0]         perturb_below;
  logic [8:0]         replace_below;
  logic [SCALE_W-1:0] power;
  logic [SCALE_W-1:0] spread;
  raw_t               mean;
  raw_t               low;
  raw_t               high;
} attribute_t;

// What all children of a run share.
typedef struct packed {
  attribute_t                    weight;
  attribute_t                    bias;
  attribute_t                    response;
  event_t                        attributes;
  logic [8:0]                    crossover;
  logic [8:0]                    disabled;
  logic [8:0]                    toggled;
  logic [8:0]                    activation;
  logic                          uniform;
  logic                          output_fixed;
  logic                          feed_forward;
  logic [4:0]                    n_options;
  logic [MAX_OPTIONS-1:0][4:0]   options;
  logic [4:0]                    activation_new;
  raw_t                          response_new;
  raw_t                          weight_new;
} common_t;

// What a bank is to do.
typedef struct packed {
  logic             valid;
  logic             write;
  logic [ROW_W-1:0] row;
  word_t            word;
} bank_access_t;

// What a child has of its own.
typedef struct packed {
  logic         active;
  logic         elite;
  logic [23:0]  number;
  event_t       node_delete;
  event_t       conn_delete;
  event_t       node_add;
  event_t       ends;
  event_t       conn_add;
} child_t;

// What gene split hands out in a cycle.
typedef struct packed {
  word_t gene;    // the fitter parent's, where it has one, else the other's
  word_t mate;    // the other parent's, where both have the gene, else the same as `gene`
  logic  valid;
  logic  fitter;  // whether the fitter parent has it: else it is a bubble
  logic  other;
  logic  over;    // nothing is to come
} slot_t;

// A pair of ends that may be joined.
typedef struct packed {
  id_t source;
  id_t destination;
} ends_t;

// What the CPU decides on a child's candidates.
typedef struct packed {
  logic       accept;
  logic [1:0] candidate;
  place_t     at;
  count_t     moved;  // connections behind it, which move up by a word
} answer_t;

// What a gene and its draws are before perturbation, before deletion, and before addition. A gene that `joins` is not
// of a parent: the CPU has decided that it is added.
typedef struct packed {
  logic        valid;
  logic        joins;
  word_t       gene;
  logic [7:0]  toggle;
  logic        coin;
  logic [31:0] decisions;
  logic [31:0] noise;
  logic [31:0] rare;
} mixed_t;

typedef struct packed {
  logic        valid;
  logic        joins;
  word_t       gene;
  logic        coin;
  logic [15:0] splitting;
  logic [31:0] rare;
} perturbed_t;

typedef struct packed {
  logic        valid;
  logic        joins;
  word_t       gene;
  logic        coin;
  logic [15:0] splitting;
  logic [15:0] offering;
} kept_t;

// What an element does in a cycle, for those that count.
typedef struct packed {
  logic       slot;
  logic       stall_read;
  logic       stall_write;
  logic       fill;
  logic       flush;
  logic       drain;
  logic       insert;
  logic       idle;
  logic       fitter;
  logic       other;
  logic [1:0] perturbed;
  logic [1:0] saturated;
  logic       deleted_node;
  logic       kept_node;
  logic       deleted_conn;
  logic       dangling;
  logic       split;
  logic       refused_node;
  logic       joined;
  logic       emitted;
  logic       draws;
} events_t;
"""


def eve_lines(chip: ChipSettings) -> list[str]:
    """Return the lines of the package that EvE needs."""
    layout = chip.genes.resolved()
    node = {field.name: field for field in layout.node}
    connection = {field.name: field for field in layout.connection}
    sizes = {
        "PES": chip.eve.pes,
        "BANKS": chip.buffer.banks,
        "WORDS_PER_BANK": chip.buffer.words_per_bank,
        "MAX_DELETED": chip.eve.max_deleted_nodes,
        "CANDIDATES": CANDIDATES,
        "PREFETCH": PREFETCH,
        "EVE_QUEUE": QUEUE,
        "READERS": 2 * chip.eve.pes,
        "REQUESTERS": 3 * chip.eve.pes,
        "PE_W": _bits(chip.eve.pes),
        "BANK_W": _bits(chip.buffer.banks),
        "ROW_W": _bits(chip.buffer.words_per_bank),
        "COUNT_W": chip.buffer.words.bit_length(),
        "MAX_OPTIONS": len(ACTIVATIONS),
        "SCALE_W": SCALE_WIDTH,
        "SCALE_BITS": SCALE_BITS,
        "UNIFORM_W": UNIFORM_BITS,
        "MAX_NODES": layout.max_nodes,
        "COUNTERS": len(COUNTERS),
        "KEY_W": 1 + node["id"].width + connection["destination"].width,
    }
    fields = [
        ("TYPE", node["type"]),
        ("KIND", node["kind"]),
        ("ID", node["id"]),
        ("DESTINATION", connection["destination"]),
        ("BIAS", node["bias"]),
        ("RESPONSE", node["response"]),
        ("WEIGHT", connection["weight"]),
        ("ACTIVATION", node["activation"]),
        ("ENABLE", connection["enable"]),
    ]
    lines = [f"localparam int unsigned {name} = {value};" for name, value in sizes.items()]
    for name, field in fields:
        lines.append(f"localparam int unsigned {name}_AT = {field.offset};")
        lines.append(f"localparam int unsigned {name}_W = {field.width};")
    genome = node.get("genome")
    lines.append(f"localparam int unsigned GENOME_AT = {genome.offset if genome else 0};")
    lines.append(f"localparam logic [63:0] GENOME_MASK = 64'h{_mask(genome):016x};")
    lines += ["localparam logic [1:0] HIDDEN = 0, INPUT = 1, OUTPUT = 2;"]
    return lines + _TYPES.strip("\n").split("\n")


def _bits(count: int) -> int:
    """Return the width of a number below `count`."""
    return max(1, (count - 1).bit_length())


def _mask(field: FieldSettings | None) -> int:
    """Return ones where a field lies in a word; nowhere for an absent one."""
    return ((1 << field.width) - 1) << field.offset if field else 0
