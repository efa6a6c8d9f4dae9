"""Tuning: settings that solve a task sooner, found by Optuna and judged on seeds that it has not seen."""
