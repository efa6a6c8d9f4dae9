"""Any terminal: characters that it lacks are replaced; a full disk or a closed pipe is one message or none."""

import io
import os
import subprocess
import sys

import pytest

from genesys_cli.cli import streams
from genesys_cli.cli.streams import ERRORS, ascii_of, prepared
from genesys_cli.errors import GenesysError

MEANT = "× µ − … ± ≤ → · ² ∞ – ■ █ ░ ▁▂▃▄▅▆▇█ ▏▎▍▌▋▊▉ ─│┌┐└┘├┤┬┴┼╭╮╰╯━┃ ⠀⠁⣿"
PROGRAM = """
import sys
from genesys_cli.cli.streams import prepared
with prepared():
    print({text!a})
    print({text!a}, file=sys.stderr)
"""


def call(code, environment=(), **streams_of):
    surroundings = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHON"))}
    return subprocess.run(
        [sys.executable, "-c", code], env=surroundings | dict(environment), capture_output=not streams_of, check=False,
        **streams_of,
    )  # fmt: skip


def test_what_is_meant_has_a_form_in_ascii():
    replaced = MEANT.encode("ascii", ERRORS).decode("ascii")
    assert "?" not in replaced
    assert replaced.startswith("x u - ... +- <= -> - 2 inf - # # .")
    assert ascii_of("漢") == "?"
    assert "a\udce4b".encode("utf-8", ERRORS) == b"a?b"


def test_every_character_that_the_program_prints_is_meant():
    from pathlib import Path

    import genesys_cli

    sources = Path(genesys_cli.__file__).parent.rglob("*.py")
    used = {character for path in sources for character in path.read_text(encoding="utf-8") if ord(character) > 127}
    assert used - {"μ"}
    assert not {character for character in used if "?" in ascii_of(character)}


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"PYTHONIOENCODING": "cp1252:strict"},
        {"PYTHONIOENCODING": "cp850"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda environment: " ".join(environment.values()),
)
def test_no_encoding_raises(environment):
    done = call(PROGRAM.format(text=MEANT + "漢"), environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"?") == 1
    assert done.stdout == done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
def test_a_full_disk_behind_either_stream():
    main = "from genesys_cli.cli.main import main; main({words!r})"
    with open("/dev/full", "wb") as full:
        for words in (["presets"], ["--help"], ["presets", "--json"]):
            done = call(main.format(words=words), stdout=full, stderr=subprocess.PIPE)
            assert done.returncode == 1
            assert done.stderr.startswith(b"Error: standard output cannot be written (No space left on device)")
            assert done.stderr.count(b"\n") == 1
        assert call(main.format(words=["evovle"]), stdout=subprocess.PIPE, stderr=full).returncode == 2


def test_streams_that_are_closed():
    done = subprocess.run(
        [sys.executable, "-c", "from genesys_cli.cli.main import main; main(['presets'])"],
        check=False, preexec_fn=lambda: (os.close(1), os.close(2)),
    )  # fmt: skip
    assert done.returncode == 0


def test_a_reader_that_has_gone_is_no_reason_for_words():
    code = "from genesys_cli.cli.main import main; main(['presets', 'show'])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_what_libraries_write_past_python_goes_to_standard_error():
    code = (
        "import os\nfrom genesys_cli.cli.streams import prepared\n"
        "with prepared():\n    print('result')\n    os.write(1, b'banner')\n    os.close(1)\n    print('more')\n"
    )
    done = call(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"result\nmore\n", b"banner")


def test_an_exception_that_nothing_can_catch_is_one_line():
    code = (
        "from genesys_cli.cli.streams import prepared\nclass Env:\n    def __del__(self): raise RuntimeError('no')\n"
        "with prepared():\n    Env()\n"
    )
    assert call(code).stderr == b"warning: Env.__del__ raised RuntimeError: no\n"


def test_threads_that_an_environment_left_do_not_keep_the_process():
    code = (
        "import threading, time\nfrom genesys_cli.cli.main import main\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\nmain(['presets', '--json'])\n"
    )
    done = call(code, timeout=30, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0
    assert done.stdout.endswith(b"}\n")


def test_progress_that_cannot_be_written_is_lost(monkeypatch):
    class Broken(io.StringIO):
        def write(self, text):
            raise OSError(5, "Input/output error")

    left = streams.left_threads()  # by tests before this one
    monkeypatch.setattr(sys, "stderr", Broken())
    with prepared():
        print("progress", file=sys.stderr)
    monkeypatch.setattr(sys, "stdout", Broken())
    with pytest.raises(GenesysError, match="standard output cannot be written"), prepared():
        print("result")
    assert isinstance(sys.stdout, Broken)
    assert streams.left_threads() == left
