"""Every write about sponsors, trials, protocol files and schedules."""
