"""What a generation costs: its work, memory, time and energy, on this machine, the chip and other platforms."""
