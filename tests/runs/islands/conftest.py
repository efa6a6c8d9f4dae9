from run_fixtures import _elsewhere  # noqa: F401
