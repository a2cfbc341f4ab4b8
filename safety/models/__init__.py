"""Adverse events, and the dictionary by which they are graded."""

from safety.models.grading import CTCAE_6, GRADES, GradingTerm

__all__ = ["CTCAE_6", "GRADES", "GradingTerm"]
