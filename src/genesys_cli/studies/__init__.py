"""Studies: the same run over many seeds, side by side, summed up and compared. Prints nothing."""
