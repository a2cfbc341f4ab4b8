"""The roles of clinical operations: a sentence each, where they are granted, what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import models

from core.access import ScopeKind
from core.permissions import Permission


class Role(models.TextChoices):
    """The roles a person can hold."""

    COORDINATOR = "coordinator", "Study coordinator"
    INVESTIGATOR = "investigator", "Investigator"
    SITE_SUPPORT = "site_support", "Site support"
    CTA = "cta", "Clinical trial assistant"
    CRA = "cra", "CRA"
    TRIAL_MANAGER = "trial_manager", "Clinical trial manager"
    SENIOR_MANAGER = "senior_manager", "Senior manager"
    ASSOCIATE_DIRECTOR = "associate_director", "Associate director"
    DIRECTOR = "director", "Director"
    VICE_PRESIDENT = "vice_president", "Vice president"
    DATA_REVIEWER = "data_reviewer", "Data reviewer"
    FINANCE = "finance", "Finance"
    TMF_SPECIALIST = "tmf_specialist", "TMF specialist"
    MEDICAL_MONITOR = "medical_monitor", "Medical monitor"
    VENDOR_USER = "vendor_user", "Vendor user"
    UNBLINDED_PHARMACIST = "unblinded_pharmacist", "Unblinded pharmacist"
    UNBLINDED_CRA = "unblinded_cra", "Unblinded CRA"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"
    SERVICE = "service", "Service account"

    @property
    def in_text(self) -> str:
        """The role inside a sentence: abbreviations keep their capitals."""
        label = str(self.label)
        return label if label[:2].isupper() else label[0].lower() + label[1:]


SITE_KINDS = frozenset({ScopeKind.SITE, ScopeKind.PLACE})
TRIAL_KINDS = frozenset({ScopeKind.SITE, ScopeKind.COUNTRY, ScopeKind.TRIAL, ScopeKind.SPONSOR})
WIDE_KINDS = frozenset({ScopeKind.TRIAL, ScopeKind.SPONSOR, ScopeKind.DEPLOYMENT})
ANY_KIND = frozenset(ScopeKind)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a role is for, in plain words, and what follows from it."""

    sentence: str
    granted_on: frozenset[ScopeKind]
    permissions: frozenset[Permission]
    home: str = "inbox:work"
    can_sign: bool = field(default=False)


READ_TRIAL = frozenset(
    {
        Permission.TRIAL_VIEW,
        Permission.PROTOCOL_VIEW,
        Permission.PLACE_VIEW,
        Permission.SITE_VIEW,
        Permission.WORK_VIEW,
        Permission.VIEW_SAVE,
    }
)
READ_SUBJECTS = READ_TRIAL | {Permission.SUBJECT_VIEW, Permission.DOCUMENT_VIEW}
READ_EVENTS = READ_SUBJECTS | {
    Permission.ADVERSE_EVENT_VIEW, Permission.MEDICATION_VIEW, Permission.DEVIATION_VIEW,
}  # fmt: skip
RUN_VISITS = READ_EVENTS | {
    Permission.DIARY_VIEW, Permission.IDENTITY_VIEW, Permission.CONTACT_VIEW, Permission.CONTACT_LOG, Permission.VISIT_BOOK, Permission.VISIT_CONDUCT,
    Permission.FEED_EDIT, Permission.STIPEND_VIEW,
}  # fmt: skip
RUN_SITE = RUN_VISITS | {
    Permission.PLACE_EDIT, Permission.STAFF_EDIT, Permission.DELEGATION_EDIT, Permission.SUBJECT_SCREEN, Permission.SUBJECT_STATUS,
    Permission.CONSENT_RECORD, Permission.ELIGIBILITY_ANSWER, Permission.RANDOMISATION_RECORD,
    Permission.SUBJECT_IMPORT, Permission.IDENTITY_EDIT, Permission.WORK_WAIVE, Permission.AUDIT_VIEW,
    Permission.ADVERSE_EVENT_LOG, Permission.MEDICATION_LOG, Permission.DEVIATION_REPORT,
    Permission.DOCUMENT_ADD, Permission.CLAIM_REQUEST,
}  # fmt: skip
RUN_TRIAL = READ_EVENTS | {
    Permission.TRIAL_EDIT, Permission.PROTOCOL_EDIT, Permission.PROTOCOL_APPROVE, Permission.PLACE_ADD, Permission.SITE_EDIT, Permission.SITE_STATUS,
    Permission.SUBJECT_TRANSFER, Permission.SUBJECT_IMPORT, Permission.WORK_WAIVE, Permission.AUDIT_VIEW, Permission.ACCOUNT_VIEW, Permission.GRANT_EDIT,
    Permission.SAFETY_HANDLE, Permission.DEVIATION_REPORT, Permission.DEVIATION_ASSESS,
    Permission.STIPEND_VIEW, Permission.STIPEND_EDIT, Permission.CLAIM_APPROVE,
}  # fmt: skip

