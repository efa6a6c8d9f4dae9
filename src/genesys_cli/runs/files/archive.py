"""Numbers and a JSON header in one ``.npz`` file: versioned, checksummed, never pickle.

The bytes depend on the contents alone (members in a fixed order, no time stamps), so equal states give equal files.
The archive's comment, its last 64 bytes, is the SHA-256 of all bytes before it: no damage goes unnoticed.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DamagedFileError
from .storage import write_atomically

HEADER = "header"
CHECKSUM = 64  # hexadecimal digits


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the bytes of an archive; `header` must be plain JSON."""
    text = json.dumps(header, sort_keys=True)
    members = {HEADER: np.frombuffer(text.encode(), np.uint8), **arrays}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in members.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
        archive.comment = bytes(CHECKSUM)  # its place
    with buffer.getbuffer() as data:
        data[-CHECKSUM:] = _checksum(data)
    return buffer.getvalue()


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an archive atomically."""
    write_atomically(path, pack(header, arrays))


def read(path: Path, kind: str, version: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays; raises :class:`DamagedFileError` when the file is not a sound archive of this kind.

    kind, version: what the header's ``format`` must be, and the newest version that this program reads
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DamagedFileError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise DamagedFileError(f"{path} is a folder, not a {kind}") from None
    except OSError as error:
        raise DamagedFileError(f"{path} cannot be read ({error.strerror})") from None
    if _checksum(memoryview(data)) != data[-CHECKSUM:]:
        raise DamagedFileError(f"{path} was cut off or altered, or is no {kind}: it does not end in its checksum")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays.pop(HEADER).tobytes().decode())
        found, written_by = header["version"], header.get("written_by")
        sound = header["format"] == kind and isinstance(found, int)
    except Exception as error:  # zipfile, numpy and json each have their own ways to say "not mine"
        raise DamagedFileError(f"{path} is not a {kind} ({error})") from None
    if not sound:
        raise DamagedFileError(f"{path} is a {header['format']!r} file of version {found!r}, not a {kind}")
    if found > version:
        raise DamagedFileError(
            f"{path} has format version {found}, written by genesys {written_by}; this genesys reads up to version "
            f"{version}: update it"
        )
    return header, arrays


def _checksum(data: memoryview) -> bytes:
    return hashlib.sha256(data[:-CHECKSUM]).hexdigest().encode()
