"""Whether something that may be Ray answers at an address: Ray itself would wait there for minutes, deaf to Ctrl-C."""

from __future__ import annotations

import os
import socket

from ...errors import UserError

_PROBE_S = 5.0  # for a port to answer at all
# What a client of HTTP/2 begins with (RFC 9113, section 3.4), and empty settings; Ray speaks gRPC, which speaks HTTP/2.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_SETTINGS = 4  # the type of the frame with which a server has to answer, in its fourth byte


def probe(address: str, what: str) -> None:
    """Raise :class:`UserError` where no server of gRPC listens at an address such as ``10.0.0.5:6379``.

    what: is connected to, for the message
    """
    host, _, port = address.rpartition(":")
    try:
        if not host or not port.isdecimal():
            raise ValueError(f"{address!r} is not HOST:PORT")
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PROBE_S) as connection:
            if os.environ.get("RAY_USE_TLS", "0") == "0" and not _speaks_grpc(connection):
                raise ValueError("what answers there is not Ray")
    except TimeoutError:
        raise _unreachable(what, f"nothing has answered within {_PROBE_S:g} s") from None
    except (OSError, ValueError, OverflowError) as error:
        raise _unreachable(what, str(error)) from None


def listens(address: str) -> bool:
    """Say whether anybody listens at an address; a second is waited for it."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1.0):
            return True
    except OSError:
        return False


def _speaks_grpc(connection: socket.socket) -> bool:
    connection.sendall(_PREFACE)
    head = b""
    while len(head) < 9:
        if not (more := connection.recv(9 - len(head))):
            return False
        head += more
    return head[3] == _SETTINGS


def _unreachable(what: str, why: str) -> UserError:
    return UserError(
        f"{what} cannot be reached: {why}; give the address that `ray start --head` has printed, or use --cluster local"
    )
