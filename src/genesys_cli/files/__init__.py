"""What lies in a run folder: written whole or not at all, and read again with every doubt."""
