"""Numbers and a JSON header in one ``.npz`` file: versioned, checksummed, never pickle.

The bytes depend on the contents alone (members in a fixed order, no time stamps), so equal states give equal files.
The archive's comment, its last 64 bytes, is the SHA-256 of all bytes before it: no damage goes unnoticed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import DamagedFileError
from .reading import parsed, said, shown
from .storage import write_atomically

HEADER = "header"
CHECKSUM = 64  # hexadecimal digits
BLOCK = 2**22  # bytes that are read at a time
MOST = 2**37  # bytes of a file: more than any memory here, so that a hole on a disk is not read for hours
MOST_OF_HEADER = 2**26
TYPES = ("|u1", "<i4", "<i8", "<f4", "<f8")  # of numbers


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


def read(
    path: Path, kind: str, version: int, known: Container[str] | None = None
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays; raises :class:`DamagedFileError` when the file is not a sound archive of this kind.

    kind, version: what the header's ``format`` must be, and the newest version that this program reads
    known: names of the arrays that are wanted; of others nothing is read. None: all

    Nothing is allocated on the word of the file: an array takes the bytes that its member has, which lie in the file
    as they are, and no two members share any.
    """
    try:
        if path.is_dir():
            raise DamagedFileError(f"{path} is a folder, not a {kind}")
        if path.exists() and not path.is_file():
            raise DamagedFileError(f"{path} is not a regular file, and so not a {kind}")
        with open(path, "rb") as file:
            return _read(file, path, kind, version, known)
    except FileNotFoundError:
        raise DamagedFileError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero in it
        raise DamagedFileError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from None


def kind_of(path: Path) -> str:
    """Return what kind of file an archive says that it is; empty where it does not. Nothing else of it is looked at."""
    try:
        with zipfile.ZipFile(path) as archive:
            header = parsed(_array(archive, archive.getinfo(f"{HEADER}.npy"), MOST_OF_HEADER).tobytes())
    except Exception:  # as :func:`_read`: whoever reads it will say
        return ""
    kind = header.get("format") if isinstance(header, dict) else None
    return kind if isinstance(kind, str) else ""


def _read(
    file: BinaryIO, path: Path, kind: str, version: int, known: Container[str] | None
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    size = file.seek(0, os.SEEK_END)
    if size > MOST:
        raise DamagedFileError(f"{path} has {size:,} bytes; a {kind} has {MOST:,} at most")
    if not _sound(file, size):
        raise DamagedFileError(f"{path} is truncated or altered, or is not a {kind}: it does not end in its checksum")
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, size)
            header = parsed(_array(archive, members[HEADER], MOST_OF_HEADER).tobytes())
            if not isinstance(header, dict):
                raise ValueError("its header is not an object")
            _check_kind(header, path, kind, version)
            wanted = [name for name in members if name != HEADER and (known is None or name in known)]
            return header, {name: _array(archive, members[name]) for name in wanted}
    except DamagedFileError:
        raise
    except Exception as error:  # zipfile, numpy and json each have their own ways to say "not mine"
        text = f"{error!r:.200}" if isinstance(error, KeyError) else f"{error!s:.200}"
        raise DamagedFileError(f"{path} is not a {kind} ({' '.join(text.split())})") from None


def _check_kind(header: Mapping[str, Any], path: Path, kind: str, version: int) -> None:
    """Raise DamagedFileError where a header is that of another kind of file, or of a version that is not read."""
    found = header.get("version")
    if header.get("format") != kind or not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise DamagedFileError(
            f"{path} is a {shown(header.get('format'))} file of version {shown(found)}, not a {kind}"
        )
    if found > version:
        raise DamagedFileError(
            f"{path} has format version {shown(found)}, written by genesys {said(header.get('written_by'))}; this "
            f"genesys reads up to version {version}: update it"
        )


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name; raises ValueError where they cannot lie in `size` bytes side by side, as they are."""
    found: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in found:
            raise ValueError(f"the member {shown(name)} is there twice")
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise ValueError(f"the member {shown(name)} is compressed")
        found[name] = member
    if sum(member.file_size for member in found.values()) > size:
        raise ValueError("its members are larger than the file")
    return found


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int = MOST) -> NDArray[Any]:
    """Return the numbers of a member; raises ValueError where they are not of one of TYPES, in one row, all there."""
    name = member.filename
    if member.file_size > most:
        raise ValueError(f"the member {shown(name)} has {member.file_size:,} bytes; there can be {most:,} at most")
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"the member {shown(name)} is of version {version} of NumPy's format")
        shape, turned, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.hasobject:
            raise ValueError(f"the member {shown(name)} holds objects, and is not loaded, as with allow_pickle=False")
        if turned or len(shape) != 1 or dtype.str not in TYPES:
            raise ValueError(f"the member {shown(name)} is no row of numbers, but {dtype} of shape {shape}")
        data = file.read()
    if shape[0] < 0 or shape[0] * dtype.itemsize != len(data):
        raise ValueError(f"the member {shown(name)} has {len(data)} bytes for the shape {shape} of {dtype}")
    return np.frombuffer(bytearray(data), dtype)  # a copy, so that it can be written to and is aligned


def _sound(file: BinaryIO, size: int) -> bool:
    """Say whether the file ends in the checksum of all before."""
    digest = hashlib.sha256()
    file.seek(0)
    left = size - CHECKSUM
    while left > 0:
        if not (data := file.read(min(left, BLOCK))):
            return False
        digest.update(data)
        left -= len(data)
    return left == 0 and file.read(CHECKSUM) == digest.hexdigest().encode()


def _checksum(data: memoryview) -> bytes:
    return hashlib.sha256(data[:-CHECKSUM]).hexdigest().encode()
