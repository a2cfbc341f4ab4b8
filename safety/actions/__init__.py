"""Every write about adverse events."""
