"""Why things happen."""

from __future__ import annotations

from django.db import models


class RootCause(models.TextChoices):
    """Why it happened."""

    SUBJECT = "subject", "Subject"
    TRAINING = "training", "Training or knowledge"
    PROCESS = "process", "Process or workload"
    COMMUNICATION = "communication", "Communication"
    EQUIPMENT = "equipment", "Equipment or system"
    PROTOCOL = "protocol", "Protocol hard to follow"
    SUPPLIER = "supplier", "Supplier or laboratory"
    OTHER = "other", "Other"
