"""Vendors and contract research organisations; its models arrive with oversight."""
