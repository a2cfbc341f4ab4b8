"""The REST face: the same records and actions as the pages, declared once for query, input and schema."""
