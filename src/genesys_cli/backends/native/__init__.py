"""Native environments: network and physics fused into one kernel."""
