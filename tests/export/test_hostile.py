"""Names and numbers of others: none of them becomes code in what is exported."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from export.exporting import COMPILER, FLAGS, genomes, needs_compiler, outputs_of, random_controller
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.presets import shipped_champions
from genesys_cli.errors import GenesysError
from genesys_cli.export.actions import interface_of
from genesys_cli.export.as_json import json_of
from genesys_cli.export.as_onnx import onnx_of
from genesys_cli.export.as_torch import torch_of
from genesys_cli.export.c.as_c import default_name, header_of
from genesys_cli.export.files import export
from genesys_cli.export.formats import FORMATS
from genesys_cli.files.champion import _digest, load_champion

EVIL = [
    "*/\n#error evil\n/*",
    "*\\\n/ evil(); /*",
    "**//",
    "/*/ evil */",
    "??/\nevil",
    "*??/\n/\n#error evil",
    '"""\nraise SystemExit(7)\n"""',
    "\\",
    "'''\\N{evil}",
    "évil\u2028\u202eüü?/",
    "\x00\x0b\x0c\r\x1b[31mevil\x7f",
    "nn_NN_ {evil} %s {0}",
    "evil " * 2000,
    "e" * 10_000,
    "",
]


def evil_controller(kind, text, fixed=False):
    rng = np.random.default_rng(3)
    population = genomes(outputs_of(kind), feed_forward=True, fixed=fixed, seed=3)
    chip = ChipSettings.model_validate({"adam": {"table_bits": 5}}) if fixed else None
    made = random_controller(kind, population, 4, rng, feed_forward=True, fixed=fixed, chip=chip)
    env = made.interface.environment
    env = type(env)(
        id=text,
        name=text,
        observation_names=(text, *env.observation_names[1:]),
        action_names=(*env.action_names[:-1], text),
        action=env.action,
        max_steps=100,
        solved_at=None,
    )
    return made._replace(interface=made.interface._replace(environment=env), facts={"environment": text})


@needs_compiler
@pytest.mark.parametrize("kind", ["one of", "several", "switches", "numbers"])
def test_c(tmp_path, kind):
    """All the texts are in one program, which is compiled strictly, and whose trigraphs are replaced (C99)."""
    program = ""
    for k, text in enumerate(EVIL):
        header = header_of(evil_controller(kind, text, fixed=k % 2 == 1), f"it{k}", ("none", "progmem")[k % 2]).text
        assert all(" " <= letter <= "~" or letter == "\n" for letter in header)
        assert "??" not in header
        assert "\\\n" not in header
        comment, _, rest = header.partition("*/")
        assert comment.count("/*") == 1
        assert rest.startswith(f"\n#ifndef IT{k}_H\n"), text
        assert len(comment) < 4000
        (tmp_path / f"it{k}.h").write_text(header)
        program += f'#include "it{k}.h"\n'
    (tmp_path / "all.c").write_text(program)
    subprocess.run([COMPILER, *FLAGS, "-fsyntax-only", "all.c"], cwd=tmp_path, check=True)


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_other_formats(text):
    made = evil_controller("numbers", text)
    tree = ast.parse(torch_of(made).decode())
    kinds = [type(part).__name__ for part in tree.body]
    assert kinds[:5] == ["Expr", "Import", "Import", "Assign", "Assign"]
    assert set(kinds[5:]) <= {"FunctionDef", "Assign", "ClassDef"}
    assert len(ast.get_docstring(tree)) < 1000
    assert json.loads(json_of(made))["controller"]["observation"]["names"][0] == text
    pytest.importorskip("onnx")
    onnx_of(made)


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("int", "int"),
        ("While", "while"),
        ("", "net"),
        ("__", "net"),
        ("3D-Bin", "net_3d_bin"),
        ("é", "net"),
        ("*/ evil", "evil"),
        ("x" * 10_000, "x" * 40),
        ("a" * 39 + "_b", "a" * 39),
    ],
)
def test_prefixes(name, prefix):
    made = evil_controller("one of", name)
    assert default_name(made) == prefix
    header_of(made)


@needs_compiler
@pytest.mark.parametrize("name", ["int", "nn", "NN", "NN_x", "pgm_read", "POLE", "a__b", "x" * 40, "size", "std"])
def test_any_name_is_a_prefix(tmp_path, name):
    header = header_of(evil_controller("numbers", "evil"), name, "progmem").text
    (tmp_path / "it.h").write_text(header)
    assert f"static inline void {name}_act({name}_state *state" in header
    subprocess.run([COMPILER, *FLAGS, "-x", "c", "-fsyntax-only", "it.h"], cwd=tmp_path, check=True)


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_champion_file_that_was_signed_again(file_format):
    """Whatever texts and numbers it has in place of others, it is refused, or exported without them."""
    if file_format == "onnx":
        pytest.importorskip("onnx")
    source = json.loads(shipped_champions()["LunarLander"].read_text())
    evil = '*/ evil """ \\\n evil'
    changes = [
        {"environment": evil, "written_by": evil},
        {"statistics": source["statistics"] | {"generation": evil}},
        {"inputs": source["inputs"] | {"scale": [float("nan")] * 8}},
        {"inputs": source["inputs"] | {"offset": [-3e38] * 8, "scale": [1e-38] * 8}},
        {"inputs": source["inputs"] | {"offset": [evil] * 8}},
    ]
    refused = 0
    for change in changes:
        document = {key: value for key, value in {**source, **change}.items() if key != "sha256"}
        Path("evil.json").write_text(json.dumps({**document, "sha256": _digest(document)}))
        try:
            data = export(load_champion(Path("evil.json")), file_format).data
        except GenesysError:
            refused += 1
            continue
        assert b"evil" not in data or file_format in ("json", "onnx"), change
        assert b"nan" not in data.lower() or file_format in ("onnx",), change
    assert refused < len(changes)


def test_actions_that_no_format_holds(monkeypatch):
    import gymnasium

    from export.exact import Here
    from genesys_cli.config.schema import EnvironmentSettings, Settings

    space = gymnasium.spaces.Box(np.zeros(2, np.longdouble), np.ones(2, np.longdouble), dtype=np.longdouble)
    if np.dtype(np.longdouble).itemsize == 8:
        pytest.skip("longdouble is float64")
    gymnasium.register("Long-v0", lambda: Here())
    monkeypatch.setattr(Here, "action_space", space, raising=False)
    with pytest.raises(GenesysError, match=r"Long-v0 takes actions of float128, which no format"):
        interface_of(Settings(environment=EnvironmentSettings(id="Long-v0")), 3, 2)
