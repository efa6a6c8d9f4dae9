"""What the user's code does to this process, and what it raises."""

import os
import signal
import sys
import threading
import warnings

import numpy as np
import pytest

from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.gym.foreign import foreign, reason
from genesys_cli.errors import UserError

SOURCE = """
import gymnasium, numpy as np
from gymnasium import spaces


class Base(gymnasium.Env):
    observation_space = spaces.Box(-1, 1, (2,), np.float32)
    action_space = spaces.Discrete(2)


class Odd(BaseException):
    pass


def raising(kind):
    def member(self, *args, **kwargs):
        raise kind("no")

    return member


def register(name, **members):
    gymnasium.register(f"{name}-v0", entry_point=type(name, (Base,), members))


register("Init", __init__=raising(RuntimeError))
register("Exit", __init__=raising(SystemExit))
register("Odd", __init__=raising(Odd))
register("Close", close=raising(RuntimeError))
register("CloseExit", close=raising(SystemExit))
register("Seen", observation_space=property(raising(RuntimeError)))
register("Done", action_space=property(raising(Odd)))
for number, n in enumerate((0, -3, 2.5, None, "x", 10**12)):
    space = spaces.Discrete(2)
    space.n = n
    register(f"Number{number}", action_space=space)
"""


class OddError(BaseException):
    pass


class SilentError(Exception):
    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit, OddError, SilentError])
def test_whatever_it_raises_is_one_message(kind):
    with pytest.raises(UserError, match=rf"^it raised {kind.__name__}.*line \d+\)$"), foreign("it"):
        raise kind("a\nb")


def test_ctrl_c_passes_without_words():
    with pytest.raises(KeyboardInterrupt) as caught, foreign("it"):
        raise KeyboardInterrupt("of somebody else")
    assert not caught.value.args


def test_what_it_changes_is_put_back(tmp_path, capsys):
    before = os.getcwd(), signal.getsignal(signal.SIGINT), list(warnings.filters), np.geterr()
    with foreign("it"):
        os.chdir(tmp_path)
        signal.signal(signal.SIGINT, lambda *_: None)
        warnings.simplefilter("error")
        np.seterr(all="raise")
        print("heard")
        sys.stdout.close()
        sys.stderr.close()
    print("result")
    print("still there", file=sys.stderr)
    assert (os.getcwd(), signal.getsignal(signal.SIGINT), list(warnings.filters), np.geterr()) == before
    assert capsys.readouterr() == ("result\n", "heard\nstill there\n")


def test_a_reason_needs_no_text():
    assert reason(SilentError()) == "SilentError"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Init", "cannot be made: RuntimeError: no"),
        ("Exit", "cannot be made: SystemExit: no"),
        ("Odd", "cannot be made: Odd: no"),
        ("Seen", "a look at its spaces raised RuntimeError: no"),
        ("Done", "a look at its spaces raised Odd: no"),
        *((f"Number{k}", "action space has n = .* a whole number from 1 to") for k in range(6)),
    ],
)
def test_an_environment_that_cannot_be_described(module, name, message):
    with pytest.raises(UserError, match=message):
        describe_gym(f"{module('raising', SOURCE)}:{name}-v0")


@pytest.mark.parametrize("name", ["Close", "CloseExit"])
def test_one_that_cannot_be_closed_is_a_warning_once(module, name, caplog):
    made = f"{module('raising_' + name.lower(), SOURCE)}:{name}-v0"
    assert describe_gym(made).n_outputs == 2
    assert describe_gym(made).n_outputs == 2
    (record,) = caplog.records
    assert record.getMessage().startswith(f"warning: {made}: close raised ")


def test_threads_leave_the_streams_as_they_were():
    """Two threads, of which the second enters before the first has left, and leaves after it."""
    out, err, filters = sys.stdout, sys.stderr, list(warnings.filters)
    entered, joined, left = threading.Event(), threading.Event(), threading.Event()

    def first():
        with foreign("first"):
            entered.set()
            joined.wait(0.2)  # time for the second to come in, if it could
        left.set()

    def second():
        entered.wait()
        with foreign("second"):
            joined.set()
            left.wait(10)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sys.stdout, sys.stderr) == (out, err)
    assert warnings.filters == filters
