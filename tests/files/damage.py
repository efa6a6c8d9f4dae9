"""Damages checkpoints, and says why a file is refused."""

import pytest

from genesys_cli.errors import DamagedFileError
from genesys_cli.files import archive
from genesys_cli.files.checkpoint import KIND, VERSION


def reason(load, path):
    """Return why a file is refused; it is one line that names the file."""
    with pytest.raises(DamagedFileError) as refused:
        load(path)
    message = str(refused.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def cuts(size):
    return [0, 1, 63, 64, 65, 100, *(size * k // 9 for k in range(1, 9)), size - 100, size - 1]


def repacked(path, change_header=None, change_arrays=None):
    """Write a checkpoint again after a change, with the right checksum."""
    header, arrays = archive.read(path, KIND, VERSION)
    if change_header:
        change_header(header)
    if change_arrays:
        change_arrays(arrays)
    archive.write(path, header, arrays)


def at(path):
    """Return what sets the place of a header or of arrays, such as ``champion.generation``."""
    *way, last = path.split(".")

    def change(document, value):
        for key in way:
            document = document[key]
        document[last] = value

    return change
