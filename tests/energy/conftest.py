import csv
import json
from pathlib import Path

import pytest

from genesys_cli.energy.table import load_table
from small_runs import start, tiny

COUNTS = Path(__file__).parents[1] / "data" / "chip_counts.json"


@pytest.fixture(scope="session")
def table():
    return load_table()


@pytest.fixture(scope="session")
def counts():
    """Counts of seven generations of 24 CartPole genomes on genesys-15nm, summed.

    What they have of DRAM, of crossed slots, of steps and of words of dense layers is made up.
    """
    return json.loads(COUNTS.read_text())


@pytest.fixture(scope="session")
def chip_run(tmp_path_factory):
    """Return a function that evolves on a chip and returns its settings and the rows of its ``metrics.csv``."""
    done = {}

    def run(*overrides):
        if overrides not in done:
            place = tmp_path_factory.mktemp("chip")
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(place)
                settings = tiny("CartPole", "run.backend=genesys", *overrides)
                start(settings, place / "run")
            with open(place / "run" / "metrics.csv", newline="") as file:
                rows = [{k: float(v) if v else None for k, v in row.items()} for row in csv.DictReader(file)]
            done[overrides] = settings.chip, rows
        return done[overrides]

    return run
