"""Worker processes that play Gymnasium's environments: each steps its environments and computes their networks."""
