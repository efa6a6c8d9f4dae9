"""Results for people: progress on the terminal, tables, and JSON. The only place that knows rich."""
