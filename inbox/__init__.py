"""What is due, for the person who has to do it."""
