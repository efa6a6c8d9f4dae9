"""A worker process from its start to its end: what is around the player, or the caller."""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, BinaryIO

from ...compiled.threads import Threads, usable_cores
from ...config.backends import register_all
from ...config.load import settings_from_toml
from ...config.schema import Settings
from ...envs.conditions import conditions_of
from ...envs.problem.env import ProblemEnv
from ...errors import UserError
from ..numerics import Numerics, numerics_of
from .board import Board, remove
from .messages import Broken, Ready, Refused, Setup, Unable

if TYPE_CHECKING:
    from .caller import Caller
    from .player import Player


def main(incoming: BinaryIO, packed: bytes) -> None:
    """Serve the pool until it says stop or is no more; never returns.

    incoming: its messages; packed: the first of them, pickled
    """
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # environments print
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    setup: Setup = pickle.loads(packed)
    if not setup.temporary:  # a board that is a file has to be removed first, by the last to hear of the end
        _end_with_parent()
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, inbox, setup), daemon=True, name="genesys-listen").start()

    def send(message: Any) -> None:
        pickle.dump(message, outgoing)
        outgoing.flush()

    try:
        try:
            worker = _caller(setup, send) if isinstance(setup.env, ProblemEnv) else _player(setup, send)
        except UserError as error:
            send(Unable(str(error)))
        else:
            send(Ready())
            worker.run(inbox)
    except UserError as error:
        send(Refused(str(error)))
        inbox.get()
    except BaseException:
        send(Broken(traceback.format_exc()))
    finally:
        sys.stderr.flush()
        os._exit(0)  # without waiting for what environments may have left running


def _end_with_parent() -> None:
    """Have the system kill this process with its parent, which also ends code that never lets :func:`_listen` run.

    Only Linux can. It does so with the parent's thread that started this process; a pool then starts another one.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _listen(incoming: BinaryIO, inbox: queue.SimpleQueue[Any], setup: Setup) -> None:
    """Pass messages on; when there can be no more, the pool is gone, and this process ends in whatever it is at."""
    try:
        while True:
            inbox.put(pickle.load(incoming))
    except EOFError:
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        if setup.temporary:
            remove(setup.board)
        os._exit(0)


def _player(setup: Setup, send: Any) -> Player:
    from ...envs.gym.making import spec_of  # functions do without Gymnasium
    from .player import Player

    settings, numerics, board = _surroundings(setup)
    assert not isinstance(setup.env, ProblemEnv)
    try:
        spec_of(setup.env.make_id)
    except KeyError:
        raise UserError(
            "it is registered in the main process alone; register it in a module that both can import, and name it "
            f"my_module:{setup.env.make_id}"
        ) from None
    player = Player(setup.env, settings, numerics.arithmetic, numerics.formats, board, setup.worker, send)
    player.warm_up(conditions_of(settings, setup.env))
    gc.freeze()  # what there is by now stays: collections need not look at it again
    return player


def _caller(setup: Setup, send: Any) -> Caller:
    from .caller import Caller

    settings, numerics, board = _surroundings(setup)
    assert isinstance(setup.env, ProblemEnv)
    share = Threads(max(1, (settings.run.threads or usable_cores()) // setup.n_workers))
    caller = Caller(setup.env, settings, numerics, board, setup.worker, send, share)
    caller.warm_up()
    gc.freeze()
    return caller


def _surroundings(setup: Setup) -> tuple[Settings, Numerics, Board]:
    register_all(setup.backends)
    settings = settings_from_toml(setup.settings, "from the main process")
    board = Board(setup.board, os.path.getsize(setup.board), setup.n_workers)
    return settings, numerics_of(settings), board
