"""The physics of ``puck.py`` as an environment of Gymnasium: ``genesys evolve --env puck_gym:Puck-v0`` in this folder.

``python -m benchmarks.puck`` in the folder above measures both.
"""

import gymnasium
import numpy as np

TAU = 0.1  # seconds
RINK = 5.0  # metres from the middle to the edge


class Puck(gymnasium.Env):
    def __init__(self, mass=2.0, power=1.0):
        self.mass = mass
        self.power = power
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.position, self.velocity = self.np_random.uniform(-1.0, 1.0, 2).tolist()
        return self.observation(), {}

    def step(self, action):
        thrust = float(action[0])
        self.velocity += TAU * (self.power * thrust / self.mass)
        self.position += TAU * self.velocity
        reward = -(self.position * self.position + 0.1 * (thrust * thrust))
        terminated = not -RINK <= self.position <= RINK
        return self.observation(), reward, terminated, False, {}

    def observation(self):
        return np.array([self.position, self.velocity], np.float32)


gymnasium.register("Puck-v0", entry_point=Puck, max_episode_steps=100, reward_threshold=-15.0)
