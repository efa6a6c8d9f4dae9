from small_models import built_fast  # noqa: F401
