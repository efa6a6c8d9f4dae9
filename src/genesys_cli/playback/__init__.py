"""What was learned, played again and shown."""
