"""Every command and program in README and docs runs, or stands below with the reason why it does not."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from docs.documents import ROOT, anchors, blocks, commands, links, mentioned, spans
from genesys_cli import neat
from genesys_cli.cli.main import COMMANDS, main
from genesys_cli.config.fields import field_of
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import ALL_TABLES, TABLES
from genesys_cli.energy.platforms import load_profile, platform_names
from neat_configs import complete
from small_studies import in_this_process

NOT_RUN = {
    # what begins so: why
    "make ": "makes a virtual environment and needs the network; `make` itself is checked below",
    "python3 -m venv": "needs the network",
    ". .venv": "belongs to a shell",
    "pip install": "needs the network; the extras are checked below",
    "cd ": "belongs to a shell; tests/test_examples.py runs what follows",
    "python evolve_robot.py": "tests/test_examples.py runs it",
    "cc ": "tests/test_examples.py and tests/export compile and run headers",
    "genesys export champion --output controller.h": "tests/test_examples.py runs it on its robot",
    "genesys replay LunarLander --render window": "needs a window",
    "genesys replay LunarLander --episodes 3 --render window": "needs a window",
    "genesys evolve -e CartPole --start-from winner.json": "tests/files/test_neat_python.py reads such a file",
    "genesys evolve -e LunarLander --cluster": "needs a cluster; tests/backends/cluster has one",
    "export RAY_AUTH_MODE": "belongs to a shell",
    "ray ": "starts nodes that stay; tests/backends/cluster/test_manifests.py reads them with Ray's own command line",
    "sbatch ": "needs Slurm; tests/backends/cluster/test_manifests.py carries the script out",
    "docker ": "needs Docker and the network",
    "kubectl ": "needs Kubernetes; tests/backends/cluster/test_manifests.py checks the manifest",
    "genesys tune -e LunarLander --cluster": "needs a cluster; tests/tuning has one",
    "genesys bench --suite paper": "minutes: nine environments",
    "genesys rtl --chip genesys-edge -o chip --synth": "minutes; tests/rtl/gates/test_whole.py maps a smaller chip",
    "genesys rtl -o": "half a minute each; tests/rtl/gates/test_whole.py maps a smaller module",
    "git ": "belongs to a contributor's checkout",
}

SHORTER = {
    # what begins so: words that make it take a second
    "genesys evolve -e LunarLander --start-from": "-g 1 -p 4 -n 1 --validate 1 -j 1 -s environment.max_steps=30",
    "genesys evolve --env LunarLander": "-g 1 -p 4 -n 1 --validate 1 -j 1 -s environment.max_steps=30",
    "genesys evolve --env my_envs": "-g 1 -p 4 -n 1 --validate 1 -j 1",
    "genesys evolve --env puck": "-g 1 -p 24 -n 3 --validate 3 -j 1",
    "genesys evolve --env pettingzoo": "-g 1 -p 4 --validate 1 -j 1 -s problem.matches=1",
    "genesys evolve --problem": "-g 2 -p 20 --validate 2 -j 1",
    "genesys evolve --preset CartPole-drift": "-g 3 -p 20 --validate 3",
    "genesys evolve --preset config-feedforward": "-g 2 -p 20 --validate 3",
    "genesys refine": "-g 1 -n 1 -s refine.steps=1 -s evaluation.validate_episodes=2 -s environment.max_steps=30",
    "genesys tune -e Pendulum": "-g 2 -p 20 -s evaluation.validate_episodes=3 --trials 2 --seeds 0-1 --held-out 5-6",
    "genesys tune": "-j 1",
    "genesys evolve --env Pendulum": "-g 2 -p 20 --validate 3",
    "genesys evolve -e MountainCar": "-g 2 -p 20 --validate 3",
    "genesys evolve -e Pendulum": "-g 2 -p 20 --validate 3",
    "genesys evolve --data": "-g 2 -p 20",
    "genesys presets import": "--force",
    "genesys evolve --resume runs/Pendulum": "-g 3",
    "genesys evolve -e CartPole --seeds": "-g 2 -p 20 --validate 3 -j 1 --seeds 0-1",
    "genesys evolve -e Pendulum --seeds": "-g 2 -p 20 --validate 3 -j 1 --seeds 0-1",
    "genesys evolve --preset free": "-g 6 -p 20 --validate 3",
    "genesys evolve -e CartPole --islands 4 --set": "-g 6 -p 20 --validate 3 --no-stop-when-solved --migrate-every 2",
    "genesys evolve -e CartPole": "-g 3 -p 20 --validate 3",
    "genesys replay LunarLander --record": "--max-seconds 0.2 --fps 10 --force",
    "genesys replay champion --record": "--max-seconds 0.2 --fps 10 --force",
    "genesys inspect LunarLander --ablation": "--episodes 1",
    "genesys inspect champion --ablation": "--episodes 1",
    "genesys inspect champion --draw": "--force",
    "genesys inspect --plot": "--force",
    "genesys export gen:12": "--force --run runs/CartPole/001-software",
    "genesys export": "--force",
    "genesys report": "--no-film --force",
    "genesys bench --sweep": "-g 2 -p 10",
    "genesys bench": "-g 2 -p 10",
}
ALONE = ("genesys bench --peak",)  # takes no words about sizes


def reason_not_to_run(command):
    if "envpool" in command and importlib.util.find_spec("envpool") is None:
        return "needs envpool, which has nothing for Python 3.10"
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), None)


def shortened(command):
    if command.startswith(ALONE):
        return command
    more = next((words for start, words in SHORTER.items() if command.startswith(start)), "")
    return f"{ends_of_sweeps(command)} {more}".strip()


def ends_of_sweeps(command):
    """Leave out what lies between the first and the last value of each sweep, which need only be allowed."""
    for key, between in re.findall(r"--sweep ([^\s=]+)=[^\s,]+,(\S+),[^\s,]+", command):
        for value in between.split(","):
            load_settings(None, "CartPole", ["run.backend=genesys", f"{key}={value}"])
    return re.sub(r"(--sweep [^\s=]+=[^\s,]+),\S+(,[^\s,]+)", r"\1\2", command)


def test_no_exception_is_left_over():
    typed = [command for _, command in commands()]
    for start in NOT_RUN:
        if start not in ("git ",):
            assert any(command.startswith(start) for command in typed), f"no document has {start!r} any more"
    for start in SHORTER:
        assert any(command.startswith(start) and not reason_not_to_run(command) for command in typed), start


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the runs that the documents speak of, and the module of a user's own."""
    folder = tmp_path_factory.mktemp("docs")
    (module,) = (b.text for b in blocks() if b.language == "python" and "class Thermostat" in b.text)
    (folder / "my_envs.py").write_text(module, encoding="utf-8")
    for example in ("puck.py", "crane.py", "nim.py", "iris.csv"):
        shutil.copy(ROOT / "examples" / example, folder)
    (function,) = (b.text for b in blocks() if b.language == "python" and "def evaluate(network, seed)" in b.text)
    (folder / "my_module.py").write_text(function, encoding="utf-8")
    (folder / "config-feedforward").write_text(complete(), encoding="utf-8")
    (folder / "my_scores.py").write_text("def cost(episode):\n    return -episode.total_reward\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "path", [str(folder), *sys.path])  # as of a program that lies there
        in_this_process(patch)  # what studies do in processes of their own, tests/studies says
        run("genesys evolve --env Pendulum -g 2 -p 20 -n 1 --validate 3 --quiet")
        run("genesys evolve --env CartPole -g 14 -p 20 -n 1 --validate 3 --no-stop-when-solved --quiet")
        yield folder


def run(command):
    words = shlex.split(command)
    assert words[0] == "genesys", f"no test knows how to run {command!r}: say in NOT_RUN why not, or teach it"
    expanded = []
    for word in words[1:]:
        matches = sorted(map(str, Path().glob(word))) if "*" in word else []
        expanded += matches or [word]
    result = CliRunner().invoke(main, expanded)
    assert result.exit_code == 0, f"{command}\n{result.output}\n{result.exception!r}"


@pytest.mark.parametrize("command", list(dict.fromkeys(command for _, command in commands())))
def test_a_command_of_the_documents(place, command):
    if reason_not_to_run(command) is None:
        newest = Path("runs/latest").read_text()
        run(shortened(command))
        if "--problem" in command or "pettingzoo" in command:  # later commands show champions, or refine them
            Path("runs/latest").write_text(newest)
    elif command.startswith("genesys"):
        parsed(command)


PROGRAMS_NOT_RUN = {
    # what a program has in it: why it is not run here
    "class Thermostat": "a module of a user's own: used above, and played in tests/envs/gym/test_handbook.py",
    "def gentle": "a fitness function: nothing calls it by itself; it is called below",
    'render_mode="human"': "needs a window; run below without one",
}


@pytest.mark.parametrize("block", [b for b in blocks() if b.language == "python"], ids=lambda b: f"{b.page}:{b.line}")
def test_a_program_of_the_documents(place, block):
    code = compile(block.text, f"{block.page}:{block.line}", "exec")
    names = {}
    if "gentle" in block.text:
        from genesys_cli.backends.fitness import Episode

        exec(code, names)
        assert names["gentle"](Episode(1, 10.0, 5, True, False, {})) == 9.5
        return
    if 'render_mode="human"' in block.text:
        text = block.text.replace('render_mode="human"', "").replace('"LunarLander"', '"runs/CartPole/001-software"')
        code = compile(text, f"{block.page}:{block.line}", "exec")
    elif any(part in block.text for part in PROGRAMS_NOT_RUN):
        return
    if "observation" in block.text:
        import numpy as np

        names["observation"] = np.zeros(8 if "onnx" in block.text else 4, np.float32)
    if "lander.onnx" in block.text:
        pytest.importorskip("onnxruntime")
        run("genesys export LunarLander --output lander.onnx --force")
    exec(code, names)


def parsed(command):
    """Let click parse a command without running it; words in capitals and dots stand for anything."""
    words = [word for word in shlex.split(command)[1:] if word not in ("...", "…")]
    if not words:
        return
    assert words[0] in COMMANDS, command
    found = importlib.import_module(f"genesys_cli.cli.{words[0]}").command
    rest = words[1:]
    if isinstance(found, click.Group) and rest and rest[0] in found.commands:
        found, rest = found.commands[rest[0]], rest[1:]
    options = {name: param for param in found.params for name in (*param.opts, *param.secondary_opts)}
    for word in rest:
        if word.startswith("-"):
            assert word.partition("=")[0] in {*options, "-h", "--help"}, f"{command}: there is no {word}"


@pytest.mark.parametrize(("page", "command"), list(dict.fromkeys(mentioned())))
def test_a_command_in_the_prose_has_these_options(page, command):
    parsed(re.sub(r"[\[\]|]", " ", command).replace("'", ""))


def all_options():
    found = {"--help": ["genesys"], "-h": ["genesys"], "--version": ["genesys"]}
    for name in COMMANDS:
        for param in importlib.import_module(f"genesys_cli.cli.{name}").command.params:
            if isinstance(param, click.Option):
                for word in (*param.opts, *param.secondary_opts):
                    found.setdefault(word, []).append(name)
    return found


OTHERS = (
    "--durations",
    "python -m ",
    "ray ",
    "tensorboard ",
    "pip ",
    "make ",
    "twine ",
    "verilator ",
    "read_slang ",
)  # what begins so has options of its own


def test_every_option_that_a_document_mentions_exists():
    known = all_options()
    programs = [*(ROOT / "benchmarks").rglob("*.py"), ROOT / ".ci" / "release.py"]
    sources = "".join(path.read_text(encoding="utf-8") for path in programs)
    theirs = set(re.findall(r"\"(--[a-z-]+)\"", sources))
    for page, code in spans():
        for option in re.findall(r"(?<![\w-])--[a-z][\w-]+", "" if code.startswith(OTHERS) else code):
            assert option in known or (option in theirs and page in ("performance.md", "releasing.md")), (
                f"{page}: {code}"
            )


def test_every_setting_that_a_document_mentions_exists():
    """Profiles of platforms have a table `power` too, with other keys."""
    of_platforms = {key for name in platform_names() for key in load_profile(name).constants()}
    for page, code in spans():
        for key in re.findall(r"(?<![\w./:\"'])([a-z]+\.[a-z_]+(?:\.[a-z_]+)*)(?![\w/(*.])", code):
            if key.partition(".")[0] in (*ALL_TABLES, "drift") and key.removeprefix("neat.") not in neat.__all__:
                name = key.replace("drift.name", "drift.NAME")
                known = field_of(name) is not None or key in of_platforms
                assert known or key.endswith((".py", ".md", ".json", ".npz")), f"{page}: {code}"


def test_every_setting_that_a_message_mentions_exists():
    """Texts of the sources name settings by their keys; ``fitness.json`` and ``neat.nn`` are none."""
    tables = "|".join(TABLES)
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            for key in re.findall(rf"(?<![\w./-])((?:{tables})\.[a-z_]+)\b(?!\()", text):
                known = field_of(key) is not None or key.removeprefix("neat.") in (*neat.__all__, "nn", "export")
                assert known or key.endswith((".json", ".md", ".npz")), f"{path.name}, line {node.lineno}: {key}"


def test_every_option_is_in_a_document():
    """The other way round: what there is, a document or at least the page of --help explains."""
    told = " ".join([code for _, code in spans()] + [command for _, command in commands()])
    for option, names in all_options().items():
        if option.startswith("--") and option not in told:
            for name in names:
                shown = CliRunner().invoke(main, [] if name == "genesys" else [name, "--help"]).output
                assert option in shown, f"{option} of {name} is explained nowhere"


def test_every_command_is_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [name for name in COMMANDS if f"genesys {name}" not in text]


def test_links_lead_somewhere():
    for page, target in links():
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{page.name}: {target}"


def test_extras_that_documents_install_exist():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for page, command in commands():
        for names in re.findall(r"\[([\w,]+)\]'", command if command.startswith("pip") else ""):
            for name in names.split(","):
                assert re.search(rf"^{name} = \[", text, re.MULTILINE), f"{page}: {command}"


def test_make_has_the_targets_that_documents_name():
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = [code for _, code in spans() + commands() if code.startswith("make ")]
    for target in {re.match(r"make ([a-z]+)", code)[1] for code in named if re.match(r"make [a-z]+", code)}:
        assert re.search(rf"^{target}:", make, re.MULTILINE), target


def test_blocks_of_toml_are_toml(place):
    from genesys_cli.cli.main import main

    for k, block in enumerate(b for b in blocks() if b.language == "toml"):
        path = place / f"block{k}.toml"
        path.write_text(block.text, encoding="utf-8")
        result = CliRunner().invoke(main, ["presets", "show", str(path)])
        assert result.exit_code == 0, f"{block.page}:{block.line}\n{result.output}"


def test_python_dash_m():
    def said(*words):
        return subprocess.run([sys.executable, *words], capture_output=True, text=True, encoding="utf-8", check=False)

    whole, short = said("-m", "genesys_cli", "--version"), CliRunner().invoke(main, ["--version"]).stdout
    assert (whole.returncode, whole.stdout, whole.stderr) == (0, short, "")
    wrong = said("-m", "genesys_cli", "evovle")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("Usage: genesys ")
    assert "did you mean 'evolve'?" in wrong.stderr
    assert shutil.which("genesys") is None or whole.stdout.startswith("genesys, version")
