import errno

import pytest

from genesys_cli.bench.store import Store
from genesys_cli.errors import UserError


def test_what_is_kept_is_found_again():
    Store("abc").put("key", {"x": 1})
    assert Store("abc").get("key") == {"x": 1}
    assert Store("abc").get("other") is None
    assert Store("def").get("key") is None
    assert Store("abc", fresh=True).get("key") is None


@pytest.mark.parametrize("text", ["", "{", "[1]", "\xff"])
def test_a_damaged_file_counts_as_absent(text):
    store = Store("abc")
    store.put("key", {"x": 1})
    (store.path / "key.json").write_text(text)
    assert store.get("key") is None


def test_nothing_can_be_written(monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(UserError, match="run this in a folder that you may write to"):
        Store("abc").put("key", {})
