"""A Cortex-M0 that counts cycles: unicorn executes, this table says what each instruction takes.

The table is that of ARM's Cortex-M0 Technical Reference Manual (DDI 0432C, section 3.3): memories without wait states,
and of the two multipliers that one can choose the one that takes a cycle (the small one takes 32).
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CODE, CODE_BYTES = 0x0, 0x10000
DATA, DATA_BYTES = 0x20000000, 0x400000
RETURN = CODE_BYTES - 2  # where a routine returns to; nothing is executed there
STACK_BYTES = 0x1000  # at the end of data memory
CALL = 4  # cycles of the BL that calls a routine
MULTIPLY = 1
BARRIER = 4  # cycles of MRS, MSR and barriers, the 32-bit instructions besides BL
_ARGUMENTS = 4  # that registers hold; the others are on the stack


class Cost(NamedTuple):
    """Cycles of an instruction when the next one follows it, and when another one does."""

    falls: int
    branches: int


def cost_of(first: int, second: int = 0) -> Cost:
    """Return the cycles of the instruction whose halfwords these are; raises ValueError where there is none in ARMv6-M.

    second: of the 32-bit instructions, whose first halfword begins with 11101, 11110 or 11111
    """
    top = first >> 12
    if first >> 11 in (0b11101, 0b11110, 0b11111):
        if first >> 11 == 0b11110 and second >> 14 == 0b11 and second >> 12 & 1:
            return Cost(4, 4)  # BL
        if first >> 4 in (0xF38, 0xF3B, 0xF3E):
            return Cost(BARRIER, BARRIER)  # MSR, barriers, MRS
        raise ValueError(f"{first:#06x} {second:#06x} is no instruction of ARMv6-M")
    if top <= 0x3:  # shifts, additions, moves and comparisons with an immediate
        return Cost(1, 1)
    if top == 0x4:
        if first >> 10 == 0b010000:  # data processing
            multiplies = first >> 6 & 15 == 0b1101
            cycles = MULTIPLY if multiplies else 1
            return Cost(cycles, cycles)
        if first >> 10 == 0b010001:  # ADD, CMP and MOV of any registers; BX and BLX
            return Cost(3, 3) if first >> 8 & 3 == 3 else Cost(1, 3)  # 3 where the PC is written
        return Cost(2, 2)  # LDR from a literal pool
    if top <= 0x9:  # loads and stores of a word, halfword or byte
        return Cost(2, 2)
    if top == 0xA:  # ADR, and ADD of SP and an immediate
        return Cost(1, 1)
    if top == 0xB:
        return _miscellaneous(first)
    if top == 0xC:  # STM and LDM
        count = (first & 255).bit_count()
        return Cost(1 + count, 1 + count)
    if top == 0xD and first >> 8 & 15 < 14:  # conditional branches
        return Cost(1, 3)
    if top == 0xE:  # B
        return Cost(3, 3)
    raise ValueError(f"{first:#06x} is no instruction that a routine may have")


def _miscellaneous(word: int) -> Cost:
    """Return the cycles of an instruction that begins with 1011."""
    registers = (word & 255).bit_count()
    if word >> 9 == 0b1011010:  # PUSH; bit 8 is LR
        count = registers + (word >> 8 & 1)
        return Cost(1 + count, 1 + count)
    if word >> 9 == 0b1011110:  # POP; bit 8 is PC, which counts as a register
        return Cost(5 + registers, 5 + registers) if word >> 8 & 1 else Cost(1 + registers, 1 + registers)
    if word >> 8 in (0xB0, 0xB2, 0xBA) or word == 0xBF00:  # ADD and SUB of SP, extensions, REV, NOP
        return Cost(1, 1)
    raise ValueError(f"{word:#06x} is no instruction that a routine may have")


class Machine:
    """A CPU with a program in its memory. Data are put into its RAM one after the other, and read back by address."""

    def __init__(self, image: bytes, origin: int) -> None:
        import unicorn
        from unicorn import arm_const

        self._registers = arm_const
        self._uc: Any = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self._uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M0)
        self._uc.mem_map(CODE, CODE_BYTES)
        self._uc.mem_map(DATA, DATA_BYTES)
        self._uc.mem_write(origin, image)
        self._path: list[int] = []
        path = self._path
        self._uc.hook_add(unicorn.UC_HOOK_CODE, lambda _uc, address, _size, _data: path.append(address))
        self._falls = np.zeros(CODE_BYTES // 2, np.int64)
        self._branches = np.zeros(CODE_BYTES // 2, np.int64)
        self._size = np.full(CODE_BYTES // 2, 2, np.int64)
        halves = [half for (half,) in struct.iter_unpack("<H", image.ljust(len(image) + len(image) % 2, b"\0"))]
        for k, half in enumerate(halves):  # constants between functions have a cost, too, but are never executed
            try:
                cost = cost_of(half, halves[k + 1] if k + 1 < len(halves) else 0)
            except ValueError:
                continue
            at = origin // 2 + k
            self._falls[at], self._branches[at] = cost
            self._size[at] = 4 if half >> 11 in (0b11101, 0b11110, 0b11111) else 2
        self._free = DATA

    def clear(self) -> None:
        """Forget all data."""
        self._free = DATA

    def put(self, data: bytes | NDArray[Any]) -> int:
        """Write data to free memory, aligned to eight bytes, and return their address."""
        raw = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
        at = self.room(len(raw))
        self._uc.mem_write(at, raw)
        return at

    def room(self, size: int) -> int:
        """Return the address of `size` bytes of free memory, which are 0."""
        at = self._free
        self._free += -(-size // 8) * 8
        if self._free > DATA + DATA_BYTES - STACK_BYTES:
            raise MemoryError(f"{size} bytes do not fit in the emulated memory")
        self._uc.mem_write(at, bytes(self._free - at))
        return at

    def get(self, address: int, dtype: Any, count: int) -> NDArray[Any]:
        """Return what `count` elements in memory hold."""
        return np.frombuffer(bytes(self._uc.mem_read(address, np.dtype(dtype).itemsize * count)), dtype)

    def call(self, address: int, *arguments: int) -> tuple[int, int]:
        """Call the function at `address`; return what it returns, and the cycles from its BL to its return.

        arguments: numbers of 32 bits, the first four in registers
        """
        arm, uc = self._registers, self._uc
        for k, value in enumerate(arguments[:_ARGUMENTS]):
            uc.reg_write(arm.UC_ARM_REG_R0 + k, value & 0xFFFFFFFF)
        rest = b"".join(struct.pack("<I", value & 0xFFFFFFFF) for value in arguments[_ARGUMENTS:])
        stack = DATA + DATA_BYTES - -(-len(rest) // 8) * 8
        uc.mem_write(stack, rest)
        uc.reg_write(arm.UC_ARM_REG_SP, stack)
        uc.reg_write(arm.UC_ARM_REG_LR, RETURN | 1)
        self._path.clear()
        uc.emu_start(address | 1, RETURN)
        return int(uc.reg_read(arm.UC_ARM_REG_R0)), CALL + self._cycles()

    def _cycles(self) -> int:
        """Return the cycles of the instructions that were executed."""
        path = np.array([*self._path, RETURN], np.int64)
        at = path[:-1] // 2
        if not self._falls[at].all():
            raise ValueError(f"no cycles are known of the instruction at {path[int(np.argmin(self._falls[at]))]:#x}")
        followed = path[1:] == path[:-1] + self._size[at]
        return int(np.where(followed, self._falls[at], self._branches[at]).sum())
