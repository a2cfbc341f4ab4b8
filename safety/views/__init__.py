"""Pages of adverse events, and of what the safety work of a trial stands on."""
