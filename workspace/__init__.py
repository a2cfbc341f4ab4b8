"""Pages that show several apps at once: trial, site, subject, lists and search."""
