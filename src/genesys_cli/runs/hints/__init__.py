"""What a run that did not get there most likely lacked, and which setting to change."""
