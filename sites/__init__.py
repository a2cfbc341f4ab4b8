"""Places with rooms, staff and hours, and the sites they are in a trial."""
