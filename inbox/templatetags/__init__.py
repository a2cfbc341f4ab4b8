"""Tags of My work."""
