"""A game of a user's own in the ways of PettingZoo, whose agents act all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv


class Auction(ParallelEnv):  # type: ignore[type-arg]
    """Each agent sees how much its good is worth to it, and bids; the highest bid wins the worth less what it bid."""

    metadata = {"name": "auction_v0"}  # noqa: RUF012  # as PettingZoo declares it

    def __init__(self, agents: int = 3, rounds: int = 2, render_mode: Any = None, odd: str = "") -> None:
        self.possible_agents = [f"bidder {k}" for k in range(agents)]
        self.rounds, self.render_mode, self.odd = rounds, render_mode, odd

    def observation_space(self, agent: str) -> Any:
        return spaces.Box(0, 1, (3 if self.odd == agent else 2,), np.float32)

    def action_space(self, agent: str) -> Any:
        return spaces.Box(0, 2, (1,), np.float32)

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        self.random = np.random.default_rng(seed)
        self.agents = list(self.possible_agents)
        self.round = 0
        return self._seen(), {agent: {} for agent in self.agents}

    def _seen(self) -> dict[str, Any]:
        self.worth = {agent: self.random.uniform() for agent in self.agents}
        return {agent: np.array([self.worth[agent], self.round / 2], np.float32) for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> Any:
        if self.odd == "raise":
            raise ValueError("the hammer broke")
        bids = {agent: float(action[0]) for agent, action in actions.items()}
        winner = max(bids, key=lambda agent: bids[agent])
        rewards = dict.fromkeys(self.agents, 0.0)
        rewards[winner] = self.worth[winner] - bids[winner]
        if self.odd == "unpaid":
            rewards[winner] = None  # type: ignore[assignment]
        self.round += 1
        over = self.round == self.rounds
        ended = dict.fromkeys(self.agents, over)
        infos: dict[str, Any] = {agent: {} for agent in self.agents}
        seen = self._seen()
        if self.odd == "blind":
            seen[self.agents[1]][1] = np.nan
        if over:
            self.agents = []
        return seen, rewards, ended, dict.fromkeys(ended, False), infos


parallel_env = Auction
