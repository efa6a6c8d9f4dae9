"""``genesys rtl`` says what cannot be done before it writes anything."""

import pytest

from genesys_cli.errors import UserError
from genesys_cli.rtl import verilator


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("--chip genesis-15nm -o chip", "there is no chip 'genesis-15nm'; did you mean 'genesys-15nm'?"),
        ("--chip nowhere.toml -o chip", "there is no chip file 'nowhere.toml'"),
        ("-s eve.pse=4 -o chip", "did you mean 'eve.pes'?"),
        ("-s noc.kind=parent-multicast -o chip", "noc.kind = 'parent-multicast' has no RTL"),
        ("-s buffer.write_cycles=2 -o chip", "buffer.write_cycles = 2 has no RTL"),
        ("-s adam.function_unit=piecewise -o chip", "adam.function_unit = 'piecewise' is not in the RTL"),
        ("--chip genesys-edge", "--output"),
        ("--chip genesys-edge -o full", "--output full exists already and is kept as it is; choose another folder"),
        ("--chip genesys-edge -o full/file", "--output full/file exists already and is kept as it is"),
    ],
)
def test_what_cannot_be_written(invoke, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    result = invoke("rtl", args)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full"]
    assert (tmp_path / "full" / "file").read_text() == "mine"


def test_a_check_needs_a_compiler(invoke, tmp_path, monkeypatch):
    def none():
        raise UserError("there is no c++ on this machine")

    monkeypatch.setattr(verilator, "tools", none)
    result = invoke("rtl", "--check", "--chip", "genesys-edge", "-o", tmp_path / "chip")
    assert result.exit_code == 2
    assert "there is no c++" in result.stderr
    assert not (tmp_path / "chip").exists()
