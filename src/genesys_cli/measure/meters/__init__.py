"""Energy of this machine: counters where they can be read, an estimate that says so where they cannot."""
