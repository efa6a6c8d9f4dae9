"""Native environments that modules of the user's own define: found, tried and told apart."""
