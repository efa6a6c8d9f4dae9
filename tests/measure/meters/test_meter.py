import pytest

from genesys_cli.measure.meters import meter as module
from genesys_cli.measure.meters.counter import CounterError, Joules
from genesys_cli.measure.meters.host import Host
from genesys_cli.measure.meters.meter import Meter, find_counters
from genesys_cli.ranges import Range

HOST = Host("a processor", 4, Range(20.0, 40.0, 80.0), "made up", True)


class World:
    """Clocks and a counter that go only when told to."""

    name = "test"

    def __init__(self, watts=0.0):
        self.now = self.spent = self.joules = 0.0
        self.watts = watts
        self.fail_at = None
        self.reads = 0

    def go(self, seconds, cores=0.0):
        self.now += seconds
        self.spent += seconds * cores
        self.joules += seconds * self.watts

    def read(self):
        self.reads += 1
        if self.reads == self.fail_at:
            raise CounterError("vanished", "the counter is gone")
        return {"all": round(self.joules * 1e6)}

    def between(self, before, after, seconds):
        return Joules((after["all"] - before["all"]) / 1e6, "short" if seconds < 1 else "")

    def meter(self, counters=None, **options):
        return Meter(
            [self] if counters is None else counters,
            host=HOST,
            clock=lambda: self.now,
            cpu_clock=lambda: self.spent,
            sleep=self.go,
            **options,
        )


def test_gross_energy_is_the_counters():
    world = World(watts=30)
    with world.meter() as meter:
        world.go(4, cores=2)
    assert meter.reading == (4, 8, (120, 120, 120), None, None, "measured", "test", ())
    assert meter.reading.power_w == (30, 30, 30)


def test_net_energy_is_what_is_above_idle():
    world = World(watts=10)
    with world.meter(idle_s=2) as meter:
        world.watts = 35
        world.go(4)
    assert meter.reading.idle_w == 10
    assert meter.reading.wall_s == 4
    assert meter.reading.gross_j.nominal == 140
    assert meter.reading.net_j == (100, 100, 100)


def test_net_energy_is_never_negative():
    world = World(watts=10)
    with world.meter(idle_s=2) as meter:
        world.watts = 8
        world.go(4)
    assert meter.reading.net_j == (0, 0, 0)
    assert "noise" in meter.reading.notes[0]


def test_notes_of_counters_are_kept():
    world = World(watts=10)
    with world.meter() as meter:
        world.go(0.5)
    assert meter.reading.notes == ("short",)


def test_without_a_counter_it_is_an_estimate():
    world = World()
    with world.meter([]) as meter:
        world.go(10, cores=1)
    assert meter.reading.gross_j == (50, 100, 200)  # a quarter of 20, 40 and 80 W for 10 s
    assert meter.reading.origin == "modelled"
    assert meter.reading.net_j is None
    assert meter.reading.source.startswith("estimate: TDP (made up) × 0.25 of 4 cores")


def test_utilisation_is_at_most_all_cores():
    world = World()
    with world.meter([]) as meter:
        world.go(1, cores=9)
    assert meter.reading.gross_j.nominal == 40


@pytest.mark.parametrize("fail_at", [1, 2, 3])
def test_a_counter_that_fails_leaves_an_estimate_and_the_reason(fail_at):
    world = World(watts=10)
    world.fail_at = fail_at
    with world.meter(idle_s=1) as meter:
        world.go(2, cores=4)
    assert meter.reading.origin == "modelled"
    assert meter.reading.gross_j.nominal == 80
    assert meter.reading.idle_w is None
    assert meter.reading.notes == ("the counter is gone",)


def test_work_that_fails_is_measured_and_its_error_goes_on():
    world = World(watts=10)
    meter = world.meter()

    def work():
        with meter:
            world.go(3)
            raise KeyError("work")

    with pytest.raises(KeyError, match="work"):
        work()
    assert meter.reading.gross_j.nominal == 30


def test_no_time_is_no_power():
    world = World()
    with world.meter([]) as meter:
        pass
    assert meter.reading.gross_j == (0, 0, 0)
    assert meter.reading.power_w == (0, 0, 0)


def test_reasons_of_counters_that_cannot_be_read(monkeypatch):
    def absent():
        raise CounterError("absent", "there is none")

    found = World()
    monkeypatch.setattr(module, "Rapl", absent)
    monkeypatch.setattr(module, "Nvml", lambda: found)
    assert find_counters() == ([], ["there is none"])
    assert find_counters(gpu=True) == ([found], ["there is none"])
    with Meter(host=HOST) as meter:
        sum(range(1000))
    assert meter.reading.notes == ("there is none",)
    assert meter.reading.cpu_s >= 0
