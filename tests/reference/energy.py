"""The chip's energy once more, from the table's file and counts alone: written out, for 15 nm and 16-bit operands."""

import math
import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


DISTANCE, CHECK = (715, 20), (272, 181)  # cycles of the CPU for each, and for each gene that it reads


def joules(
    table_file, n, *, volts=1.0, pes=256, banks=48, units=1024, hertz=200e6, tables=13, gated=True, segments=None
):
    """Return {"low", "nominal", "high"} of all lines together, bottom-up. n: counts by column, all of them given."""
    with open(table_file, "rb") as file:
        document = tomllib.load(file)
    pj = {(e["component"], e["action"]): e for e in document["energy"]}
    mw = {(e["component"], e["part"]): e for e in document["leakage"]}
    um2 = {(e["component"], e["part"]): e["nominal"] for e in document["area"]}

    buffer = math.sqrt(banks * um2["sram", "bank"]) / 1000
    eve = math.sqrt(pes * sum(um2["eve", part] for part in ("pe", "split", "merge"))) / 1000
    adam = math.sqrt(units * um2["adam", "mac_16"]) / 1000
    cpu = math.sqrt(um2["cpu", "core"] + um2["cpu", "memory"]) / 1000
    pitch = eve / math.sqrt(pes)

    genes = n["sram_reads"] + n["sram_writes"]
    by_cpu = n["distance_genes"] + n["cycle_check_genes"] + n["vectorise_reads"] + n["vectorise_writes"]
    operands_in, operands_out = n["adam_word_reads"], n["adam_word_writes"]
    bit_mm = 64 * (
        genes * ((buffer + eve) / 2 + eve - pitch)
        + (n["stream_words"] - n["sram_reads"] + n["merge_moves"]) * (eve - pitch)
        + (n["genes_in"] - n["stream_words"]) * pitch
        + by_cpu * (buffer + cpu) / 2
        + (operands_in + operands_out) * (buffer + adam) / 2
    )
    cpu_cycles = (
        n["distances"] * DISTANCE[0]
        + n["distance_genes"] * DISTANCE[1]
        + n["cycle_checks"] * CHECK[0]
        + n["cycle_check_genes"] * CHECK[1]
        + n["selection_cycles"]
        + n["vectorise_cycles"]
        + n["fitness_cycles"]
        + n["step_cycles"]
    )
    waits = n["stall_read"] + n["stall_write"] + n["stall_drain"] + n["idle_cycles"]
    times = {
        ("eve", "cycle"): n["pe_cycles"] + n["insert_cycles"],
        ("eve", "wait"): waits if gated else 0,
        ("eve", "register_bit"): (0 if gated else 1664 * waits) + 64 * n["skew_word_cycles"],
        ("prng", "word"): n["prng_words"],
        ("sram", "read"): n["sram_reads"]
        + n["distance_genes"]
        + n["cycle_check_genes"]
        + n["vectorise_reads"]
        + operands_in
        + n["dram_words"] / 2
        - n["distance_dram_reads"]
        - n["vectorise_dram_reads"]
        - n["adam_dram_reads"],
        ("sram", "write"): n["sram_writes"]
        + n["vectorise_writes"]
        + operands_out
        + n["dram_words"] / 2
        - n["vectorise_dram_writes"],
        ("noc", "bit_mm"): bit_mm,
        ("noc", "hop"): genes + by_cpu + operands_in + operands_out,
        ("adam", "mac_16"): n["useful_macs"] + n["padded_macs"],
        ("adam", "beside_16"): n["adam_crossed_slots"],
        ("adam", "register_bit"): n["adam_mac_slots"] * (16 + 16 + 32),
        ("adam", "node_update"): n["node_updates"] + n["interface_operands"],
        ("activation", "lookup" if segments is None else "interpolation"): n["table_lookups"],
        ("pads", "bit"): 32 * n["pad_words"],
        ("cpu", "cycle"): cpu_cycles,
        ("cpu", "fetch"): cpu_cycles,
        ("dram", "word"): n["dram_words"]
        + n["distance_dram_reads"]
        + n["vectorise_dram_reads"]
        + n["vectorise_dram_writes"]
        + n["adam_dram_reads"],
    }
    parts = {
        ("eve", "pe"): pes,
        ("eve", "split"): pes,
        ("eve", "merge"): pes,
        ("prng", "generator"): pes,
        ("adam", "mac_16"): units,
        ("sram", "bank"): banks,
        ("cpu", "core"): 1,
        ("cpu", "memory"): 1,
    }
    if segments is None:
        parts["activation", "kib"] = tables * 4096 * 4 / 1024
    else:
        parts |= {("activation", "multiplier"): tables, ("activation", "segment"): tables * segments}
    seconds = n["generation_cycles"] / hertz
    grown = volts / 0.8
    if "corner" in document:  # 40 mV of threshold for a volt, 68 mV for a decade of current at 300 K
        grown *= 10 ** (0.04 * (volts - 0.8) / (0.068 * document["corner"]["temperature_k"]["value"] / 300))
    sums = {}
    for bound in ("low", "nominal", "high"):
        dynamic = sum(
            count * pj[key][bound] * 1e-12 * (1 if pj[key]["scales"] == "nothing" else (volts / 0.8) ** 2)
            for key, count in times.items()
        )
        leaked = sum(number * mw[key][bound] * 1e-3 * grown * seconds for key, number in parts.items())
        sums[bound] = dynamic + leaked
    return sums
