"""Facts that packages share which may not import one another. Kernels read them as globals, so they are constants."""

CHUNK = 4
"""Edges that the inner loop over a node's edges takes at a time, and to a multiple of which a plan pads them."""

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772

WORD = 64
"""Bits of a word of the genome buffer, which is a gene."""

GUARD_BITS = 16
"""Bits that a node's register on the chip, and so an entry of a table, has below an operand's last one."""

WIRED = ("identity", "relu", "abs", "clamped", "hat")
"""Activations that the chip computes without a table: straight lines, exact up to the rounding of values."""

SLOT_WORDS = 4
"""Random words that a PE draws for a slot, whatever happens in it."""
