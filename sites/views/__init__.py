"""Pages of places and sites."""
