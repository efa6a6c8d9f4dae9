"""Evolve a network that balances CartPole's pole, then let it play in Gymnasium.

python examples/evolve_and_play.py [ENVIRONMENT]
"""

import sys

from genesys_cli import evolve

result = evolve(
    sys.argv[1] if len(sys.argv) > 1 else "CartPole",
    seed=10,
    on_generation=lambda row: print(f"generation {row['generation']}: best {row['best_fitness']:.1f}"),
)
champion = result.champion
print(f"solved: {result.solved}, mean of the held-out episodes: {champion.fitness:.1f}, kept in {result.run_dir}")

env = champion.make_env()  # render_mode="human" opens a window
for seed in range(3):
    observation, _ = env.reset(seed=seed)
    champion.reset()
    total, over = 0.0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(champion.act(observation))
        total += reward
        over = terminated or truncated
    print(f"episode {seed}: {total:.1f}")
env.close()
