"""How episodes are handed out."""

from __future__ import annotations

from collections import Counter

import pytest

from genesys_cli.backends.workers.work import Work


@pytest.mark.parametrize(("items", "workers", "lanes"), [(1, 4, 4), (7, 2, 16), (750, 2, 4), (1000, 3, 1)])
def test_everything_is_handed_out_once(items, workers, lanes):
    work = Work(items, workers, lanes)
    seen = Counter()
    sizes = []
    while grant := work.take(0):
        assert work.left == items - len(seen) - len(grant.items)
        assert not grant.fresh
        assert 1 <= grant.lanes <= lanes
        seen.update(grant.items)
        sizes.append(len(grant.items))
    assert sorted(seen) == list(range(items))
    assert set(seen.values()) == {1}
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] <= max(1, items / workers / 2)
    assert sizes[-1] == 1


def test_fewer_episodes_at_a_time_when_few_are_left():
    work = Work(12, 2, 4)
    lanes = []
    while grant := work.take(0):
        lanes.append((12 - len(lanes), grant.lanes))
    assert dict(lanes[:2]) == {12: 4, 11: 4}
    assert dict(lanes[4:]) == {8: 4, 7: 3, 6: 3, 5: 2, 4: 2, 3: 1, 2: 1, 1: 1}


def test_who_has_enough_going_on_waits_in_the_end():
    work = Work(9, 2, 4)
    assert work.take(4).items == range(1)  # there is plenty: asked for ahead of time
    assert work.take(4) is None
    assert work.take(3).items == range(1, 2)
    assert work.left == 7
    assert work.take(3) is None
    assert work.take(2).lanes == 3


def test_what_failed_is_played_again_once_in_a_new_environment():
    work = Work(40, 1, 2)
    first = work.take(0)
    assert not work.fault(first.items[3])
    again = work.take(0)
    assert (tuple(again.items), again.fresh) == ((first.items[3],), True)
    assert work.fault(first.items[3])
    assert work.take(0).items[0] == first.items[-1] + 1


def test_what_was_lost_is_played_again():
    work = Work(40, 1, 2)
    first = work.take(0)
    work.fault(first.items[0])
    work.take(0)
    work.give_back(first.items[:2])
    assert [(*grant.items, grant.fresh) for grant in (work.take(0), work.take(0))] == [(0, True), (1, False)]
    assert work.left == 40 - len(first.items)
