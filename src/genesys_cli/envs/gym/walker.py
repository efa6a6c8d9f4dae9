"""A fast step for Gymnasium's BipedalWalker: half the time of its own, the same bits.

Of its own step, a third goes to ten rays, for each of which Box2D calls back into Python, and a sixth to clipping
scalars. The rays meet nothing but the terrain, a chain of edges; :func:`cast_rays` follows them as Box2D does
(``b2EdgeShape::RayCast``), in the same single-precision operations in the same order. Everything else stays with Box2D.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from gymnasium.envs.box2d import bipedal_walker as world
from numpy.typing import NDArray

from ...compiled.jit import kernel

RAYS = 10
_ACROSS = np.array([math.sin(1.5 * k / 10.0) * world.LIDAR_RANGE for k in range(RAYS)])
_DOWN = np.array([math.cos(1.5 * k / 10.0) * world.LIDAR_RANGE for k in range(RAYS)])
_REACH = math.ceil(world.LIDAR_RANGE / world.TERRAIN_STEP) + 1
_FASTEST = (world.SPEED_HIP, world.SPEED_KNEE, world.SPEED_HIP, world.SPEED_KNEE)
_GOAL = (world.TERRAIN_LENGTH - world.TERRAIN_GRASS) * world.TERRAIN_STEP


@kernel
def cast_rays(
    x: float,
    y: float,
    edges: NDArray[np.float32],
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    step: float,
    reach: int,
    out: NDArray[np.float32],
) -> None:
    """Write how far each ray gets from (x, y) before it meets the terrain, as a share of its length, 1 if it does not.

    edges: (K, 4) float32, x and y of either end of each edge, edge k from about k * `step` on; out: (RAYS,) float32
    across, down: (RAYS,) float64, where the rays end, from where they begin; reach: edges that the longest can pass
    """
    one, zero = np.float32(1), np.float32(0)
    p1x, p1y = np.float32(x), np.float32(y)
    here = math.floor(x / step)
    first, last = max(here - 2, 0), min(here + reach + 2, len(edges))
    for ray in range(len(out)):
        dx = np.float32(x + across[ray]) - p1x
        dy = np.float32(y - down[ray]) - p1y
        nearest = one
        for k in range(first, last):
            v1x, v1y = edges[k, 0], edges[k, 1]
            ex, ey = edges[k, 2] - v1x, edges[k, 3] - v1y
            inverse = one / np.sqrt(ey * ey + ex * ex)
            nx, ny = ey * inverse, -ex * inverse
            denominator = nx * dx + ny * dy
            if denominator == zero:
                continue
            t = (nx * (v1x - p1x) + ny * (v1y - p1y)) / denominator
            if t < zero or nearest < t:
                continue
            qx, qy = p1x + t * dx, p1y + t * dy
            s = ((qx - v1x) * ex + (qy - v1y) * ey) / (ex * ex + ey * ey)
            if zero <= s <= one:
                nearest = t
        out[ray] = nearest


class WalkerStep:
    """Steps a BipedalWalker that is not the hardcore one, whose terrain has more than edges, and draws nothing."""

    def __init__(self, env: Any) -> None:
        """env: a ``BipedalWalker`` as it was made, without wrappers."""
        self._env = env
        self._edges = np.empty((0, 4), np.float32)
        self._rays = np.empty(RAYS, np.float32)

    def begin(self) -> bool:
        """Be told of a reset. False: Box2D's rays are not what ours would be, so its own step has to do.

        That can be where a compiler joins multiplications with additions, which x86 does not and others may.
        """
        env = self._env
        ends = np.array([env.terrain_x, env.terrain_y], np.float32).T
        self._edges = np.hstack((ends[:-1], ends[1:]))
        self._cast(*env.lidar[0].p1)
        if self._rays.tolist() != [ray.fraction for ray in env.lidar]:
            return False
        # The start is level, where there is little to be rounded, so compare on rough ground too.
        middle = len(env.terrain_x) // 2
        x, y = env.terrain_x[middle], env.terrain_y[middle] + 1.0
        self._cast(x, y)
        return self._rays.tolist() == self._cast_by_box2d(x, y)

    def _cast_by_box2d(self, x: float, y: float) -> list[float]:
        env = self._env
        for ray, across, down in zip(env.lidar, _ACROSS.tolist(), _DOWN.tolist(), strict=True):
            ray.fraction, ray.p1, ray.p2 = 1.0, (x, y), (x + across, y - down)
            env.world.RayCast(ray, ray.p1, ray.p2)
        return [ray.fraction for ray in env.lidar]

    def _cast(self, x: float, y: float) -> None:
        cast_rays(x, y, self._edges, _ACROSS, _DOWN, world.TERRAIN_STEP, _REACH, self._rays)

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.float32], Any, bool, bool, dict[str, Any]]:
        """Do what ``env.step`` does; action: (4,) float32."""
        env = self._env
        hull, joints, legs = env.hull, env.joints, env.legs
        effort = np.minimum(np.abs(action), np.float32(1))
        speeds = np.sign(action).tolist()
        torques = (world.MOTORS_TORQUE * effort).tolist()
        for joint, fastest, speed, torque in zip(joints, _FASTEST, speeds, torques, strict=True):
            joint.motorSpeed = fastest * speed
            joint.maxMotorTorque = torque

        env.world.Step(1.0 / world.FPS, 6 * 30, 2 * 30)

        x, y = hull.position
        vx, vy = hull.linearVelocity
        angle = hull.angle
        self._cast(x, y)
        state = np.empty(14 + RAYS, np.float32)
        state[:14] = (
            angle,
            2.0 * hull.angularVelocity / world.FPS,
            0.3 * vx * (world.VIEWPORT_W / world.SCALE) / world.FPS,
            0.3 * vy * (world.VIEWPORT_H / world.SCALE) / world.FPS,
            joints[0].angle,
            joints[0].speed / world.SPEED_HIP,
            joints[1].angle + 1.0,
            joints[1].speed / world.SPEED_KNEE,
            1.0 if legs[1].ground_contact else 0.0,
            joints[2].angle,
            joints[2].speed / world.SPEED_HIP,
            joints[3].angle + 1.0,
            joints[3].speed / world.SPEED_KNEE,
            1.0 if legs[3].ground_contact else 0.0,
        )
        state[14:] = self._rays

        shaping = 130 * x / world.SCALE - 5.0 * abs(angle)
        reward = shaping - env.prev_shaping
        env.prev_shaping = shaping
        for share in effort:  # in the types of the original, in which the first difference makes it a float32
            reward -= 0.00035 * world.MOTORS_TORQUE * share
        fallen = env.game_over or x < 0
        return state, -100 if fallen else reward, fallen or x > _GOAL, False, {}
