"""Pages that show several apps at once: lists, records and search."""
