"""Numbers and a JSON header in one ``.npz`` file: versioned, checksummed, never pickle.

The bytes depend on the contents alone (members in a fixed order, no time stamps), so equal states give equal files.
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

from ..errors import DamagedFileError
from .storage import write_atomically

HEADER = "header"


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the bytes of an archive; `header` must be plain JSON."""
    members = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps({**header, "sha256": _digest(header, members)}, sort_keys=True)
    members = {HEADER: np.frombuffer(text.encode(), np.uint8), **members}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in members.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an archive atomically."""
    write_atomically(path, pack(header, arrays))


def read(path: Path, kind: str, version: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays; raises :class:`DamagedFileError` when the file is not a sound archive of this kind.

    kind, version: what the header's ``format`` must be, and the newest version that this program reads
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays.pop(HEADER).tobytes().decode())
        expected = header.pop("sha256")
    except FileNotFoundError:
        raise DamagedFileError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise DamagedFileError(f"{path} is a folder, not a {kind}") from None
    except Exception as error:  # zipfile, numpy and json each have their own ways to say "not mine" or "cut off"
        raise DamagedFileError(f"{path} is damaged or not a {kind} ({error})") from None
    if header.get("format") != kind:
        raise DamagedFileError(f"{path} is a {header.get('format')!r} file, not a {kind}")
    if not isinstance(header.get("version"), int) or header["version"] > version:
        raise DamagedFileError(
            f"{path} has format version {header.get('version')}, written by genesys {header.get('written_by')}; this "
            f"genesys reads up to version {version}: update it"
        )
    if _digest(header, arrays) != expected:
        raise DamagedFileError(f"{path} is damaged: its contents do not match their checksum")
    return header, arrays


def _digest(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(array.data if array.ndim else array.tobytes())
    return digest.hexdigest()
