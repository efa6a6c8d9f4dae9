"""Gymnasium's environments: found by id, described, and stepped. Nothing here is imported for a native one."""
