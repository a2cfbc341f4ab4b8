"""Sponsors, trials, protocols and their schedules of activities."""
