"""Adverse events: what happened, how serious it was, and by when whom must be told."""
