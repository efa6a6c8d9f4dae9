"""A game of its own, with its own loop: rockets learn to land softly with little fuel, by ask and tell.

python examples/rocket.py [SEED]

Every network flies six rockets at once, all of them in arrays. In the end there are a champion's file, a picture of its
network, and a C header that flies the real thing.
"""

import sys

import numpy as np

from genesys_cli import Evolution

GRAVITY, THRUST = 1.6, 5.0  # metres per second squared
STEP = 0.1  # seconds
TANK = 60.0  # metres per second of thrust
TOO_LONG = 600  # steps
STARTS = np.array([[60, 0], [80, -5], [100, -10], [120, 5], [140, -15], [150, 0]], float)  # metres, metres per second


def fly(control, shape):
    """Let rockets fly until all have landed; return the cost of each flight, of this shape and one for each start.

    control: what throttles, one for each rocket, are made of: heights and speeds, (..., starts, 3)
    """
    height, speed = (np.broadcast_to(STARTS[:, k], (*shape, len(STARTS))).copy() for k in range(2))
    fuel, impact = np.full(height.shape, TANK), np.full(height.shape, 100.0)  # metres per second
    flying = np.full(height.shape, True)
    for _ in range(TOO_LONG):
        seen = np.stack([height / 100, speed / 20, fuel / TANK], axis=-1)
        throttle = np.clip(control(seen)[..., 0], 0, 1) * (fuel > 0)
        fuel -= np.where(flying, throttle * THRUST * STEP, 0)
        speed += np.where(flying, (throttle * THRUST - GRAVITY) * STEP, 0)
        height += np.where(flying, speed * STEP, 0)
        landed = flying & (height <= 0)
        impact[landed] = -speed[landed]
        flying &= ~landed
        if not flying.any():
            break
    return impact + 0.1 * (TANK - fuel)


def main(seed):
    study = Evolution(
        inputs=["height", "speed", "fuel"],
        outputs=["throttle"],
        seed=seed,
        population=150,
        minimise=True,
        solved_at=3.2,
        settings={"neat.node_add_prob": 0.2},
    )
    while not study.solved and study.generation < 200:
        networks = study.ask()
        costs = fly(networks.step, (len(networks),))  # (P, starts)
        study.tell(costs.mean(axis=1))
        if study.generation % 5 == 0:
            print(f"generation {study.generation}: best {study.best:.2f}, {study.statistics['species']} species")
    print(f"generation {study.generation}: best {study.best:.2f}, solved: {study.solved}")

    champion = study.champion
    costs = fly(lambda seen: np.array([champion.act(one) for one in seen]), ())
    print(f"flown once more, step by step: {costs.mean():.2f}, of six flights {costs.min():.2f} to {costs.max():.2f}")
    champion.save("rocket.json")
    champion.draw("rocket.svg")
    champion.export("rocket.h", name="rocket")
    study.save("rocket.npz")
    print("written: rocket.json, rocket.svg, rocket.h; Evolution.load('rocket.npz') goes on from here")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
