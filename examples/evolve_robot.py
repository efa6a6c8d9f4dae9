"""Evolve a controller for an environment and a fitness of one's own, see line_follower.py; robot.c then drives with it.

cd examples; python evolve_robot.py [GENERATIONS [POPULATION]]
"""

import sys

from genesys_cli import evolve

generations = int(sys.argv[1]) if len(sys.argv) > 1 else 30
population = int(sys.argv[2]) if len(sys.argv) > 2 else 100
result = evolve(
    "line_follower:LineFollower-v0",
    seed=1,
    generations=generations,
    population=population,
    settings={"evaluation.fitness": "line_follower:steady", "evaluation.solved_at": 289},
    on_generation=lambda row: print(f"generation {row['generation']}: best {row['best_fitness']:.1f}"),
)
print(f"fitness {result.champion.fitness:.1f}, solved: {result.solved}")
print(f"genesys export {result.run_dir} --output controller.h --name controller")
