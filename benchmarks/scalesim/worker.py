"""Runs in the environment that has SCALE-Sim: reads GEMMs on standard input, prints what SCALE-Sim counts for each.

Knows nothing of this project. One line of input is a JSON object with ``rows``, ``cols``, ``dataflow`` (``os`` or
``ws``) and ``shapes``, a list of [M, N, K]; the answer is a line of JSON, the list of cycles.
"""

from __future__ import annotations

import contextlib
import csv
import json
import sys
import tempfile
from pathlib import Path

from scalesim.scale_sim import scalesim

CONFIG = """\
[general]
run_name = shapes
[architecture_presets]
ArrayHeight = {rows}
ArrayWidth = {cols}
IfmapSramSzkB = 4096
FilterSramSzkB = 4096
OfmapSramSzkB = 4096
IfmapOffset = 0
FilterOffset = 10000000
OfmapOffset = 20000000
Dataflow = {dataflow}
Bandwidth = 10
ReadRequestBuffer = 64
WriteRequestBuffer = 64
[layout]
IfmapCustomLayout = False
IfmapSRAMBankBandwidth = 10
IfmapSRAMBankNum = 10
IfmapSRAMBankPort = 2
FilterCustomLayout = False
FilterSRAMBankBandwidth = 10
FilterSRAMBankNum = 10
FilterSRAMBankPort = 2
[sparsity]
SparsitySupport = false
[run_presets]
InterfaceBandwidth = CALC
UseRamulatorTrace = False
"""


def cycles(job: dict, folder: Path) -> list[int]:
    """Return SCALE-Sim's cycles, without prefetching, of every shape of `job`."""
    (folder / "scale.cfg").write_text(CONFIG.format(**job))
    gemms = [f"gemm{i},{m},{n},{k},\n" for i, (m, n, k) in enumerate(job["shapes"])]
    (folder / "gemm.csv").write_text("Layer,M,N,K,\n" + "".join(gemms))
    ones = "1," * 20
    (folder / "layout.csv").write_text("Layer\n" + "".join(f"gemm{i},{ones}\n" for i in range(len(gemms))))
    run = scalesim(
        save_disk_space=True,
        verbose=False,
        config=str(folder / "scale.cfg"),
        topology=str(folder / "gemm.csv"),
        layout=str(folder / "layout.csv"),
        input_type_gemm=True,
    )
    with contextlib.redirect_stdout(sys.stderr):
        run.run_scale(top_path=str(folder))
    with (folder / "shapes" / "COMPUTE_REPORT.csv").open() as report:
        found = [{key.strip(): value for key, value in row.items()} for row in csv.DictReader(report)]
    return [int(float(row["Total Cycles"])) for row in found]


def main() -> None:
    for line in sys.stdin:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(cycles(json.loads(line), Path(folder))), flush=True)


if __name__ == "__main__":
    main()