BUNDLES: dict[str, Bundle] = {
    Role.COORDINATOR: Bundle(
        "Screens and schedules subjects and runs their visits at a site.",
        SITE_KINDS, RUN_SITE, "subjects:today",
    ),
    Role.INVESTIGATOR: Bundle(
        "Is responsible for the subjects of a site and signs for them.",
        SITE_KINDS, RUN_SITE | {Permission.DEVIATION_ACKNOWLEDGE, Permission.CAUSALITY_ASSESS, Permission.ELIGIBILITY_DECIDE, Permission.BLIND_BREAK, Permission.CLAIM_APPROVE}, "subjects:today", can_sign=True,
    ),
    Role.SITE_SUPPORT: Bundle(
        "Checks subjects in, books visits and logs calls at a site.",
        SITE_KINDS, RUN_VISITS, "subjects:today",
    ),
    Role.CTA: Bundle(
        "Keeps trial records complete and sites supplied with documents.",
        TRIAL_KINDS, READ_EVENTS | {Permission.SITE_EDIT, Permission.PROTOCOL_EDIT, Permission.PLACE_ADD},
    ),
    Role.CRA: Bundle(
        "Monitors sites: sees subjects by number, never by name.",
        TRIAL_KINDS, READ_EVENTS | {Permission.SITE_STATUS, Permission.AUDIT_VIEW, Permission.WORK_WAIVE, Permission.DEVIATION_ACKNOWLEDGE, Permission.DEVIATION_REPORT},
        can_sign=True,
    ),
    Role.TRIAL_MANAGER: Bundle(
        "Runs a trial: its protocol, sites, subjects, milestones and team.",
        TRIAL_KINDS, RUN_TRIAL, "workspace:trials", can_sign=True,
    ),
    Role.SENIOR_MANAGER: Bundle(
        "Leads several trials, their managers and their vendors.",
        WIDE_KINDS, RUN_TRIAL, "workspace:trials", can_sign=True,
    ),
    Role.ASSOCIATE_DIRECTOR: Bundle(
        "Sets standards across trials, vendors and monitoring.",
        WIDE_KINDS, RUN_TRIAL | {Permission.SPONSOR_EDIT}, "workspace:trials", can_sign=True,
    ),
    Role.DIRECTOR: Bundle(
        "Oversees the portfolio and decides where trials need help.",
        WIDE_KINDS, READ_EVENTS | {Permission.AUDIT_VIEW, Permission.STIPEND_VIEW}, "workspace:trials", can_sign=True,
    ),
    Role.VICE_PRESIDENT: Bundle(
        "Answers for the portfolio.",
        WIDE_KINDS, READ_EVENTS | {Permission.AUDIT_VIEW, Permission.STIPEND_VIEW}, "workspace:trials", can_sign=True,
    ),
    Role.DATA_REVIEWER: Bundle(
        "Reviews and reconciles trial data by subject number.", TRIAL_KINDS, READ_EVENTS,
    ),
    Role.FINANCE: Bundle(
        "Pays subjects, sites and vendors from what the trial records show.", WIDE_KINDS,
        READ_SUBJECTS | {Permission.STIPEND_VIEW, Permission.STIPEND_EDIT, Permission.CLAIM_PAY},
        "workspace:trials",
    ),
    Role.TMF_SPECIALIST: Bundle(
        "Keeps the trial master file.", WIDE_KINDS | {ScopeKind.COUNTRY}, READ_TRIAL,
        "workspace:trials",
    ),
    Role.MEDICAL_MONITOR: Bundle(
        "Judges safety and eligibility questions, blinded.", WIDE_KINDS,
        READ_EVENTS | {Permission.SAFETY_ASSESS, Permission.SAFETY_HANDLE, Permission.ELIGIBILITY_WAIVE},
        "workspace:trials", can_sign=True,
    ),
    Role.VENDOR_USER: Bundle(
        "Works for a vendor in the trials the vendor serves.", TRIAL_KINDS, READ_TRIAL,
        "workspace:trials",
    ),
    Role.UNBLINDED_PHARMACIST: Bundle(
        "Prepares study drug at a site and knows what subjects are allocated to.",
        SITE_KINDS, READ_SUBJECTS | {Permission.ALLOCATION_VIEW, Permission.ALLOCATION_RECORD},
    ),
    Role.UNBLINDED_CRA: Bundle(
        "Monitors study drug at sites and knows what subjects are allocated to.",
        TRIAL_KINDS, READ_SUBJECTS | {Permission.ALLOCATION_VIEW},
    ),
    Role.AUDITOR: Bundle(
        "Reads everything in a trial, with its audit trail, and changes nothing.",
        WIDE_KINDS, READ_EVENTS | {Permission.AUDIT_VIEW, Permission.ACCOUNT_VIEW, Permission.STIPEND_VIEW}, "workspace:trials",
    ),
    Role.ADMINISTRATOR: Bundle(
        "Sets up people, places and the deployment; sees no subjects.",
        frozenset({ScopeKind.DEPLOYMENT}),
        READ_TRIAL | {
            Permission.DEPLOYMENT_EDIT, Permission.ACCOUNT_VIEW, Permission.ACCOUNT_EDIT, Permission.GRANT_EDIT, Permission.AUDIT_VIEW,
            Permission.SPONSOR_EDIT, Permission.TRIAL_EDIT, Permission.PLACE_ADD, Permission.PLACE_EDIT, Permission.SITE_EDIT, Permission.DIARY_VIEW,
        },
        "accounts:people",
    ),
    Role.SERVICE: Bundle(
        "Runs scheduled work and integrations; nobody signs in as it.",
        ANY_KIND, (RUN_TRIAL | RUN_SITE | {Permission.CLAIM_PAY}) - {Permission.IDENTITY_VIEW, Permission.PROTOCOL_APPROVE},
    ),
}  # fmt: skip

SITE_ROLES = frozenset(
    {Role.COORDINATOR, Role.INVESTIGATOR, Role.SITE_SUPPORT, Role.UNBLINDED_PHARMACIST}
)
UNBLINDED = frozenset({Role.UNBLINDED_PHARMACIST, Role.UNBLINDED_CRA})
