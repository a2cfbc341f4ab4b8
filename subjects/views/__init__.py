"""Pages of the coordinator's day, by what they are about."""
