"""Short comparisons, and what hears of them."""

from __future__ import annotations

from genesys_cli.bench.compare import compare
from genesys_cli.bench.plan import Request

SMALL = {"generations": 3, "population": 24, "overrides": ("evaluation.episodes=2",), "threads": 1}


class Listener:
    def __init__(self):
        self.messages = []
        self.steps = []

    def message(self, text):
        self.messages.append(text)

    def step(self, done, total, text):
        self.steps.append((done, total, text))


def small(platforms=(), table=None, listener=None, fresh=False, **fields):
    """Return the document of a comparison that takes milliseconds; fields: of the request."""
    request = Request(**(SMALL | fields))
    return compare(request, platforms, table, ["genesys", "bench"], listener or Listener(), fresh=fresh)
