"""Cells of memories as NVSim wants them described.

The numbers are those of NVMExplorer (L. Pentecost et al., "NVMExplorer: A Framework for Cross-Stack Comparisons of
Embedded Non-Volatile Memories", arXiv 2109.01188; github.com/lpentecost/NVMExplorer): its defaults, and its best and
worst cells, each of which takes the best or the worst figure of any publication in its survey.
"""

from __future__ import annotations

SRAM = {
    "MemCellType": "SRAM",
    "CellArea (F^2)": 146,
    "CellAspectRatio": 1.46,
    "AccessType": "CMOS",
    "AccessCMOSWidth (F)": 1.31,
    "SRAMCellNMOSWidth (F)": 2.08,
    "SRAMCellPMOSWidth (F)": 1.23,
    "ReadMode": "voltage",
    "ReadVoltage (V)": 1.1,
    "MinSenseVoltage (mV)": 80,
    "Stitching": 16,
}


def stt(area: int, read_v: float, read_uw: float, pulse_ns: float, write_pj: float) -> dict[str, object]:
    """Return a cell of a magnetic tunnel junction and a transistor. area: F^2; write_pj: of a bit"""
    return {
        "MemCellType": "MRAM",
        "CellArea (F^2)": area,
        "CellAspectRatio": 1.46,
        "AccessType": "CMOS",
        "AccessCMOSWidth (F)": 6,
        "ResistanceOn (ohm)": 3000,
        "ResistanceOff (ohm)": 6000,
        "ReadMode": "current",
        "ReadVoltage (V)": read_v,
        "MinSenseVoltage (mV)": 25,
        "ReadPower (uW)": read_uw,
        **_pulses("current", "Current (uA)", 80, 80, pulse_ns, pulse_ns, write_pj, write_pj),
    }


def reram(reset_ns: float, set_ns: float) -> dict[str, object]:
    """Return a cell of a resistive switch and a transistor."""
    return {
        "MemCellType": "memristor",
        "CellArea (F^2)": 53,
        "CellAspectRatio": 1.46,
        "AccessType": "CMOS",
        "AccessCMOSWidth (F)": 6,
        **_resistances(100000, 10000000, 100000, 10000000, 1000000, 10000000, 500000),
        "ReadMode": "current",
        "ReadVoltage (V)": 0.4,
        "ReadPower (uW)": 0.16,
        **_pulses("voltage", "Voltage (V)", 2.0, 2.0, reset_ns, set_ns, 0.6, 0.6),
    }


def fefet(volts: float, pulse_ns: float, reset_pj: float, set_pj: float) -> dict[str, object]:
    """Return a cell of one ferroelectric transistor."""
    return {
        "MemCellType": "FeFET",
        "CellArea (F^2)": 15,
        "CellAspectRatio": 1,
        "AccessType": "CMOS",
        "AccessCMOSWidth (F)": 0.01,
        "VoltageDropAccessDevice (V)": 0.01,
        **_resistances(30000, 30000, 20000000000, 20000000000, 70000, 20000000000, 23000000000),
        "ReadMode": "current",
        "ReadVoltage (V)": -0.03,
        "ReadPower (uW)": 0.0014,
        **_pulses("voltage", "Voltage (V)", -volts, volts, pulse_ns, pulse_ns, reset_pj, set_pj),
    }


def _resistances(*ohms: int) -> dict[str, object]:
    names = ("OnAtSet", "OffAtSet", "OnAtReset", "OffAtReset", "OnAtRead", "OffAtRead", "OnAtHalfReset")
    found: dict[str, object] = {
        f"Resistance{name}Voltage (ohm)": value for name, value in zip(names, ohms, strict=True)
    }
    return {**found, "CapacitanceOn (F)": "1e-16", "CapacitanceOff (F)": "1e-16"}


def _pulses(mode: str, of: str, reset: float, sets: float, *rest: float) -> dict[str, object]:
    reset_ns, set_ns, reset_pj, set_pj = rest
    return {
        "ResetMode": mode,
        f"Reset{of}": reset,
        "ResetPulse (ns)": reset_ns,
        "ResetEnergy (pJ)": reset_pj,
        "SetMode": mode,
        f"Set{of}": sets,
        "SetPulse (ns)": set_ns,
        "SetEnergy (pJ)": set_pj,
    }


CELLS: dict[str, dict[str, object]] = {
    "sram": dict(SRAM),
    "stt-best": stt(14, 0.08, 3.9, 2, 0.6),
    "stt-default": stt(54, 0.25, 30, 10, 1),
    "stt-worst": stt(75, 1.25, 21.6, 200, 4.5),
    "reram-default": reram(10, 10),
    "reram-best": reram(100, 5),
    "fefet-default": fefet(2.0, 20, 0.0002, 0.0029),
    "fefet-slow": fefet(3.0, 1340, 0.00311, 0.00311),
}
