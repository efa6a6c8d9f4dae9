from own_envs import write  # noqa: F401
