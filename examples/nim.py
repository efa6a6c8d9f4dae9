"""Networks that play against one another: Nim, in which two take one, two or three of a pile, and the last one wins.

cd examples; python nim.py [SEED [GENERATIONS]]

``genesys evolve --problem nim:match`` evolves the same. Who always leaves a multiple of four wins; nobody tells them.
"""

import sys

import numpy as np

from genesys_cli import evolve

INPUTS = ["eights", "fours", "twos", "ones"]  # the binary digits of what is left
OUTPUTS = ["take 1", "take 2", "take 3"]
LARGEST = 15


def move(network, pile):
    """Return how many a network takes: the choice with the largest output, of those that there are."""
    digits = [1 if pile & digit else -1 for digit in (8, 4, 2, 1)]
    return 1 + int(np.argmax(network.activate(digits)[: min(pile, 3)]))


def match(players, seed):
    """Let two networks play, from a pile that the seed says, and return what each wins."""
    pile, turn = 4 + seed % (LARGEST - 3), 0
    while True:
        pile -= move(players[turn], pile)
        if pile == 0:
            return [1 - turn, turn]
        turn = 1 - turn


class Champion:
    """A champion as `move` wants it."""

    def __init__(self, champion):
        self.champion = champion

    def activate(self, inputs):
        return self.champion.act(np.array(inputs, np.float32))


def main(seed, generations):
    result = evolve(problem="nim:match", seed=seed, generations=generations)
    champion = Champion(result.champion)
    print(f"{result.champion.fitness:.2f} of the points against earlier champions, kept in {result.run_dir}")
    right = 0
    for pile in range(1, LARGEST + 1):
        taken, best = move(champion, pile), pile % 4
        right += taken == best
        print(f"of {pile:2} it takes {taken}" + (f", {best} would win" if best not in (0, taken) else ""))
    print(f"{right} of {LARGEST - LARGEST // 4} winning moves are found")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1, int(sys.argv[2]) if len(sys.argv) > 2 else 30)
