"""A function of one's own evaluates networks: a crane is to bring its load to a place, where it must hang still.

cd examples; python crane.py [SEED [GENERATIONS]]

``genesys evolve --problem crane:evaluate`` evolves the same; worker processes import this file and call the function,
once for each network and seed.
"""

import math
import sys

import numpy as np

from genesys_cli import evolve

INPUTS = ["way", "speed", "angle", "swing"]  # to go, in 10 m; of the trolley; of the rope; how fast that changes
OUTPUTS = ["drive"]  # -1 to 1, of what the motor can do

STEP = 0.1  # s
MOTOR = 1.5  # m/s²
ROPE = 8.0  # m
GRAVITY = 9.81  # m/s²
STEPS = 250


def moves(drive_of, seed):
    """Yield (way in m, speed in m/s, angle in rad, angular speed in rad/s) of 25 seconds.

    drive_of: what the motor does, -1 to 1, of a network's four inputs
    """
    rng = np.random.default_rng(seed)
    way, speed = rng.choice([-1, 1]) * rng.uniform(10, 20), 0.0
    angle, swing = rng.uniform(-0.1, 0.1), 0.0
    for _ in range(STEPS):
        yield way, speed, angle, swing
        acceleration = MOTOR * min(max(drive_of([way / 10, speed / 2, 5 * angle, 5 * swing]), -1.0), 1.0)
        swing -= (GRAVITY * math.sin(angle) + acceleration * math.cos(angle)) / ROPE * STEP
        angle += swing * STEP
        speed += acceleration * STEP
        way -= speed * STEP


def evaluate(network, seed):
    """Return how well a crane works, where the seed puts the place: 0 would be there and at rest at once."""
    lost = 0.0
    for step, (way, speed, angle, swing) in enumerate(moves(lambda seen: network.activate(seen)[0], seed)):
        off = abs(way) / 20 + abs(speed) / 2 + 5 * abs(angle) + 5 * abs(swing)
        lost += min(off, 4.0) * (5 if step > STEPS - 50 else 1)
    return -lost / STEPS


def main(seed, generations):
    result = evolve(
        problem="crane:evaluate",
        seed=seed,
        episodes=3,
        generations=generations,
        on_generation=lambda row: print(f"generation {row['generation']}: best {row['best_fitness']:.3f}"),
    )
    champion = result.champion
    print(f"fitness with held-out seeds: {champion.fitness:.3f}, kept in {result.run_dir}")
    for number in range(3):
        champion.reset()
        (way, *_), *_, (left, _, angle, _) = moves(lambda seen: champion.act(np.array(seen))[0], number)
        print(f"a way of {abs(way):.1f} m: {abs(left):.2f} m off after 25 s, swings by {abs(angle) * ROPE:.2f} m")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1, int(sys.argv[2]) if len(sys.argv) > 2 else 40)
