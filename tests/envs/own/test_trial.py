"""Every rule that a user's environment may break, and the sentence that says so."""

from __future__ import annotations

import pytest

from genesys_cli.envs.registry import find
from genesys_cli.errors import UserError
from own_envs import END

OBSERVED = "    out[VELOCITY + lane] = np.float32(state[VELOCITY + lane])\n"
START = "return rng.uniform(-1.0, 1.0, 2)"
JUDGED = "    scene=scene,"


def judged(validations):
    """Return what takes the place of JUDGED in an environment with such validations."""
    trial = "__import__('genesys_cli.envs.native', fromlist=['x']).Trial"
    return f"    scene=scene, validations=(lambda Trial: {validations})({trial}),"


PUT = "    state[POSITION + lane] = position\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # what it says of itself
        ('name="Puck"', 'name="../Puck"', "name = '../Puck': must be letters"),
        ("low=(-1.0,)", "low=(1.0,)", "each bound of low must be below that of high"),
        ("low=(-1.0,)", "low=(-1.0, 0.0)", "the same number of bounds"),
        ("action=Box(low=(-1.0,), high=(1.0,))", "action=3", r"action = 3: must be Discrete\(n\) or Box"),
        ('("position", "velocity")', '("position", "position")', "must be names that differ"),
        ('action_names=("thrust",)', 'action_names=("thrust")', "a tuple of one ends with a comma"),
        ('action_names=("thrust",)', 'action_names=("a", "b")', "action_names has 2 names, but the action needs 1"),
        ("max_steps=100", "max_steps=0", "max_steps = 0: must be a whole number from 1"),
        ("solved_at=-15.0", 'solved_at="high"', "solved_at = 'high': must be a number, or None"),
        ("state=State", "state=2", "state = 2: must be a NamedTuple type"),
        ("physics=Physics()", 'physics={"mass": 2.0, "power": 1.0}', "physics must be a NamedTuple .* it is dict"),
        ("physics=Physics()", "physics=Physics", r"the type itself; call it: Physics\(\)"),
        ("mass: float = 2.0", 'mass: float = float("nan")', "physics.mass = nan: must be a finite number"),
        ("mass: float = 2.0", "mass: float = -2.0", "physics.mass = -2.0: must be above 0"),
        ('positive=("mass",)', 'positive=("weight",)', r"positive = \('weight',\): .* of mass, power"),
        ("power", "action_delay", "physics.action_delay: drift has another meaning"),
        ("    scene=scene,", "    scene=scene, render_fps=0.0,", "render_fps = 0.0: must be a number above 0"),
        ("    reset=reset", "    state_size=2, reset=reset", "unexpected keyword argument 'state_size'"),
        ("    step=step", "    step=5", r"step = 5: must be a function, step\(state, lane, action, physics\)"),
        ("def step(state, lane, action, physics)", "def step(state, lane, action)", r"is called as step\(state, lane,"),
        ("@inline\ndef step", "@__import__('numba').njit\ndef step", "step is compiled by numba on its own; mark it w"),
        # validations
        (JUDGED, judged("5"), "validations = 5: must be a dict of tuples of Trial"),
        (JUDGED, judged("{'rest': ()}"), r"validations\['rest'\] = \(\): must be a tuple of Trial"),
        (JUDGED, judged("{'rest': (3,)}"), r"validations\['rest'\] = \(3,\): must be a tuple of Trial"),
        (JUDGED, judged("{'rest': (Trial([[0.0, 0.0]], 9, 1.0, 1),)}"), r"0\].starts: must be .*\(starts, 2\), not \["),
        (JUDGED, judged("{'rest': (Trial(np.zeros((3, 4)), 9, 1.0, 1),)}"), r"starts, 2\), not float64 \(3, 4\)"),
        (JUDGED, judged("{'rest': (Trial(np.zeros((0, 2)), 9, 1.0, 1),)}"), "starts: must be at least one"),
        (JUDGED, judged("{'rest': (Trial(np.zeros((3, 2)), 0, 1.0, 4),)}"), "_steps = 0: .*needed = 4: .* from 1 to 3"),
        (JUDGED, judged("{'rest': (Trial(np.zeros((3, 2)), 9, 'x', 1),)}"), "pass_at = 'x': must be a number"),
        (JUDGED, judged("{'rest': (Trial(np.zeros((3, 2)), 9, 1.0, 1, observe),)}"), "step .* writes action, which it"),
        (JUDGED, judged("{'rest': (Trial(np.zeros((3, 2)), 9, 1.0, 1, 7),)}"), "step = 7: must be a function, step"),
        # reset
        (START, "return rng.uniform(-1.0, 1.0, 3)", r"shape \(3,\) for seed 0, but state has 2 rows \(position, velo"),
        (START, "return [rng.uniform(), float('nan')]", "returns nan for seed 0 as velocity; it must be finite"),
        (START, "return 'middle'", "returns 'middle' for seed 0; it must be numbers, one for each row"),
        (START, "raise KeyError('x')", r"reset raised KeyError.*my_puck.py, line \d+\) for seed 0"),
        (START, "return np.random.uniform(-1.0, 1.0, 2)", "the episode with seed 0 is another one when it is played a"),
        # observe
        (OBSERVED, OBSERVED.replace("[VELOCITY +", "[2 * VELOCITY +", 1), r"writes row 2 of out, past its end: out ha"),
        (OBSERVED, "", "observe .* does not write velocity to `out`"),
        (OBSERVED, "    out[VELOCITY] = 0.0\n    out[VELOCITY + lane] = 0.0\n", "writes another lane of out than its "),
        (OBSERVED, "    out[VELOCITY + lane] = np.float32(np.log(-1.0))\n", r"writes nan to out row 1 \(velocity\), b"),
        (OBSERVED, "    state[VELOCITY + lane] = 0.0\n", "writes state, which it may only read"),
        (OBSERVED, "    out[1.5] = 0.0\n", r"writes out\[1.5\]; an index is a row of rows\(...\) plus `lane`"),
        (OBSERVED, "    out[VELOCITY + lane] = np.zeros(2)\n", r"writes array\(\[0., 0.\]\) to out row 1 .*one real n"),
        # step
        (PUT, PUT.replace("lane]", "lane + VELOCITY + VELOCITY]"), "writes row 2 of state, past its end: state has 2 "),
        (PUT, PUT.replace(" + lane]", "]"), "writes another lane of state"),
        (PUT, PUT.replace("= position", "= position / 0.0 * physics.mass"), "step raised ZeroDivisionError|writes inf"),
        (PUT, PUT.replace("= position", "= position * np.inf"), r"writes -?inf to state row 0 \(position\), in step 1"),
        (PUT, "    action[lane] = 0.0\n", "writes action, which it may only read"),
        (PUT, "    physics.mass = 1.0\n", "AttributeError: can't set attribute"),
        ("physics.power", "physics.pover", "'Physics' object has no attribute 'pover'"),
        (END, "    return reward\n", "returns np.float64.*; it must be two things: return reward, terminated"),
        (END, "    return np.sqrt(-1.0 - position * position), False\n", "returns the reward nan; it must be finite, "),
        (END, "    return 'much', False\n", "returns 'much' as reward; it must be one real number"),
        (END, "    return reward, 1.0\n", "returns 1.0 as terminated; it must be true or false"),
        (END, "    return reward, undefined\n", r"NameError: name 'undefined' is not defined \(.*my_puck.py, line \d+"),
        # scene
        ("view=(-RINK - 0.5,", "view=(RINK + 0.6,", r"scene .* returns the view .*; it must be left, bottom, right, t"),
        ("    return Scene(", "    return str(", "scene raised TypeError"),
        ("circle(state.position", "circle(np.nan", "scene .* coordinates that are not finite"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(write, old, new, message):
    write("my_puck", (old, new))
    with pytest.raises(UserError, match=message) as caught:
        find("my_puck:ENV")
    assert "environment 'my_puck:ENV'" in str(caught.value)


def test_the_line_is_that_of_the_user(write):
    path = write("my_puck", (PUT, PUT.replace(" + lane]", "]")))
    line = 1 + path.read_text(encoding="utf-8").splitlines().index("    state[POSITION] = position")
    with pytest.raises(UserError) as caught:
        find("my_puck:ENV")
    assert f"step ({path}, line {line}) writes another lane" in str(caught.value)


def test_all_that_is_wrong_with_its_description_comes_at_once(write):
    write("my_puck", ("max_steps=100", "max_steps=0"), ("state=State", "state=None"))
    with pytest.raises(UserError, match=r"max_steps = 0: .*; state = None"):
        find("my_puck:ENV")


def test_an_environment_without_physics_and_scene(write):
    write(
        "my_puck",
        ('    physics=Physics(),\n    positive=("mass",),\n', ""),
        ("    scene=scene,\n", ""),
        ("physics.power * thrust / physics.mass", "thrust"),
    )
    env = find("my_puck:ENV")
    assert (env.physics._fields, env.scene) == ((), None)
