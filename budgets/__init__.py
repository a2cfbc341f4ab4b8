"""Budgets, contracts and payments; its models arrive with money."""
