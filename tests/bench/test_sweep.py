import pytest

from genesys_cli.bench.sweep import MAX_POINTS, only_timing, parse_sweeps, points, split
from genesys_cli.config.chip import CHIP_TABLES
from genesys_cli.errors import UserError


def test_values_are_those_of_toml_or_words():
    found = parse_sweeps(["eve.pes=2, 4,8", "noc.kind=unicast,multicast", "clock.voltage_v=0.8,1.0"])
    assert found == {"eve.pes": [2, 4, 8], "noc.kind": ["unicast", "multicast"], "clock.voltage_v": [0.8, 1.0]}
    assert parse_sweeps(["cpu.frequency_hz=none,1e8"]) == {"cpu.frequency_hz": [None, 1e8]}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1,2", ["1", "2"]),
        ("[1,2],[3]", ["[1,2]", "[3]"]),
        ('"a,b",c', ['"a,b"', "c"]),
        ("{x=1,y=[2,3]},5", ["{x=1,y=[2,3]}", "5"]),
        ("1,", ["1", ""]),
    ],
)
def test_commas_in_brackets_and_quotations_separate_nothing(text, parts):
    assert split(text) == parts


def test_the_last_key_changes_fastest():
    found = points({"eve.pes": [2, 4], "noc.kind": ["unicast", "multicast"]})
    assert [", ".join(f"{key}={value}" for key, value in point.items()) for point in found] == [
        "eve.pes=2, noc.kind=unicast",
        "eve.pes=2, noc.kind=multicast",
        "eve.pes=4, noc.kind=unicast",
        "eve.pes=4, noc.kind=multicast",
    ]
    assert points({}) == [{}]


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ("eve.pse=2,4", "eve.pse (--sweep): there is no such setting; did you mean 'eve.pes'?"),
        ("eve.pes", "must have the form KEY=A,B,C"),
        ("eve.pes=2,,4", "must have the form KEY=A,B,C"),
        ("=2,4", "must have the form KEY=A,B,C"),
        ("eve.pes=2,4,2", "has a value twice"),
        ("run.seed=1,2", "cannot be swept; give --seeds N"),
        ("run.keep=1,2", "cannot be swept; what can is in the tables environment"),
    ],
)
def test_what_cannot_be_swept(sweep, message):
    with pytest.raises(UserError) as caught:
        parse_sweeps([sweep])
    assert message in str(caught.value)


def test_all_problems_are_told_at_once():
    with pytest.raises(UserError) as caught:
        parse_sweeps(["eve.pse=2", "run.seed=1", "eve.pes=2", "eve.pes=4"])
    assert len(str(caught.value).splitlines()) == 4


def test_too_many_points():
    with pytest.raises(UserError, match=str(MAX_POINTS)):
        points({"eve.pes": list(range(1, 1000)), "buffer.banks": list(range(1, 12))})


def test_each_key_of_a_chip_is_known_to_change_results_or_only_time():
    changes_results = {
        "eve.crossover_bias",
        "eve.max_deleted_nodes",
        "adam.function_unit",
        "adam.segment_bits",
        "adam.table_bits",
        "adam.activations",
        "genes.layout",
    }
    keys = {f"{table}.{key}" for table, model in CHIP_TABLES.items() for key in model.model_fields}
    assert {key for key in keys if not only_timing(key)} == changes_results
