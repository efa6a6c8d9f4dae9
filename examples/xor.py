"""The canonical experiment: evolve networks that compute XOR, with the functions of NEAT itself.

python examples/xor.py [SEED]

A network reads two bits and answers with their exclusive or, which takes a hidden node; none has one at first. Fitness
is 4 less the sum of the squared errors; XOR is solved when all four answers are on their side of 0.5 (Stanley &
Miikkulainen 2002, section 4.1).
"""

import sys

import numpy as np

from genesys_cli import neat

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)  # (T, I): four steps of two inputs
ANSWERS = np.array([0, 1, 1, 0], np.float32)
GENERATIONS = 200


def main(seed: int) -> None:
    settings = neat.settings(
        population=150,
        activation_default="sigmoid",
        activation_options=["sigmoid"],
        conn_add_prob=0.5,
        conn_delete_prob=0.5,
        node_add_prob=0.2,
        node_delete_prob=0.2,
    )
    population, counters = neat.first_population(settings, n_inputs=2, n_outputs=1, seed=seed)
    species = None
    for generation in range(GENERATIONS):
        outputs = neat.activate(population, INPUTS)[:, :, 0]  # (P, T)
        errors = np.abs(outputs - ANSWERS)
        fitness = 4 - (errors**2).sum(axis=1)
        best = int(fitness.argmax())
        if (errors[best] < 0.5).all():
            show(population, best, generation, outputs[best])
            return
        where = {"seed": seed, "generation": generation}
        species, _ = neat.speciate(population, fitness, species, settings, **where)
        print(f"generation {generation}: best {fitness[best]:.3f}, {species.n_species} species")
        plan = neat.select(population, fitness, species, settings, **where)
        population, counters, _ = neat.reproduce(population, plan, counters, settings, **where)
    sys.exit(f"not solved in {GENERATIONS} generations")


def show(population: neat.Population, best: int, generation: int, outputs: np.ndarray) -> None:
    genome = neat.to_document(population, best)
    hidden = len(genome["nodes"]) - genome["outputs"]
    print(f"solved in generation {generation}: {hidden} hidden nodes, {len(genome['connections'])} connections")
    for bits, answer in zip(INPUTS, outputs, strict=True):
        print(f"{bits[0]:.0f} xor {bits[1]:.0f} = {answer:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
