import json

import pytest

from genesys_cli.bench.results import Measured, Result, as_json, from_json, pooled
from genesys_cli.energy.workload import Workload
from genesys_cli.ranges import Range

MEASURED = Measured(0.5, 0.1, Range(1.0, 2.0, 3.0), "modelled", "TDP", ("a note",), None, "2026-01-01")


def result(generations, steps, counts, measured=()):
    work = Workload(**{**dict.fromkeys(Workload._fields, 1.0), "steps": steps})
    return Result(generations, work, steps, counts, "" if counts is not None else "too large", measured)


@pytest.mark.parametrize("counts", [{"macs": 3}, None])
def test_json_and_back(counts):
    found = result(2, 10.0, counts, (MEASURED,))._replace(layers=({"adam_cycles": 7}, {}))
    assert from_json(json.loads(json.dumps(as_json(found)))) == found


@pytest.mark.parametrize("change", [{"counts": 3}, {"generations": "2"}, {"workload": {}}, {"more": 1}])
def test_other_documents_are_refused(change):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        from_json(as_json(result(2, 10.0, {})) | change)


def test_seeds_together_are_means_over_generations_and_sums_of_counts():
    found = pooled([result(1, 10.0, {"a": 1, "b": 2}, (MEASURED,)), result(3, 20.0, {"a": 5}, (MEASURED,))])
    assert found.generations == 4
    assert found.workload.steps == found.env_steps == 17.5
    assert found.counts == {"a": 6, "b": 2}
    assert len(found.measured) == 2


def test_layers_of_seeds_add_up_though_one_has_fewer():
    one = result(1, 1.0, {})._replace(layers=({"a": 1, "b": 2}, {"a": 5}))
    assert pooled([result(1, 1.0, {})._replace(layers=({"a": 3},)), one, one]).layers == ({"a": 5, "b": 4}, {"a": 10})


def test_where_one_seed_has_no_counts_none_has():
    found = pooled([result(1, 1.0, {"a": 1}), result(1, 1.0, None)])
    assert (found.counts, found.no_chip) == (None, "too large")
