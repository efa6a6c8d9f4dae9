"""Ctrl-C waits for the end of a block, and is heard then."""

import signal
import threading

import pytest

from genesys_cli.runs.interrupts import interrupts_wait


@pytest.fixture(autouse=True)
def heard():
    """Ctrl-C is heard, also where whoever runs the tests does not hear it, such as a shell's background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(done):
    with interrupts_wait():
        signal.raise_signal(signal.SIGINT)
        done.append("block")
    done.append("after")


def test_the_block_is_carried_out_before_the_interrupt():
    done = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(done)
    assert done == ["block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_the_block_is_told_and_the_handler_restored():
    with pytest.raises(ValueError, match="ours"), interrupts_wait():
        raise ValueError("ours")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_left_alone():
    found = []

    def elsewhere():
        with interrupts_wait():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
