"""From a genome to an evaluation plan, and from a plan and an observation to activations."""
