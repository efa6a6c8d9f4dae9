"""A function of one's own evaluates networks: a rocket is to land softly on the moon, and to spare its fuel.

cd examples; python moon_landing.py [SEED [GENERATIONS]]

``genesys evolve --problem moon_landing:evaluate`` evolves the same; worker processes import this file and call the
function, once for each network and seed.
"""

import sys

import numpy as np

from genesys_cli import evolve

INPUTS = ["height", "speed"]
OUTPUTS = ["thrust"]

GRAVITY = 1.62  # m/s²
ENGINE = 4.0  # m/s² at full thrust
STEP = 0.2  # s
FUEL = 60.0  # s at full thrust


def flight(thrust_of, seed):
    """Yield (height in m, speed in m/s, fuel in s) until the rocket is down, or has been up for too long.

    thrust_of: what the thrust is, 0 to 1, of height and speed
    """
    rng = np.random.default_rng(seed)
    height, speed, fuel = rng.uniform(80, 120), rng.uniform(-20, 5), FUEL
    for _ in range(1000):
        yield height, speed, fuel
        if height <= 0:
            return
        thrust = min(max(thrust_of(height, speed), 0.0), 1.0) if fuel > 0 else 0.0
        fuel -= thrust * STEP
        speed += (ENGINE * thrust - GRAVITY) * STEP
        height += speed * STEP


def evaluate(network, seed):
    """Return how well a network lands from where the seed puts it: 0 would be at rest, and without fuel."""
    *_, (height, speed, fuel) = flight(lambda h, v: network.activate([h / 100, v / 20])[0], seed)
    crash = abs(speed) if height <= 0 else 100.0
    return -crash - 0.02 * (FUEL - fuel)


def main(seed, generations):
    result = evolve(
        problem="moon_landing:evaluate",
        seed=seed,
        generations=generations,
        on_generation=lambda row: print(f"generation {row['generation']}: best {row['best_fitness']:.2f}"),
    )
    champion = result.champion
    print(f"fitness with held-out seeds: {champion.fitness:.2f}, kept in {result.run_dir}")

    def thrust_of(height, speed):
        return champion.act(np.array([height / 100, speed / 20], np.float32))[0]

    for number in range(3):
        (start, first, _), *_, (_, speed, fuel) = flight(thrust_of, number)
        print(f"from {start:.0f} m at {first:.1f} m/s: lands at {speed:.2f} m/s, {FUEL - fuel:.1f} s of thrust")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1, int(sys.argv[2]) if len(sys.argv) > 2 else 30)
