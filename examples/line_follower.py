"""An environment of one's own: a robot follows a winding line that three sensors at its front see.

Registered here, in a module that worker processes can import: ``genesys evolve --env line_follower:LineFollower-v0``.
"""

import math

import gymnasium
import numpy as np

SPEED = 0.5  # metres a second
TURN = 2.5  # radians a second at full steering
STEP = 0.05  # seconds
AHEAD, BESIDE = 0.12, 0.06  # metres, where the sensors are
WIDTH = 0.05  # metres, of what a sensor sees of the line
LOST = 0.25  # metres from the line


class LineFollower(gymnasium.Env):
    """Observed: how bright the line is under the left, middle and right sensor. Done: steering, -1 to 1."""

    observation_space = gymnasium.spaces.Box(0.0, 1.0, (3,), np.float32)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.phase = self.np_random.uniform(0, 2 * math.pi)
        self.x = 0.0
        self.y = self.line(0.0) + self.np_random.uniform(-0.05, 0.05)
        self.heading = self.np_random.uniform(-0.3, 0.3)
        self.steering = self.turned = 0.0
        return self.seen(), {}

    def line(self, x):
        """Return where the line lies beside `x`."""
        return 0.3 * math.sin(1.5 * x + self.phase) + 0.15 * math.sin(3.1 * x + 2 * self.phase)

    def seen(self):
        brightness = []
        for side in (BESIDE, 0.0, -BESIDE):
            x = self.x + AHEAD * math.cos(self.heading) - side * math.sin(self.heading)
            y = self.y + AHEAD * math.sin(self.heading) + side * math.cos(self.heading)
            brightness.append(math.exp(-(((y - self.line(x)) / WIDTH) ** 2)))
        return np.array(brightness, np.float32)

    def step(self, action):
        steering = float(action[0])
        self.turned += abs(steering - self.steering)
        self.steering = steering
        self.heading += TURN * steering * STEP
        self.x += SPEED * math.cos(self.heading) * STEP
        self.y += SPEED * math.sin(self.heading) * STEP
        distance = abs(self.y - self.line(self.x))
        return self.seen(), 1.0 - min(distance / LOST, 1.0), distance > LOST, False, {"turned": self.turned}


gymnasium.register(
    "LineFollower-v0", entry_point="line_follower:LineFollower", max_episode_steps=300, reward_threshold=250
)


def steady(episode):
    """Fitness in place of the return: to follow the line, and to spare the motors."""
    return episode.total_reward - 0.5 * episode.info["turned"]
