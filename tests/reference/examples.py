"""How property-based tests draw their examples: the same ones every time, and not many."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

deterministic = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
