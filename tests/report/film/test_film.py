"""Films of short episodes, read back."""

import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.errors import UserError
from genesys_cli.files.target import find_target
from genesys_cli.network.network import Network
from genesys_cli.playback.replay import replay
from genesys_cli.report.film.film import FASTEST, LAST_S, LIMITS, Film
from genesys_cli.report.film.page import FOOT
from genesys_cli.report.network.svg import DARK
from small_runs import start, tiny

pytest.importorskip("pygame")
Image = pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def cartpole(tmp_path_factory):
    place = tmp_path_factory.mktemp("films")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", "environment.max_steps=60", "run.seed=3"), place / "run")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def filmed(run, name, episodes=1, **options):
    film = Film(Path(name), **options)
    result = replay("champion", run, episodes, None, "film", film)
    return result, film.write()


def pictures(name):
    """Return every picture of a GIF, (N, H, W, 3), and the seconds that it stays."""
    with Image.open(name) as gif:
        found, times = [], []
        for k in range(gif.n_frames):
            gif.seek(k)
            found.append(np.asarray(gif.convert("RGB")))
            times.append(gif.info["duration"] / 1000)
    return np.array(found, int), times


def drawn_by_gymnasium(run, result):
    """Return what Gymnasium draws of the episode, before each step and after the last."""
    stored = find_target("champion", run)
    network = Network(stored.champion.genome, feed_forward=True)
    world = gymnasium.make("CartPole-v1", render_mode="rgb_array")
    seen, _ = world.reset(seed=result["episode_list"][0]["seed"])
    found = [world.render()]
    for _ in range(result["steps"]):
        inputs = (seen - stored.champion.offset) * stored.champion.scale
        seen, *_ = world.step(int(np.argmax(network.activate(inputs))))
        found.append(world.render())
    world.close()
    return found


