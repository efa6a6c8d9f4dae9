"""A generation in the world once more, written out step by step: who is powered when, and what each wait costs.

For genesys-15nm at 1.0 V and 200 MHz with a buffer of SRAM, and the nominal side of everything.
"""

import math
import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Which blocks have something to do while EvE breeds, the CPU chooses, the CPU prepares, ADAM plays, nobody does.
WORKS = {
    "eve": ("breeding",),
    "prng": ("breeding",),
    "sram": ("breeding", "species", "preparing", "playing"),
    "adam": ("playing",),
    "activation": ("playing",),
    "cpu": ("breeding", "species", "preparing", "playing"),
}
KEEPS = ("prng", "sram", "activation", "cpu")
PLAY = ("preparing", "playing", "waiting")


def static_joules(table_file, n, policy, pace_hz, robots="population", hertz=200e6, volts=1.0):
    """Return the joules of leakage, wake-ups and the timer, nominal. n: counts of one generation by column"""
    with open(table_file, "rb") as file:
        document = tomllib.load(file)
    number = {"eve": 256, "prng": 256, "sram": 48, "adam": 1024, "activation": 13 * 4096 * 4 / 1024, "cpu": 1}
    part = {"eve": ["pe", "split", "merge"], "prng": ["generator"], "sram": ["bank"], "adam": ["mac_16"]}
    part |= {"activation": ["kib"], "cpu": ["core", "memory"]}
    mw = {(e["component"], e["part"]): e["nominal"] for e in document["leakage"]}
    um2 = {(e["component"], e["part"]): e["nominal"] for e in document["area"]}
    states = document["states"]

    seconds = {"breeding": (n["evolve_cycles"] + n["dram_cycles"] + n["cpu_check_cycles"]) / hertz}
    seconds["species"] = (n["cpu_speciate_cycles"] + n["cpu_select_cycles"]) / hertz
    rest = n["generation_cycles"] / hertz - sum(seconds.values())
    seconds["playing"] = (
        sum(n[f"adam_{part}"] for part in ("cycles", "stall_banks", "stall_tables", "stall_dram", "stall_results"))
        + n["interface_operands"]
        + n["cpu_step_cycles"]
    ) / hertz
    seconds["preparing"] = rest - seconds["playing"]
    rounds = n["decisions"] if robots == "one" else n["longest_decisions"]
    seconds["waiting"] = rounds / pace_hz - seconds["playing"]

    # 40 mV of threshold for a volt, 68 mV for a decade of current at 300 K
    kelvin = document["corner"]["temperature_k"]["value"]
    grown = volts / 0.8 * 10 ** (0.04 * (volts - 0.8) / (0.068 * kelvin / 300))
    total = 0.0
    for block, works in WORKS.items():
        watts = number[block] * sum(mw[block, name] for name in part[block]) * 1e-3 * grown
        mm2 = number[block] * sum(um2[block, name] for name in part[block]) * 1e-6
        deep = "retention" if block in KEEPS else "off"

        def sleeps(span, works=works):
            if span in works or policy in ("none", "clock"):
                return False
            if policy == "retention":
                return True
            half = PLAY if span in PLAY else ("breeding", "species")
            return not any(other in works for other in half)

        for span, time in seconds.items():
            asleep = time if sleeps(span) else 0.0
            if span == "waiting" and asleep:
                asleep -= rounds * states[deep]["wake_s"]["nominal"]
            total += watts * (time - asleep + asleep * states[deep]["leakage"]["nominal"])
        # Walk through the generation: each step of the world is played and then waited for, and then EvE comes again.
        order = ["breeding", "species", "preparing", *["playing", "waiting"] * 2, "breeding"]
        weight = [1, 1, 1, 0, rounds - 1, 0, 1]  # of what comes after each: one round stands for all but the last
        for before, after, times in zip(order[:-1], order[1:], weight, strict=True):
            if sleeps(before) and not sleeps(after):
                total += times * states[deep]["rail_nf_mm2"]["nominal"] * 1e-9 * mm2 * volts**2
    if policy == "retention":
        total += states["timer_mw"]["nominal"] * 1e-3 * seconds["waiting"]
    assert all(time >= 0 for time in seconds.values())
    assert math.isfinite(total)
    return total
