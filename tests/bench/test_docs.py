from pathlib import Path

from genesys_cli.bench.suite import SUITES
from genesys_cli.bench.sweep import TIMING_KEYS, TIMING_TABLES
from small_bench import small

PAGE = (Path(__file__).parents[2] / "docs" / "bench.md").read_text()


def test_the_page_names_every_field():
    document = small()
    wanted = {*document, *document["rows"][0], *document["chip"][0]}
    wanted -= {"schema"} | {f"{name}{side}" for name in document["rows"][0] for side in ("_low", "_high")}
    assert not {name for name in wanted if f"`{name}`" not in PAGE}


def test_the_page_names_what_a_sweep_reuses():
    for name in (*TIMING_KEYS, *(f"{table}.*" for table in TIMING_TABLES)):
        assert f"`{name}`" in PAGE


def test_what_a_suite_says_of_itself_is_so():
    suite = SUITES["paper"]
    told = {"LunarLander": 500, "BipedalWalker": 400, "Alien": 300}
    for env, steps in told.items():
        assert suite.envs[env] == (f"evaluation.training_max_steps={steps}",)
        assert str(steps) in suite.note
    assert f"{suite.generations} generations" in suite.note
