"""The blocks of the GeneSys chip for hwcomponents: genesys-cli's energy table, one class for each block."""

from .components import (
    PE,
    ActivationTable,
    Cpu,
    Dram,
    GeneMerge,
    GeneSplit,
    Mac,
    Noc,
    NodeUpdate,
    Pads,
    PiecewiseActivation,
    Prng,
    SramBank,
)

__all__ = [
    "PE",
    "ActivationTable",
    "Cpu",
    "Dram",
    "GeneMerge",
    "GeneSplit",
    "Mac",
    "Noc",
    "NodeUpdate",
    "Pads",
    "PiecewiseActivation",
    "Prng",
    "SramBank",
]