def test_a_gif_shows_what_gymnasium_draws(cartpole):
    result, facts = filmed(cartpole, "a.gif")
    found, times = pictures("a.gif")
    assert len(found) == facts["pictures"] == -(-result["steps"] // 2) + 1  # 25 a second of 50, and the last
    assert times[:-1] == [0.04] * (len(found) - 1)
    assert times[-1] == LAST_S
    assert sum(times) == pytest.approx(facts["seconds"])
    assert found.shape[1:] == (facts["height"], facts["width"], 3) == (400 + FOOT, 600, 3)
    expected = drawn_by_gymnasium(cartpole, result)
    kept = [*range(0, result["steps"], 2), result["steps"]]
    for picture, k in zip(found, kept, strict=True):
        # The palette is of 255 colours, and pixels that differ by little stay: none is far off.
        assert np.abs(picture[:400] - expected[k].astype(int)).max() <= 40
        assert np.abs(picture[:400] - expected[k].astype(int)).mean() <= 0.5
    assert facts["bytes"] == Path("a.gif").stat().st_size
    assert facts["complete"]


def test_a_filmed_episode_scores_what_the_backend_finds(cartpole):
    plain = replay("champion", cartpole, 3, None, "none")
    result, _ = filmed(cartpole, "a.gif", 3, fps=5, activity=True)
    assert result["returns"] == plain["returns"]
    assert result["episode_list"] == plain["episode_list"]


def test_several_episodes_in_one_film(cartpole):
    result, facts = filmed(cartpole, "a.gif", 2, fps=10)
    found, times = pictures("a.gif")
    lengths = [-(-entry["steps"] // 5) + 1 for entry in result["episode_list"]]
    assert len(found) == sum(lengths)
    assert times.count(LAST_S) == 2
    assert times[lengths[0] - 1] == LAST_S
    assert facts["fps"] == 10


def test_activity_lights_the_nodes(cartpole):
    from genesys_cli.report.network import raster
    from genesys_cli.report.network.graph import graph_of
    from genesys_cli.report.network.layout import layout_of

    result, facts = filmed(cartpole, "a.gif", activity=True)
    found, _ = pictures("a.gif")
    stored = find_target("champion", cartpole)
    network = Network(stored.champion.genome, feed_forward=True)
    world = gymnasium.make("CartPole-v1")
    seen, _ = world.reset(seed=result["episode_list"][0]["seed"])
    high = facts["height"] - FOOT
    wide = facts["width"] - 480
    graph = graph_of(
        stored.champion.genome,
        ["cart position", "cart velocity", "pole angle", "pole angular velocity"],
        ["push left", "push right"],
    )
    layout = layout_of(graph, (wide, high))
    scale = min(wide / layout.width, high / layout.height)
    left = 480 + (wide - round(layout.width * scale)) // 2
    top = (high - round(layout.height * scale)) // 2
    tones = {tone: np.array(raster._rgb(text)) for tone, text in DARK.items()}
    compared = 0
    for k in range(result["steps"]):
        outputs = network.activate((seen - stored.champion.offset) * stored.champion.scale)
        if k % 2 == 0:
            for j, node in enumerate(graph.nodes):
                if node.kind == "output":
                    value = float(outputs[node.value_at - 4])
                    full = tones["positive" if value >= 0 else "negative"]
                    wanted = tones["ground"] + (full - tones["ground"]) * min(abs(value), 1)
                    x, y = left + layout.x[j] * scale, top + layout.y[j] * scale
                    assert np.abs(found[k // 2][round(y), round(x)] - wanted).max() <= 30
                    compared += 1
        seen, *_ = world.step(int(np.argmax(outputs)))
    world.close()
    assert compared >= 8


def test_an_mp4_can_be_read(cartpole):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    _, facts = filmed(cartpole, "a.mp4", activity=True)
    words = [ffmpeg.get_ffmpeg_exe(), "-i", "a.mp4", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    found = subprocess.run(words, capture_output=True, check=True)
    assert b" 50 fps" in found.stderr
    assert b"yuv420p" in found.stderr  # which every browser plays
    assert facts["fps"] == 50
    frames = np.frombuffer(found.stdout, np.uint8).reshape(-1, facts["height"], facts["width"], 3)
    assert len(frames) == facts["pictures"] - 1 + round(LAST_S * 50)
    assert (frames[0][:300, :600] > 240).mean() > 0.9  # CartPole's white
    assert list(Path().iterdir()) == [Path("a.mp4")]


def test_a_film_ends_at_its_longest(cartpole):
    result, facts = filmed(cartpole, "a.gif", max_seconds=0.2)
    assert facts["pictures"] == 5
    assert not facts["complete"]
    assert result["returns"] == replay("champion", cartpole, 1, None, "none")["returns"]


@pytest.mark.parametrize(("fps", "every"), [(None, 2), (50, 1), (1000, 1), (49, 2), (13, 4), (1, 50)])
def test_pictures_a_second(cartpole, fps, every):
    _, facts = filmed(cartpole, "a.gif", fps=fps, max_seconds=0.1)
    assert facts["fps"] == 50 / every
    assert facts["fps"] <= min(fps or LIMITS[".gif"].fps, FASTEST[".gif"])


@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_what_a_recurrent_network_passes_on_is_from_the_step_before(backend, tmp_path):
    run = start(tiny("CartPole", "neat.feed_forward=false", "neat.num_hidden=2", f"run.backend={backend}"), "run")
    frames = []
    replay("champion", run, 2, None, "film", frames.append)
    before = None
    for frame in frames:
        if frame.steps == 0:
            before = np.zeros(4 + len(frame.genome.node_id), np.float32)
        np.testing.assert_array_equal(frame.values.read[:4], frame.values.now[:4])
        if not frame.over:
            np.testing.assert_array_equal(frame.values.read[4:], before[4:])
            before = frame.values.now
    assert len({frame.values.now.tobytes() for frame in frames}) > 5


def test_an_input_of_zero_is_zero_on_the_chip():
    run = start(tiny("CartPole", "run.backend=genesys", "neat.generations=1"), "run")
    frames = []
    replay("champion", run, 1, None, "film", frames.append)
    for frame in frames[:-1]:
        np.testing.assert_allclose(frame.values.now[:4], frame.observation, atol=3)
        units = frame.values.now[:4] * 4096
        np.testing.assert_array_equal(units, np.round(units))  # operands, without a half unit


def test_environments_that_draw_no_pictures_are_told(monkeypatch, tmp_path):
    Path("dull.py").write_text(
        "import gymnasium\nimport numpy as np\n"
        "class Dull(gymnasium.Env):\n"
        "    observation_space = gymnasium.spaces.Box(-1, 1, (2,))\n"
        "    action_space = gymnasium.spaces.Discrete(2)\n"
        "    def __init__(self, render_mode=None):\n        self.render_mode = render_mode\n"
        "    def reset(self, *, seed=None, options=None):\n        return np.zeros(2, np.float32), {}\n"
        "    def step(self, action):\n        return np.zeros(2, np.float32), 1.0, True, False, {}\n"
        "gymnasium.register('Dull-v0', Dull)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    run = start(tiny("dull:Dull-v0", "neat.generations=1", "neat.population=6"), "run")
    with pytest.raises(UserError, match=r"Dull-v0 cannot be filmed: it renders no frames .*--render terminal"):
        filmed(run, "a.gif")
    assert not Path("a.gif").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.avi", r"--record a.avi: must end in .gif or .mp4"),
        ("film", "must end in"),
        ("there.gif", r"there.gif exists already and is kept as it is; .*--force"),
        ("nowhere/a.gif", "there is no folder nowhere"),
        ("folder.gif", "is a folder"),
    ],
)
def test_files_that_cannot_be_written_are_told_before_anything_is_played(name, message):
    Path("there.gif").write_bytes(b"mine")
    Path("folder.gif").mkdir()
    with pytest.raises(UserError, match=message):
        Film(Path(name))
    assert Path("there.gif").read_bytes() == b"mine"


def test_overwriting(cartpole):
    Path("a.gif").write_bytes(b"mine")
    filmed(cartpole, "a.gif", overwrite=True, max_seconds=0.1)
    assert Path("a.gif").read_bytes()[:3] == b"GIF"


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        ("PIL.Image", "a.gif", "--record needs Pillow"),
        ("imageio_ffmpeg", "a.mp4", "needs imageio-ffmpeg"),
        ("pygame", "a.gif", "--record needs pygame"),
    ],
)
def test_what_is_missing_gets_its_pip_line(cartpole, monkeypatch, module, name, message):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=rf"{message} .*pip install 'genesys-cli\[film\]'"):
        filmed(cartpole, name)
    assert not list(Path().iterdir())


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_an_interrupt_leaves_no_file(cartpole, name):
    if name == "a.mp4":
        pytest.importorskip("imageio_ffmpeg")

    class Stop:
        def step(self, done, total, text):
            if done == 5:
                raise KeyboardInterrupt

        def close(self):
            pass

    film = Film(Path(name))
    replay("champion", cartpole, 1, None, "film", film)
    with pytest.raises(KeyboardInterrupt):
        film.write(Stop())
    assert not list(Path().iterdir())


def test_the_command(cartpole):
    invoke = CliRunner().invoke
    result = invoke(
        main, ["replay", str(cartpole), "-n", "2", "--record", "a.gif", "--activity", "--max-seconds", "0.4"]
    )
    assert result.exit_code == 0, result.output
    assert "a.gif: 0.4 s, 10 pictures of 864 × 346" in result.stdout
    assert "which is not all: --max-seconds makes it longer" in result.stdout
    assert result.stdout.splitlines()[-3].split() == ["episode", "seed", "return", "steps", "ended"]
    again = invoke(main, ["replay", str(cartpole), "--record", "a.gif"])
    assert (again.exit_code, "--force" in again.stderr) == (2, True)
    for words in (["--activity"], ["--fps", "5"], ["--record", "b.gif", "--render", "window"]):
        assert invoke(main, ["replay", str(cartpole), *words]).exit_code == 2
    assert not Path("b.gif").exists()


def test_a_network_whose_first_outputs_are_no_numbers(cartpole, monkeypatch):
    from genesys_cli.backends.stepped.actor import Actor

    monkeypatch.setattr(Actor, "decide", lambda self, observation: False)
    result, facts = filmed(cartpole, "a.gif", activity=True)
    assert facts["pictures"] == 1
    assert [entry["ended"] for entry in result["episode_list"]] == ["not finite"]


def test_colours_are_the_nearest_of_the_palette():
    from genesys_cli.report.film.gif import COLOURS, EXACT, Reduction, _packed, _palette

    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (40, 50, 3), np.uint8)
    picture[:20] = (255, 254, 1)
    palette = _palette([_packed(picture)])
    assert EXACT < len(palette) <= COLOURS
    assert [255, 254, 1] in palette.tolist()
    reduced = Reduction(palette)
    for one in (picture, rng.integers(0, 256, (40, 50, 3), np.uint8)):
        found = np.asarray(reduced(one).convert("RGB"), int)
        nearest = ((one.reshape(-1, 1, 3).astype(int) - palette) ** 2).sum(axis=2).min(axis=1)
        np.testing.assert_array_equal(((found - one) ** 2).sum(axis=2).ravel(), nearest)
