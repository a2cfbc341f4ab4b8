"""Issues and deviations, and what is done about their causes."""

from quality.models.capa import OWNERS, Capa, CapaAction, CapaStatus, EffectivenessCheck
from quality.models.cause import RootCause
from quality.models.issue import (
    Category,
    Classification,
    Issue,
    IssueKind,
    IssueStatus,
    category_of,
)

__all__ = [
    "OWNERS",
    "Capa",
    "CapaAction",
    "CapaStatus",
    "Category",
    "Classification",
    "EffectivenessCheck",
    "Issue",
    "IssueKind",
    "IssueStatus",
    "RootCause",
    "category_of",
]
