"""What a C compiler makes of an exported header acts as the kernels do, to the bit."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from export.exporting import (
    COMPILER,
    FLAGS,
    INPUTS,
    SPACES,
    compiled,
    genomes,
    needs_compiler,
    outputs_of,
    played,
    random_controller,
    run_c,
    self_test,
)
from genesys_cli.config.chip import ChipSettings
from genesys_cli.errors import UserError
from genesys_cli.export.c.as_c import default_name, header_of
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS

STEPS = 60
SINGLE = ("tanh", "sigmoid", "relu", "identity", "abs", "clamped", "inv", "hat", "square")  # no double is needed


@pytest.fixture(params=[True, False], ids=["feed-forward", "recurrent"])
def feed_forward(request):
    return request.param


@pytest.fixture
def rng():
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    return np.random.default_rng(seed)


@needs_compiler
@pytest.mark.parametrize("layout", [None, "wide16", "rtl8"], ids=["float", "wide16", "rtl8"])
def test_random_genomes_act_as_the_kernels_do(tmp_path, rng, feed_forward, layout):
    """All functions, all kinds of actions, with and without scaling, clip, and actions that last several steps."""
    chip = None
    if layout is not None:
        bits = int(rng.integers(4, 15))
        chip = ChipSettings.model_validate({"genes": {"layout": layout}, "adam": {"table_bits": bits}})
    made, headers = {}, {}
    for kind in SPACES:
        population = genomes(outputs_of(kind), feed_forward=feed_forward, fixed=chip is not None, seed=7)
        for g in rng.permutation(population.size)[:3]:
            name = f"{kind.replace(' ', '_')}_{g}"
            repeat = int(rng.choice([1, 1, 3]))
            one = random_controller(
                kind, population, g, rng, feed_forward=feed_forward, fixed=chip is not None, repeat=repeat, chip=chip
            )
            made[name] = (one, population, g)
            headers[name] = (header_of(one, name).text, one.actions)
    library = compiled(tmp_path, headers)
    different, functions = set(), set()
    for name, (one, population, g) in made.items():
        observations = rng.normal(size=(STEPS, INPUTS), scale=2).astype(np.float32)
        with np.errstate(all="ignore"):
            expected, outputs = played(one, population, g, observations, chip)
        actions, computed = run_c(library, name, one, observations)
        np.testing.assert_array_equal(computed, outputs, name)
        np.testing.assert_array_equal(actions, expected.reshape(actions.shape), name)
        different |= {(name, tuple(row)) for row in actions.tolist()}
        functions |= {node.activation for node in one.nodes} | {node.aggregation for node in one.nodes}
    assert len(different) > 3 * len(made)
    if chip is None:
        assert len(functions) > (len(ACTIVATIONS) + len(AGGREGATIONS)) * 0.7


@needs_compiler
def test_every_function_to_the_bit(tmp_path, rng):
    """One network of one node for each pair of functions, over numbers small and large."""
    from genesys_cli.network.network import Network
    from reference.genome import Conn, Genome, Node, population_of

    headers, made = {}, {}
    for a, activation in enumerate(ACTIVATIONS):
        for b in {a % len(AGGREGATIONS), (a + 3) % len(AGGREGATIONS)}:
            genome = Genome(INPUTS, 4)
            for k in range(4):
                node = Node(np.float32(rng.normal()), np.float32(rng.normal()), a, b)
                genome.nodes[INPUTS + k] = node
                for source in rng.permutation(INPUTS)[: rng.integers(0, INPUTS + 1)]:
                    weight = np.float32(rng.normal(scale=2))
                    genome.conns[len(genome.conns)] = Conn(int(source), INPUTS + k, weight, True)
            population = population_of([genome])
            name = f"{activation}_{AGGREGATIONS[b]}"
            one = random_controller("switches", population, 0, rng, feed_forward=True)
            made[name] = (one, Network(population, feed_forward=True))
            headers[name] = (header_of(one, name).text, one.actions)
    library = compiled(tmp_path, headers)
    for name, (text, _) in headers.items():
        single = name.partition("_")[0] in SINGLE
        assert ("double" in text.partition("#ifdef")[0]) != single
    for name, (one, network) in made.items():
        observations = (rng.normal(size=(500, INPUTS)) * 10.0 ** rng.uniform(-4, 3, (500, 1))).astype(np.float32)
        seen = (observations - one.conditions.offset) * one.conditions.scale
        inputs = np.clip(seen, np.float32(-one.conditions.clip), np.float32(one.conditions.clip))
        _, outputs = run_c(library, name, one, observations)
        np.testing.assert_array_equal(outputs, network.activate_many(inputs), name)


@needs_compiler
@pytest.mark.parametrize("fixed", [False, True], ids=["float", "fixed"])
@pytest.mark.parametrize("kind", SPACES)
def test_a_header_tests_itself(tmp_path, rng, kind, fixed):
    # A seed whose genomes stay finite for eight steps: a recurrent cube of seed 3 grows beyond float32 in the eighth.
    population = genomes(outputs_of(kind), feed_forward=False, fixed=fixed, seed=5)
    one = random_controller(kind, population, 4, rng, feed_forward=False, fixed=fixed, repeat=2)
    done = self_test(tmp_path, one, "mine")
    assert (done.returncode, done.stdout) == (0, "8 steps, 0 numbers other than those of genesys\n")
    # The same header with another bias is found out.
    text = (tmp_path / "mine.h").read_text()
    begin = text.index("{", text.index("mine_bias["))
    first = text[begin + 1 :].split(",")[0].split("}")[0]
    changed = text[: begin + 1] + ("\n 3" if fixed else "\n 0.0625f") + text[begin + 1 + len(first) :]
    assert changed != text
    (tmp_path / "other.h").write_text(changed)
    command = [COMPILER, *FLAGS, "-DMINE_SELF_TEST", "-x", "c", "other.h", "-o", "other"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "other"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "output" in done.stdout


@needs_compiler
def test_two_headers_in_one_program_and_the_memory_that_they_name(tmp_path, rng):
    population = genomes(4, feed_forward=False, fixed=False, seed=3)
    one = random_controller("one of", population, 1, rng, feed_forward=False, repeat=4)
    two = random_controller("one of", population, 2, rng, feed_forward=False, fixed=False)
    sizes = {}
    program = "#include <stdio.h>\n"
    for name, made in (("one", one), ("two", two)):
        header = header_of(made, name)
        (tmp_path / f"{name}.h").write_text(header.text)
        program += f'#include "{name}.h"\n'
        sizes[name] = header
    tables = {
        name: " + ".join(
            f"sizeof {line.split('[')[0].split()[-1]}"
            for line in header.text.splitlines()
            if line.startswith("static const ") and "_SELF_TEST" not in line
            and header.text.index(line) < header.text.index("#ifdef")
        )
        for name, header in sizes.items()
    }  # fmt: skip
    prints = "".join(
        f'    printf("%d %d\\n", (int)({tables[name]}), (int)sizeof({name}_state));\n' for name in ("one", "two")
    )
    (tmp_path / "both.c").write_text(f"{program}int main(void)\n{{\n{prints}    return 0;\n}}\n")
    subprocess.run([COMPILER, *FLAGS, "both.c", "-o", "both"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "both"], capture_output=True, text=True, check=True)
    found = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert found == [(header.table_bytes, header.state_bytes) for header in sizes.values()]
    assert f"{found[0][0]} bytes of constant tables, {found[0][1]} bytes of state" in sizes["one"].text


def test_names(rng):
    population = genomes(4, feed_forward=True, fixed=False, seed=3)
    one = random_controller("one of", population, 0, rng, feed_forward=True)
    text = header_of(one, "Pole2").text
    assert "static inline int32_t Pole2_act(Pole2_state *state" in text
    assert "#define POLE2_INPUTS 5" in text
    assert "nn_" not in text.replace("Pole2_", "")
    assert "NN_" not in text
    assert default_name(one) == "test"
    for name in ("2pole", "po-le", "", "pôle", "_pole"):
        if name:
            with pytest.raises(UserError, match="must be a name of C"):
                header_of(one, name)


def test_formats_that_are_too_wide_for_a_header(rng):
    """A layout whose numbers need more bits than a float64 has."""
    from genesys_cli.config.layout import shipped_layout

    table = shipped_layout("wide16").model_dump()
    for field in table["node"] + table["connection"]:
        if field["name"] in ("response", "weight"):
            field["fraction"] = 0
        if field["name"] == "bias":
            field["fraction"] = 15
    table["operand"]["fraction"] = 0
    chip = ChipSettings.model_validate({"genes": {"layout": table}})
    population = genomes(4, feed_forward=True, fixed=True, seed=3)
    one = random_controller("one of", population, 0, rng, feed_forward=True, fixed=True, chip=chip)
    with pytest.raises(UserError, match=r"has 62 bits .* Choose narrower formats, or --arithmetic float"):
        header_of(one)


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
@pytest.mark.parametrize("fixed", [False, True], ids=["float", "fixed"])
def test_a_header_is_cpp_too(tmp_path, rng, fixed):
    population = genomes(3, feed_forward=False, fixed=fixed, seed=3)
    one = random_controller("numbers", population, 4, rng, feed_forward=False, fixed=fixed)
    (tmp_path / "it.h").write_text(header_of(one, "it").text)
    command = ["g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-ffp-contract=off", "-DIT_SELF_TEST"]
    subprocess.run([*command, "-x", "c++", "it.h", "-o", "it"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "it"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "8 steps, 0 numbers other than those of genesys\n")


@needs_compiler
def test_observations_between_two_operands(tmp_path, rng):
    """They are rounded to the even one, and what is out of range saturates."""
    chip = ChipSettings()
    population = genomes(4, feed_forward=True, fixed=True, seed=3)
    one = random_controller("switches", population, 1, rng, feed_forward=True, fixed=True, chip=chip)
    plain = np.zeros(INPUTS, np.float32), np.ones(INPUTS, np.float32), float("inf")
    one = one._replace(conditions=one.conditions._replace(offset=plain[0], scale=plain[1], clip=plain[2]))
    library = compiled(tmp_path, {"it": (header_of(one, "it").text, one.actions)})
    observations = (rng.integers(-9000, 9000, (400, INPUTS)) / 2048).astype(np.float32)
    observations[::7] *= 1e4
    observations[1] = [np.inf, -np.inf, np.nan, 3e38, -3e38]
    expected, outputs = played(one, population, 1, observations, chip)
    actions, computed = run_c(library, "it", one, observations)
    np.testing.assert_array_equal(computed, outputs)
    np.testing.assert_array_equal(actions, expected)
