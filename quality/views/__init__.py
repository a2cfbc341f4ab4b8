"""Pages of issues and of what is done about them."""
