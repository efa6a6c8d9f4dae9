from small_clusters import cluster, temporary  # noqa: F401
