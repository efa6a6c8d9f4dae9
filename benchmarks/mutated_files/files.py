"""Altered champions and checkpoints with the right checksum, and files of a run folder that have none."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from genesys_cli.files import archive
from genesys_cli.files.champion import _digest
from genesys_cli.files.checkpoint import KIND, VERSION

from .mutations import alter_array, alter_bytes, alter_document, alter_text, alter_toml


def signed(document: Any) -> str:
    """Return a champion's document with the right checksum."""
    document = (
        {key: value for key, value in document.items() if key != "sha256"} if isinstance(document, dict) else document
    )
    return json.dumps({**document, "sha256": _digest(document)} if isinstance(document, dict) else document, indent=1)


def alter_champion(data: bytes, rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.05:
        return alter_bytes(data, rng)
    document = json.loads(data)
    if kind < 0.85:
        return signed(alter_document(document, rng)).encode(errors="surrogatepass")
    # Text that is no longer what a program would write, signed as what it says, if it says anything.
    text = alter_text(data.decode(), rng)
    with contextlib.suppress(ValueError, RecursionError, AttributeError):
        said = json.loads(text)
        text = text.replace(document["sha256"], _digest({key: value for key, value in said.items() if key != "sha256"}))
    return text.encode()


def alter_archive(data: bytes, path: Path, rng: random.Random, of: str = KIND, version: int = VERSION) -> bytes:
    """Return an altered archive. path: where the sound one lies; of, version: what kind of file it is"""
    if rng.random() < 0.05:
        return alter_bytes(data, rng)
    header, arrays = archive.read(path, of, version)
    kind = rng.random()
    members: dict[str, bytes] = {}
    text = json.dumps(alter_document(header, rng) if kind < 0.45 else header)
    if 0.45 <= kind < 0.5:
        text = alter_text(text, rng)
    if kind >= 0.5:
        for _ in range(rng.choice((1, 1, 2))):
            name = rng.choice(sorted(arrays))
            if kind < 0.6:
                arrays.pop(name)
            else:
                arrays[name] = alter_array(arrays[name], rng)
            if not arrays:
                break
    for name, array in {"header": np.frombuffer(text.encode(errors="surrogatepass"), np.uint8), **arrays}.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.asanyarray(array), version=(1, 0), allow_pickle=False)
        members[name] = buffer.getvalue()
    compression = zipfile.ZIP_STORED
    if kind > 0.9:
        name = rng.choice(sorted(members))
        how = rng.randrange(5)
        if how == 0:  # more numbers than there are bytes
            shape = rng.choice((b"(9000000000000,)", b"(-5,)", b"(3, 4)", b"()", b"(99999999999999999999,)"))
            members[name] = (
                members[name].replace(b"'shape': (", b"'shape': " + shape + b" + (", 1)
                if rng.random() < 0.3
                else _reshaped(members[name], shape)
            )
        elif how == 1:
            members[name] = alter_bytes(members[name], rng)
        elif how == 2:
            compression = zipfile.ZIP_DEFLATED
        elif how == 3:
            members[rng.choice(("more", "../evil", "x" * 300, "population"))] = b"\0" * 50
        else:
            members[name] = b""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), content, compression)
        file.comment = bytes(archive.CHECKSUM)
    body = buffer.getvalue()[: -archive.CHECKSUM]
    if kind > 0.98:
        body = alter_bytes(body, rng)
    return body + hashlib.sha256(body).hexdigest().encode()


def _reshaped(member: bytes, shape: bytes) -> bytes:
    begin = member.find(b"'shape': ") + 9
    end = member.find(b")", begin) + 1
    pad = len(shape) - (end - begin)
    blank = member.rfind(b" ", 0, member.find(b"\n"))
    head = member[:begin] + shape + member[end : blank + 1 - max(0, pad)]
    return head + b" " * max(0, -pad) + member[blank + 1 :]


def alter_other(data: bytes, rng: random.Random) -> bytes:
    """Alter what has no checksum: summary.json, tables, faults, settings."""
    if rng.random() < 0.2:
        return alter_bytes(data, rng) if data else b"\0"
    text = data.decode()
    if text.startswith("{"):
        return json.dumps(alter_document(json.loads(text), rng)).encode(errors="surrogatepass")
    if "," not in text or " = " in text:
        return alter_toml(text, rng).encode() if " = " in text else alter_text(text, rng).encode()
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(rng.choice((1, 1, 3))):
        row = rng.choice(rows)
        row[rng.randrange(len(row))] = rng.choice(
            ("", "nan", "inf", "-1", "1e308", "x", "\x1b[2J", "9" * 400, "9" * 5000, "0", '"', "1e-300")
        )
    return ("\n".join(map(",".join, rows)) + "\n").encode()
