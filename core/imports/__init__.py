"""Lists from outside on their way in: read without trust, mapped, checked row by row, taken over."""
