"""Pages of the inbox: what is due, and what a person was told of."""
