"""Cycles of the chip's CPU: its routines in C, compiled for a Cortex-M0 and counted instruction by instruction.

``python -m benchmarks.m0`` compiles ``c/``, runs every routine on genomes and observations of this project in an
emulated CPU, checks each result against Python and prints cycles. It needs ``arm-none-eabi-gcc`` (Debian:
gcc-arm-none-eabi) and ``pip install 'genesys-cli[m0]'``, which is unicorn. Cycles follow from the table of ARM's
Technical Reference Manual for memories without wait states and with the multiplier that takes one cycle.
"""
