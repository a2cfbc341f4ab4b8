"""Every write about subjects, by the noun it is about."""
