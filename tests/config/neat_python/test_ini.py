"""Files: what neat-python's parser reads is read, and anything else is refused with one message."""

import pytest

from genesys_cli.config.neat_python.ini import read_ini
from genesys_cli.config.neat_python.keys import SECTIONS
from genesys_cli.errors import UserError
from neat_configs import config

GOOD = config()


def written(tmp_path, data, name="config"):
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.replace(" = ", ": "),
        GOOD.replace("pop_size", "  \n# größer\n; or not\nPop_Size"),
        GOOD.replace("pop_size = 40", "pop_size = %(num)s0\nnum = 4"),
    ],
    ids=["mark", "crlf", "cr", "colon", "comments", "reference"],
)
def test_what_is_read(tmp_path, data):
    sections = read_ini(written(tmp_path, data)).sections
    assert tuple(sections) == SECTIONS
    assert sections["NEAT"]["pop_size"] == "40"
    assert sections["DefaultGenome"] == read_ini(written(tmp_path, GOOD)).sections["DefaultGenome"]


BAD = {
    "binary": (bytes(range(256)), "is not text in UTF-8"),
    "utf-16": (GOOD.encode("utf-16"), "it is UTF-16; save it as UTF-8"),
    "latin-1": (GOOD.replace("[NEAT]", "# größer\n[NEAT]").encode("latin-1"), "is not text in UTF-8"),
    "json": ('{"pop_size": 5}', 'line 1 stands in no section, such as [NEAT]: {"pop_size": 5}'),
    "toml": (GOOD.replace("[NEAT]", "pop_size = 3"), "line 1 stands in no section"),
    "empty": ("", "it has none of neat-python's sections, [NEAT], [DefaultGenome], [DefaultSpeciesSet], "),
    "preset": ("[neat]\npopulation = 3\n", "it has none of neat-python's sections, [NEAT], [DefaultGenome], "),
    "two missing": (
        GOOD[: GOOD.index("[DefaultStag")],
        "[DefaultStagnation]; there is no section [DefaultReproduction]",
    ),
    "prose": ("[NEAT]\nOnce upon\n", "line 2 is neither a section, such as [NEAT], nor KEY = VALUE: Once upon"),
    "steering": ("[NEAT]\n\x1b[2J\n", r"KEY = VALUE: \x1b[2J"),
    "twice": (GOOD.replace("pop_size", "pop_size = 3\nPOP_SIZE"), "line 5 gives pop_size of [NEAT] a second time"),
    "section twice": (GOOD + "[NEAT]\n", "begins [NEAT] a second time"),
    "percent": (
        GOOD.replace("pop_size = 40", "pop_size = 40%"),
        "[NEAT] pop_size cannot be read: % begins a reference",
    ),
    "no such reference": (GOOD.replace("= 40", "= %(size)s"), "[NEAT] pop_size cannot be read: % begins a reference"),
    "missing": (GOOD.replace("[DefaultStagnation]\n", ""), "there is no section [DefaultStagnation]"),
    "unknown": (GOOD + "[Extra]\na = 1\n", "[Extra] is none of neat-python's sections; take it out"),
    "misspelt": (GOOD.replace("[NEAT]", "[neat]"), "[neat] is none of neat-python's sections; did you mean 'NEAT'?"),
    "own class": (
        GOOD.replace("[DefaultGenome]", "[LanderGenome]"),
        "[LanderGenome] is of a class of your own; where it has the keys of [DefaultGenome], call it so",
    ),
    "spiking": (GOOD.replace("[DefaultGenome]", "[IZGenome]"), "[IZGenome] describes spiking networks"),
    "long": (GOOD + f"[{'x' * 9000}]\na = 1\n", f"[{'x' * 57}...] is none of neat-python's sections"),
    "for all": (GOOD + "[DEFAULT]\nelitism = 1\n", "[DEFAULT] gives its keys to all sections"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused(tmp_path, name):
    data, why = BAD[name]
    path = written(tmp_path, data)
    with pytest.raises(UserError) as caught:
        read_ini(path)
    message = str(caught.value)
    assert str(path) in message
    assert why in message
    assert "\n" not in message
    assert len(message) < 500
    assert message.count("there is no section") == {"two missing": 2, "missing": 1}.get(name, 0)


def test_what_is_no_file(tmp_path):
    for path, why in ((tmp_path, "is a folder"), (tmp_path / "nowhere", "there is no file")):
        with pytest.raises(UserError, match=why):
            read_ini(path)


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("config-feedforward", "config-feedforward.toml"),
        ("config.ini", "config.toml"),
        ("Config.CFG", "Config.toml"),
        ("lander-0.5", "lander-0.5.toml"),
        ("xor.v2", "xor.v2.toml"),
    ],
)
def test_the_name_of_the_preset(tmp_path, name, preset):
    assert read_ini(written(tmp_path, GOOD, name)).preset_name == preset
