from run_fixtures import _elsewhere, cartpole  # noqa: F401
