"""What networks are good for beside their fitness, of a whole generation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..config.schema import Settings
from ..costs.step import StepCosts
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment
from ..errors import UserError
from ..genome.population import Population
from ..neat.selection import finite_fitness
from .episodes import are_alike

WORST = "worst_episode"
ENERGY = "energy"


class Objectives:
    """Finds the objectives of genomes; raises UserError where settings ask for what cannot be found.

    names: of those beside fitness, in the order of the columns after it; needs_returns: of each training episode
    """

    def __init__(self, settings: Settings, env: Environment) -> None:
        self.names = tuple(settings.objectives.beside)
        self.needs_returns = WORST in self.names
        self._steps = StepCosts(settings, env) if ENERGY in self.names else None

    def of(
        self, genomes: Population, fitness: NDArray[np.float64], returns: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the objectives of genomes, (P, 1 + M) float64, finite; more is better in each, and fitness the first.

        fitness: (P,) float64, finite; returns: (P, E) float64, of the episodes that count; may be empty where
        ``needs_returns`` says no
        """
        columns = [fitness]
        for name in self.names:
            if name == WORST:
                columns.append(finite_fitness(returns.min(axis=1))[0])
            else:
                columns.append(-self.costs(name, genomes))
        return np.column_stack(columns)

    def costs(self, name: str, genomes: Population) -> NDArray[np.float64]:
        """Return one of the objectives that structure decides, of which less is better, (P,) float64."""
        if name == "connections":
            return enabled_conns(genomes)
        if name == "nodes":
            return node_genes(genomes)
        assert self._steps is not None
        return self._steps.joules(genomes)


def enabled_conns(genomes: Population) -> NDArray[np.float64]:
    """Return the number of enabled connections of each genome, (P,) float64."""
    before = np.r_[0, np.cumsum(genomes.conn_enabled, dtype=np.int64)]
    count: NDArray[np.float64] = np.diff(before[genomes.conn_offsets]).astype(np.float64)
    return count


def node_genes(genomes: Population) -> NDArray[np.float64]:
    """Return the number of output and hidden nodes of each genome, (P,) float64."""
    count: NDArray[np.float64] = np.diff(genomes.node_offsets).astype(np.float64)
    return count


def objectives_of(settings: Settings, env: Environment) -> Objectives | None:
    """Return what finds the objectives; None where fitness is all that counts."""
    return Objectives(settings, env) if settings.objectives.acts else None


def check_objectives(settings: Settings, env: Environment) -> None:
    """Raise a UserError where there cannot be such objectives."""
    if not settings.objectives.acts:
        return
    named = ", ".join(settings.objectives.beside)
    what = f"objectives.beside = [{named}]"
    if isinstance(env, ProblemEnv) and env.players is not None:
        raise UserError(f"{what}: {env.id} plays matches, where fitness depends on who else plays; leave it out")
    if settings.islands.several:
        raise UserError(f"{what}: islands exchange genomes by their fitness alone; leave islands.count out, or this")
    if settings.evaluation.validation is not None:
        raise UserError(
            f"{what}: a front of networks is judged on held-out episodes, not by evaluation.validation "
            f"{settings.evaluation.validation!r}; leave one of the two out"
        )
    if WORST in settings.objectives.beside and (settings.evaluation.episodes < 2 or are_alike(env)):
        why = "there is but one episode" if are_alike(env) else f"there is {settings.evaluation.episodes}"
        raise UserError(
            f"{what}: the worst of a network's training episodes is its only one, since {why}; make "
            "evaluation.episodes more than 1, or leave worst_episode out"
        )
    if settings.neat.population < 4:
        raise UserError(
            f"{what} needs at least 4 genomes, of which half survive, but neat.population is "
            f"{settings.neat.population}; take 4 or more"
        )
    Objectives(settings, env)
