"""Monitoring visits and reports; its models arrive with monitoring itself."""
