"""One generation of CartPole at a given population, in a process of its own, whose peak memory is the generation's.

``python -m benchmarks.scale 1000000 --threads 2`` prints one JSON object.
"""

from __future__ import annotations

import argparse
import json

from benchmarks import ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("population", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    # A small one first: kernels compile or load, which is no part of a generation.
    ours.generations(100, 1, 1, asked.seed, threads=asked.threads)()
    turn = ours.generations(asked.population, 1, 1, asked.seed, threads=asked.threads)
    samples = [turn() for _ in range(asked.turns)]
    print(json.dumps([{"env_steps": sample.amount, "seconds": sample.seconds} for sample in samples]))


if __name__ == "__main__":
    main()
