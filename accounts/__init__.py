"""People who sign in, the roles they hold and where they hold them."""
