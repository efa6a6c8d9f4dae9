"""Tables in files of every format, and what is said of those that are none."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.envs.data.table import digest_of, read_table
from genesys_cli.errors import UserError

COLUMNS = {"a": np.array([1.0, 2.5, -3.0]), "b": np.array([0.0, 1.0, np.nan]), "kind": ["x", "y", "x"]}


def written(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def same(table, columns=COLUMNS):
    assert list(table) == list(columns)
    for name, column in columns.items():
        if isinstance(column, list):
            assert table[name] == column
        else:
            np.testing.assert_array_equal(table[name], column)


@pytest.mark.parametrize(
    "text",
    [
        "a,b,kind\n1,0,x\n2.5,1,y\n-3,,x\n",
        "a;b;kind\n1;false;x\n2.5;TRUE;y\n-3;NA;x\n",
        "a\tb\tkind\r\n1\t0\tx\r\n\r\n2.5\t1\ty\r\n-3\tnan\tx",
        "\ufeffa, b ,kind\n1, 0, x\n25e-1, 1.0, y\n-3, ?, x\n\n",
        'a|b|"kind"\n1|0|"x"\n2.5|1|y\n-3|null|x\n',
        "a,b,kind\n1,0,x,\n2.5,1,y,,\n-3,,x\n",
    ],
    ids=["commas", "semicolons", "tabs", "marked", "bars", "ends"],
)
def test_text_is_read_however_it_is_separated(tmp_path, text):
    same(read_table(written(tmp_path / "t.csv", text)))


def test_a_table_without_names_gets_numbers(tmp_path):
    same(read_table(written(tmp_path / "t.csv", "1,2\n3,4\n")), {"1": np.array([1.0, 3.0]), "2": np.array([2.0, 4.0])})


def test_quoted_values_hold_separators_and_new_lines(tmp_path):
    table = read_table(written(tmp_path / "t.csv", 'name,x\n"a, b",1\n"c\nd",2\n'))
    assert table["name"] == ["a, b", "c\nd"]
    assert list(read_table(written(tmp_path / "t.csv", '"a; b; c",x\n1,2\n'))) == ["a; b; c", "x"]


def test_arrays(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, X=np.arange(6).reshape(3, 2), y=np.array([True, False, True]), kind=np.array(["x", "y", "x"]))
    same(
        read_table(str(path)),
        {
            "X[0]": np.array([0.0, 2, 4]),
            "X[1]": np.array([1.0, 3, 5]),
            "y": np.array([1.0, 0, 1]),
            "kind": ["x", "y", "x"],
        },
    )


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table(
        {
            "a": [1.0, 2.5, -3.0],
            "b": pyarrow.array([False, True, None]),
            "kind": pyarrow.array(["x", "y", "x"]).dictionary_encode(),
        }
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    same(read_table(str(tmp_path / "t.parquet")))
    parquet.write_table(pyarrow.table({"a": [[1], [2]]}), tmp_path / "nested.parquet")
    with pytest.raises(UserError, match="column 'a' has the type list"):
        read_table(str(tmp_path / "nested.parquet"))


def test_equal_tables_have_equal_digests_in_any_format(tmp_path):
    one = read_table(written(tmp_path / "t.csv", "a,k\n1,x\n-0,y\n"))
    np.savez(tmp_path / "t.npz", a=np.array([1, 0], np.int8), k=np.array(["x", "y"]))
    assert digest_of(one) == digest_of(read_table(str(tmp_path / "t.npz")))
    for other in ("a,k\n1,x\n2,y\n", "b,k\n1,x\n0,y\n", "a,k\n1,x\n0,z\n", "k,a\nx,1\ny,0\n"):
        assert digest_of(read_table(written(tmp_path / "o.csv", other))) != digest_of(one)


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "iris", "linnerud"])
def test_tables_of_scikit_learn(name):
    datasets = pytest.importorskip("sklearn.datasets")
    shipped = getattr(datasets, f"load_{name}")()
    table = read_table(f"sklearn:{name}")
    names = list(map(str, shipped.feature_names))
    np.testing.assert_array_equal(np.column_stack([table[key] for key in names]), shipped.data)
    targets = [key for key in table if key not in names]
    if name == "linnerud":
        np.testing.assert_array_equal(np.column_stack([table[key] for key in targets]), shipped.target)
    else:
        assert targets == ["target"]
        wanted = shipped.target if name == "diabetes" else [str(shipped.target_names[k]) for k in shipped.target]
        assert list(table["target"]) == list(wanted)


@pytest.mark.parametrize(
    ("file", "contents", "said"),
    [
        ("t.csv", None, "there is no such file"),
        ("t.xlsx", b"PK", "its ending has to say what it is: .csv"),
        ("t.csv", "", "is empty"),
        ("t.csv", "\n \n", "is empty"),
        ("t.csv", b"\xff\xfea\x00", "it is UTF-16; save it as"),
        ("t.csv", b"a,b\n\xe4,1\n", "is not text in UTF-8"),
        ("t.csv", "a,b\n1,2\n3\n", r"line 3 has 1 value instead of the 2 of line 1 \(3\)"),
        ("t.csv", "a,a\n1,2\n", "two columns called 'a'"),
        ("t.csv", 'a,b\n"1,2\n', "is no CSV"),
        ("t.npz", b"no archive", "no sound NPZ"),
        ("t.parquet", b"no table", "no sound Parquet"),
    ],
)
def test_what_is_no_table(tmp_path, file, contents, said):
    if file.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    if contents is not None:
        written(tmp_path / file, contents)
    with pytest.raises(UserError, match=said) as raised:
        read_table(str(tmp_path / file))
    assert "\n" not in str(raised.value)


def test_a_folder_is_no_table_and_a_misspelt_file_is_named(tmp_path):
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(UserError, match="that is a folder"):
        read_table(str(tmp_path / "x.csv"))
    with pytest.raises(UserError, match="addresses are not fetched"):
        read_table("https://example.org/t.csv")
    written(tmp_path / "measurements.csv", "a\n1\n")
    with pytest.raises(UserError, match="did you mean 'measurements.csv'"):
        read_table(str(tmp_path / "measurement.csv"))
    with pytest.raises(UserError, match="did you mean 'iris'"):
        read_table("sklearn:irises")


@pytest.mark.parametrize(
    "arrays",
    [
        {"x": np.zeros(3), "y": np.zeros(2)},
        {"x": np.zeros((2, 2, 2))},
        {"x": np.float64(1)},
        {"x": np.array([1j, 2])},
    ],
    ids=["lengths", "dimensions", "scalar", "complex"],
)
def test_arrays_that_are_no_columns(tmp_path, arrays):
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(UserError, match="equally many rows|give numbers or texts"):
        read_table(str(tmp_path / "t.npz"))


def test_arrays_of_objects_are_not_loaded(tmp_path):
    np.savez(tmp_path / "t.npz", x=np.array([print, 1], object))
    with pytest.raises(UserError, match="without objects"):
        read_table(str(tmp_path / "t.npz"))
