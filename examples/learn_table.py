"""Learn a table: which species an iris is of, from four measurements (Fisher 1936), and write the network as C.

python learn_table.py [GENERATIONS]
"""

import csv
import sys
from pathlib import Path

from genesys_cli import evolve

TABLE = Path(__file__).with_name("iris.csv")
GENERATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 60

result = evolve(data=TABLE, target="species", generations=GENERATIONS, seed=1)
champion = result.champion
assert champion is not None

found = result.summary["data"]
print(f"log loss of {found['held_out_rows']} held-out flowers: {champion.fitness:.3f}")
print(f"accuracy: {found['scores']['accuracy']:.3f}")

with TABLE.open(newline="") as file:
    rows = list(csv.reader(file))[1:]
for row in rows[::50]:
    (species,) = champion.predict([[float(cell) for cell in row[:4]]])
    print(f"{', '.join(row[:4])} cm: {species}, in truth {row[4]}")

print(f"genesys inspect {result.run_dir} --draw iris.svg")
print(f"genesys export {result.run_dir} --output iris.h")
