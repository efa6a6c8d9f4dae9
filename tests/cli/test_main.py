import importlib
import subprocess
import sys

import click
import pytest

from genesys_cli import __version__
from genesys_cli.cli.main import COMMANDS, main
from genesys_cli.errors import DamagedFileError, GenesysError, UserError

HEAVY = ("numba", "numpy", "gymnasium", "matplotlib", "pydantic", "rich")


def commands():
    """Return the words and the command of each, subcommands too."""
    found = []
    for name in COMMANDS:
        command = importlib.import_module(f"genesys_cli.cli.{name}").command
        found.append(((name,), command))
        if isinstance(command, click.Group):
            found += [((name, sub), inner) for sub, inner in command.commands.items()]
    return found


def words_only(value):
    return " ".join(value) if isinstance(value, tuple) else ""


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from genesys_cli.cli.main import main, COMMANDS\n"
        "for words in ([], *([name] for name in COMMANDS)):\n"
        "    try: main([*words, '--help'])\n"
        "    except SystemExit as end: assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "command"), commands(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_help_page_has_an_example(invoke, words, command):
    result = invoke(*words, "--help")
    assert result.exit_code == 0
    assert f"genesys {words[0]}" in result.stdout.partition("Example")[2]
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{option.name} is not explained"


@pytest.mark.parametrize(
    ("words", "command"), commands(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_example_can_be_parsed(words, command):
    for line in (command.epilog or "").splitlines():
        if line.strip().startswith("genesys "):
            args = line.split()[1 + len(words) :]
            if not isinstance(command, click.Group) or not args or args[0] not in command.commands:
                command.make_context(words[-1], args)


def test_version(invoke):
    assert __version__ in invoke("--version").stdout


def test_an_unknown_command_gets_the_nearest(invoke):
    result = invoke("evovle")
    assert result.exit_code == 2
    assert "there is no command 'evovle'; did you mean 'evolve'?" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"), [(GenesysError("the disk is full"), 1), (UserError("no"), 2), (DamagedFileError("cut off"), 2)]
)
def test_errors_become_a_message_and_an_exit_code(invoke, runs, error, code):
    runs.error = error
    result = invoke("evolve")
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1] == f"Error: {error}"


def test_an_interrupt_exits_130(invoke, runs):
    runs.error = KeyboardInterrupt()
    result = invoke("evolve")
    assert result.exit_code == 130
    assert "Continue with: genesys evolve --resume runs/x" in result.stderr


def test_a_bug_keeps_its_traceback(invoke, runs):
    runs.error = ZeroDivisionError("a bug")
    assert invoke("evolve").exception is runs.error


def test_a_closed_pipe_is_quiet():
    code = "from genesys_cli.cli.main import main; main(['presets', 'show'] )"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


def test_the_group_has_no_stray_commands():
    assert main.list_commands(click.Context(main)) == list(COMMANDS)
    assert main.get_command(click.Context(main), "main") is None
