"""Files are UTF-8 whatever the locale: each place that opens one says so, and a byte order mark does no harm."""

import ast
import codecs
from pathlib import Path

import pytest
from click.testing import CliRunner

import genesys_cli
from genesys_cli.cli.main import main
from genesys_cli.config.chips import load_chip
from genesys_cli.config.load import load_settings
from genesys_cli.config.presets import preset_folder
from genesys_cli.energy.table import load_table
from genesys_cli.errors import UserError

SOURCES = sorted(Path(genesys_cli.__file__).parent.rglob("*.py"))
TEXT = {"open", "fdopen", "read_text", "write_text", "NamedTemporaryFile", "TemporaryFile"}
OTHERS = (
    "os",
    "archive",
    "cls",
    "zipfile",
    "RunFolder",
    "StudyFolder",
    "TuningFolder",
)  # whose functions of these names read no text
CHILDREN = {"Popen", "run", "check_output"}


def without_encoding(tree):
    """Yield the calls that would read or write text in the encoding of the locale."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        owner = getattr(getattr(call.func, "value", None), "id", "")
        given = {word.arg for word in call.keywords}
        strings = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        strings += [w.value.value for w in call.keywords if w.arg == "mode" and isinstance(w.value, ast.Constant)]
        if name in TEXT and owner not in OTHERS and "encoding" not in given:
            if name in ("read_text", "write_text") and call.args and owner == "":
                continue  # a function of ours, which takes a path
            if name in ("NamedTemporaryFile", "TemporaryFile"):
                if any("b" not in mode for mode in strings):
                    yield call
            elif not any("b" in mode and len(mode) <= 3 for mode in strings):
                yield call
        text = bool(given & {"text", "universal_newlines"})
        if name in CHILDREN and owner == "subprocess" and text and "encoding" not in given:
            yield call


def test_every_text_has_an_encoding():
    for path in SOURCES:
        for call in without_encoding(ast.parse(path.read_text(encoding="utf-8"))):
            pytest.fail(f"{path.name}, line {call.lineno}: text without encoding")


@pytest.mark.parametrize(
    "code",
    [
        "open(path)", "open(path, 'w')", "path.read_text()", "path.open()", "path.write_text(x)", "os.path.open(p)",
        "subprocess.run(words, text=True)", "tempfile.TemporaryFile('w')", "open(path, mode='a')",
    ],
)  # fmt: skip
def test_a_missing_one_is_found(code):
    assert list(without_encoding(ast.parse(code)))


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path, mark):
    shipped = preset_folder()

    def copy(source):
        path = tmp_path / f"own-{source.name}"
        path.write_bytes(mark + source.read_bytes().replace(b"\n", b"\r\n" if mark else b"\n"))
        return path

    preset = copy(shipped / "Pendulum.toml")
    assert load_settings(preset) == load_settings("Pendulum")
    assert load_chip(copy(shipped / "chips" / "genesys-edge.toml")).settings == load_chip("genesys-edge").settings
    assert load_table(copy(shipped / "energy" / "genesys-15nm.toml")).prices == load_table().prices
    champion = copy(shipped / "champions" / "LunarLander.json")
    result = CliRunner().invoke(main, ["inspect", str(champion), "--json"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "latin-1"])
def test_another_encoding_is_told(tmp_path, encoding):
    path = tmp_path / "mine.toml"
    text = '[preset]\ndescription = "über"\n'
    path.write_bytes((codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b"") + text.encode(encoding))
    with pytest.raises(UserError, match="is not text in UTF-8") as caught:
        load_settings(path)
    assert ("save it as UTF-8" in str(caught.value)) == encoding.startswith("utf-16")
