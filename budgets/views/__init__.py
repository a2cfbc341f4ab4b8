"""Pages of payments to subjects and of what they follow."""
