"""Speed and size at small and at large, measured on databases of their own."""
