"""What an environment calls the inputs and outputs of a network."""

from __future__ import annotations

from collections.abc import Sequence

from ..config.schema import Settings
from ..envs.naming import output_names
from ..envs.registry import environment_or_loop
from ..errors import UserError
from ..genome.population import Population


def names_in(settings: Settings, genome: Population) -> tuple[Sequence[str], Sequence[str]]:
    """Return what a run's environment calls the network's inputs and outputs; numbers where it cannot be asked."""
    try:
        env = environment_or_loop(settings)
    except UserError:  # an extra or a module of the user's own is not here
        env = None
    if env is not None and (env.n_inputs, env.n_outputs) == (genome.n_inputs, genome.n_outputs):
        return env.observation_names, output_names(env)
    return [f"input {k}" for k in range(genome.n_inputs)], [f"output {k}" for k in range(genome.n_outputs)]
