from small_clusters import cluster  # noqa: F401
