"""What subjects are paid for their visits, what they get back, and under which terms."""

from budgets.models.payment import Method, PaymentKind, PaymentStatus, SubjectPayment
from budgets.models.terms import PaymentTerms, StipendRate

__all__ = [
    "Method",
    "PaymentKind",
    "PaymentStatus",
    "PaymentTerms",
    "StipendRate",
    "SubjectPayment",
]
