"""Rows of the kernel: the trail, what is due, what is on its way in, and views of lists."""

from core.models.kernel import (
    AuditRow,
    Deployment,
    DeploymentPermission,
    Draft,
    Event,
    Idempotency,
    Kernel,
    KernelQuerySet,
    Obligation,
    Seal,
    Signature,
    Source,
    StatusChange,
    Trail,
    Upload,
)
from core.models.notices import Notice
from core.models.saved_views import SavedView, ViewMark, audience

__all__ = [
    "AuditRow",
    "Deployment",
    "DeploymentPermission",
    "Draft",
    "Event",
    "Idempotency",
    "Kernel",
    "KernelQuerySet",
    "Notice",
    "Obligation",
    "SavedView",
    "Seal",
    "Signature",
    "Source",
    "StatusChange",
    "Trail",
    "Upload",
    "ViewMark",
    "audience",
]
