"""A :class:`RunState` made of what a checkpoint holds. Everything that kernels rely on is looked at: they are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..config.backends import kind_of
from ..config.problem import MATCH
from ..config.schema import Settings
from ..errors import DamagedFileError
from ..evolution.drift import ShiftRecord
from ..evolution.normaliser import Normaliser
from ..evolution.refining import JOINING
from ..evolution.state import Champion, Hall, Refinement, RunState
from ..genome.population import DTYPES, Population, problems
from ..neat.innovation import Counters, Table
from ..neat.refinement import Distribution, parameters_of
from ..neat.selection import INVALID_FITNESS
from ..neat.speciation import Species, breeding_species, species_fitness
from . import innovations
from .champion import check_judged, scaling_in
from .models import FirstHeader, HeaderDocument

REFINEMENT_ARRAYS = ("mean", "variances", "step_path", "mean_path")


class Restoring:
    """Makes a state of a checkpoint's header and arrays; raises DamagedFileError where they do not fit together."""

    def __init__(
        self, path: Path, header: FirstHeader, version: int, settings: Settings, arrays: dict[str, NDArray[Any]]
    ) -> None:
        self._path, self._header, self._version, self._settings = path, header, version, settings
        self._arrays = arrays
        self._numbers_connections = kind_of(settings.run.backend).numbers_connections

    def state(self) -> RunState:
        header = self._header
        size = self._settings.neat.population
        fitness = self._array("fitness", np.float64, size)
        population = self._population("population", size)
        species = self._species(fitness)
        self._check_counters(population, species.representatives)
        champion, frozen = (self._champion(name) for name in ("champion", "frozen"))
        return RunState(
            header.generation,
            population,
            fitness,
            species,
            self._counters(population),
            champion,
            header.env_steps,
            header.validation_steps,
            self._normaliser(),
            tuple(ShiftRecord.from_document(event.model_dump(by_alias=True)) for event in header.events),
            frozen,
            self._without(fitness),
            self._hall(),
            self._refinement(),
            self._objectives(fitness),
        )

    def _hall(self) -> Hall | None:
        """Return the hall of fame; None where networks play no matches."""
        if self._settings.problem.call != MATCH:
            return None
        generations = self._array("hall.generations", np.int64)
        if (generations[1:] <= generations[:-1]).any() or not (generations >= 0).all():
            self._refuse("hall.generations are not generations, ascending")
        if (generations >= self._header.generation).any():
            self._refuse(f"hall.generations are not before {self._header.generation}")
        judges = self._array("hall.judges", np.uint8, len(generations)) != 0
        return Hall(self._population("hall", len(generations)), generations, judges)

    def _opponents(self) -> Population | None:
        """Return whom the champion met; None where networks play no matches."""
        if self._settings.problem.call != MATCH:
            return None
        return self._population("opponents", len(self._array("opponents.node_offsets", np.int64)) - 1)

    def _refinement(self) -> Refinement | None:
        """Return the search of the champion's weights; None where there has been none."""
        header, neat = self._header, self._settings.neat
        found = header.refinement if isinstance(header, HeaderDocument) else None
        if found is None:
            return None
        if not self._settings.refine.acts:
            self._refuse("refinement: must be there only with refine.every")
        genome = self._population("refinement", 1)
        size = sum(map(len, parameters_of(genome, neat)))
        mean, variances, step_path, mean_path = (
            self._array(f"refinement.{name}", np.float64, size) for name in REFINEMENT_ARRAYS
        )
        if not (variances > 0).all():
            self._refuse("refinement.variances holds a number that is not above 0")
        places = self._array("refinement.places", np.int64, JOINING)
        if not (0 <= places[0] < places[1] < neat.population):
            self._refuse(
                f"refinement.places are not genomes that there are, from 0 to {neat.population - 1}, ascending"
            )
        if not found.champion_generation < found.generation <= header.generation:
            self._refuse(f"refinement.generation = {found.generation}: must be after its champion's, up to this one")
        distribution = Distribution(genome, mean, variances, found.step, step_path, mean_path, found.steps)
        offset, scale = (self._array(f"refinement.{part}", np.float32, header.n_inputs) for part in ("offset", "scale"))
        came_from = found.champion_generation, found.champion_index
        return Refinement(distribution, came_from, found.generation, places, offset, scale, found.episodes)

    def _objectives(self, fitness: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the objectives of each genome; None where fitness is all that counts."""
        if not self._settings.objectives.acts:
            return None
        columns = 1 + len(self._settings.objectives.beside)
        found = self._array("objectives", np.float64, columns * len(fitness)).reshape(-1, columns)
        if (found[:, 0] != fitness).any():
            self._refuse("objectives do not begin with the fitness of each genome")
        return found

    def _without(self, fitness: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the genomes that have no fitness."""
        if "without" not in self._arrays:  # everybody has one, or the file is older than this array
            return np.flatnonzero(fitness == INVALID_FITNESS)
        found = self._array("without", np.int64)
        if (found[1:] <= found[:-1]).any() or (len(found) and not 0 <= found[0] <= found[-1] < len(fitness)):
            self._refuse(f"without does not name genomes that there are, from 0 to {len(fitness) - 1}, ascending")
        return found

    def _counters(self, population: Population) -> Counters:
        """Return the innovations; a file that is older than their tables has the counters alone."""
        header = self._header
        following = header.counters
        if self._arrays.keys().isdisjoint(innovations.ARRAYS):
            return Counters(following.next_node, following.next_innovation)
        links = self._table("links", 0, following.next_innovation)
        splits = self._table("splits", header.n_inputs + header.n_outputs, following.next_node)
        if self._numbers_connections:
            for problem in innovations.contradictions(links, population):
                self._refuse(problem)
        return Counters(following.next_node, following.next_innovation, links, splits)

    def _table(self, name: str, first: int, following: int) -> Table:
        """Return a table of innovations; its values are from `first` to below `following`."""
        keys = self._array(f"{name}.keys", np.int64)
        table = Table(keys, self._array(f"{name}.values", np.int32, len(keys)))
        for problem in innovations.table_problems(name, table, first, following):
            self._refuse(problem)
        return table

    def _array(self, name: str, kind: Any, length: int | None = None) -> NDArray[Any]:
        """Return an array of this type and, unless None, this length; its numbers are finite."""
        if name not in self._arrays:
            raise DamagedFileError(f"{self._path} lacks a part of a checkpoint ({name!r})")
        array = self._arrays[name]
        if array.dtype != kind:
            self._refuse(f"{name} is of type {array.dtype} instead of {np.dtype(kind)}")
        if length is not None and len(array) != length:
            self._refuse(f"{name} has {len(array)} numbers instead of {length}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            self._refuse(f"{name} holds a number that is not finite")
        return array

    def _refuse(self, text: str) -> NoReturn:
        raise DamagedFileError(f"{self._path}: {text}")

    def _population(self, name: str, size: int) -> Population:
        """Return a population of this many genomes whose genes fit together."""
        fields: dict[str, Any] = {field: self._array(f"{name}.{field}", kind) for field, kind in DTYPES.items()}
        found = Population(self._header.n_inputs, self._header.n_outputs, **fields)
        if found.size != size:
            self._refuse(f"{name} has {found.size} genomes instead of {size}")
        for problem in problems(found, feed_forward=self._settings.neat.feed_forward):
            self._refuse(f"{name} holds invalid genomes: {problem}")
        return found

    def _species(self, fitness: NDArray[np.float64]) -> Species:
        """Return the species of a population with this fitness: each has members, and each genome is in one."""
        header, size = self._header, len(fitness)
        member_of = self._array("species.member_of", np.int32, size)
        ids = self._array("species.ids", np.int64)
        created, improved = (self._array(f"species.{name}", np.int64, len(ids)) for name in ("created", "improved"))
        best = self._array("species.best", np.float64, len(ids))
        if (
            not 0 <= member_of.min() <= member_of.max() < len(ids)
            or not np.bincount(member_of, minlength=len(ids)).all()
        ):
            self._refuse(f"species.member_of does not give each of {len(ids)} species its members")
        if (ids[1:] <= ids[:-1]).any() or not 0 <= ids[0] <= ids[-1] < header.species.next_id:
            self._refuse(f"species.ids do not ascend from 0 to below species.next_id = {header.species.next_id}")
        if not ((created >= 0) & (created <= improved) & (improved <= header.generation)).all():
            self._refuse(f"species.created and improved are not generations in this order, up to {header.generation}")
        representatives = self._population("representatives", len(ids))
        if "species.breeding" in self._arrays:
            breeding = self._array("species.breeding", np.uint8, len(ids)) != 0
        else:  # the file is older than this array
            neat = self._settings.neat
            now = species_fitness(member_of, fitness, len(ids), neat.species_fitness)
            breeding = breeding_species(now, ids, header.generation - improved, neat)
        if not breeding.any() and not self._settings.neat.reset_on_extinction:
            self._refuse("species.breeding says that no species has offspring")
        return Species(
            ids,
            created,
            improved,
            best,
            member_of,
            representatives,
            header.species.threshold,
            header.species.next_id,
            breeding,
        )

    def _check_counters(self, *populations: Population) -> None:
        """Complain where a number would be given twice. The chip counts none: it knows connections by their ends."""
        if not self._numbers_connections:
            return
        counters = self._header.counters
        for key, field, following in (
            ("next_node", "node_id", counters.next_node),
            ("next_innovation", "conn_innovation", counters.next_innovation),
        ):
            highest = max(int(getattr(population, field).max(initial=-1)) for population in populations)
            if following <= highest:
                self._refuse(f"counters.{key} = {following}: must be above the numbers that are taken, up to {highest}")

    def _champion(self, name: str) -> Champion | None:
        header, settings = self._header, self._settings
        statistics = getattr(header, name)
        if statistics is None:
            return None
        if statistics.generation > header.generation:
            self._refuse(f"{name}.generation = {statistics.generation}: must not be after {header.generation}")
        genome = self._population(name, 1)
        if self._version == 1:
            offset, scale = scaling_in(settings, header.n_inputs, self._path)
        else:
            offset, scale = (self._array(f"{name}.{part}", np.float32, header.n_inputs) for part in ("offset", "scale"))
        returns = np.empty(0)  # which version 1 and the first files of version 2 lack
        if self._version > 1 and f"{name}.returns" in self._arrays:
            returns = self._array(f"{name}.returns", np.float64)
        check_judged(statistics, len(returns), settings, self._path)
        fields = statistics.fields_of(self._version)
        opponents = self._opponents() if name == "champion" else None
        return Champion(genome=genome, offset=offset, scale=scale, returns=returns, opponents=opponents, **fields)

    def _normaliser(self) -> Normaliser | None:
        header = self._header
        if (header.normaliser is not None) != self._settings.evaluation.normalise_observations:
            self._refuse("normaliser: must be there with evaluation.normalise_observations, and only then")
        if header.normaliser is None:
            return None
        mean, m2 = (self._array(f"normaliser.{part}", np.float64, header.n_inputs) for part in ("mean", "m2"))
        if (m2 < 0).any():
            self._refuse("normaliser.m2 holds a number below 0")
        return Normaliser(header.normaliser.samples, mean, m2)
