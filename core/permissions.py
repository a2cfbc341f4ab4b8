"""Every permission of the product, by name."""

from django.db import models


class Permission(models.TextChoices):
    """What a role may let a person do; the name is the rule, the label is for people."""

    DEPLOYMENT_EDIT = "deployment_edit", "Set up the deployment"
    ACCOUNT_VIEW = "account_view", "See people and their access"
    ACCOUNT_EDIT = "account_edit", "Invite, change and disable people"
    GRANT_EDIT = "grant_edit", "Give and end roles"
    AUDIT_VIEW = "audit_view", "Read the audit trail"
    WORK_VIEW = "work_view", "See what is due"
    WORK_WAIVE = "work_waive", "Waive or assign what is due"
    VIEW_SAVE = "view_save", "Keep views of lists and share them"

    SPONSOR_EDIT = "sponsor_edit", "Add and change sponsors"
    TRIAL_VIEW = "trial_view", "See a trial"
    TRIAL_EDIT = "trial_edit", "Add and change trials, countries and their status"
    PROTOCOL_VIEW = "protocol_view", "See protocol and schedule of activities"
    PROTOCOL_EDIT = "protocol_edit", "Import and edit a schedule of activities"
    PROTOCOL_APPROVE = "protocol_approve", "Approve a schedule of activities by signature"

    PLACE_VIEW = "place_view", "See a place"
    PLACE_ADD = "place_add", "Add places"
    PLACE_EDIT = "place_edit", "Change hours, rooms, equipment and closures of a place"
    DIARY_VIEW = "diary_view", "See rooms, staff and hours of a place"
    STAFF_EDIT = "staff_edit", "Change staff and absences of a place"
    DOCUMENT_VIEW = "document_view", "See documents of sites, and open those without names"
    DOCUMENT_ADD = "document_add", "Add and void documents of sites"
    DELEGATION_EDIT = "delegation_edit", "Delegate trial tasks to staff"
    SITE_VIEW = "site_view", "See a site"
    SITE_EDIT = "site_edit", "Add and change sites"
    SITE_STATUS = "site_status", "Move a site through its life cycle"

    SUBJECT_VIEW = "subject_view", "See subjects and visits by number"
    SUBJECT_SCREEN = "subject_screen", "Add subjects to screening"
    CONSENT_RECORD = "consent_record", "Record, correct and void consents of subjects"
    ELIGIBILITY_ANSWER = "eligibility_answer", "Answer eligibility criteria of subjects"
    ELIGIBILITY_DECIDE = "eligibility_decide", "Decide eligibility as investigator, by signature"
    ELIGIBILITY_WAIVE = "eligibility_waive", "Decide waivers of criteria for the sponsor"
    RANDOMISATION_RECORD = "randomisation_record", "Record and correct randomisations, blinded"
    ALLOCATION_VIEW = "allocation_view", "See what subjects are allocated to"
    ALLOCATION_RECORD = "allocation_record", "Record what subjects are allocated to"
    BLIND_BREAK = "blind_break", "Break the blind of a subject in an emergency"
    SUBJECT_STATUS = "subject_status", "Enrol, withdraw and complete subjects"
    SUBJECT_TRANSFER = "subject_transfer", "Transfer subjects between sites"
    SUBJECT_IMPORT = "subject_import", "Import running subjects and visits"
    IDENTITY_VIEW = "identity_view", "See names and contact details of subjects"
    IDENTITY_EDIT = "identity_edit", "Change names and contact details of subjects"
    CONTACT_VIEW = "contact_view", "See contacts with subjects"
    CONTACT_LOG = "contact_log", "Log contacts with subjects"
    VISIT_BOOK = "visit_book", "Book, move and cancel visits"
    VISIT_CONDUCT = "visit_conduct", "Check subjects in and record visit outcomes"
    DEVIATION_ACKNOWLEDGE = (
        "deviation_acknowledge",
        "Acknowledge visits booked outside their window",
    )
    DEVIATION_VIEW = "deviation_view", "See deviations and issues by subject number"
    DEVIATION_REPORT = "deviation_report", "Report and explain deviations and issues"
    DEVIATION_ASSESS = "deviation_assess", "Assess and close deviations and issues"
    FEED_EDIT = "feed_edit", "Make and revoke calendar feeds"

    ADVERSE_EVENT_VIEW = "adverse_event_view", "See adverse events by subject number"
    ADVERSE_EVENT_LOG = "adverse_event_log", "Log adverse events and send SAE reports"
    MEDICATION_VIEW = "medication_view", "See medications by subject number"
    MEDICATION_LOG = "medication_log", "Log medications besides the study drug"
    CAUSALITY_ASSESS = "causality_assess", "Assess causality as investigator, by signature"
    SAFETY_ASSESS = "safety_assess", "Assess causality and expectedness for the sponsor"
    SAFETY_HANDLE = (
        "safety_handle",
        "Acknowledge SAE reports, record submissions and reconcile cases",
    )

    STIPEND_VIEW = "stipend_view", "See payments to subjects by subject number"
    STIPEND_EDIT = "stipend_edit", "Set what subjects are paid, and the limits of costs"
    CLAIM_REQUEST = "claim_request", "Claim costs of subjects"
    CLAIM_APPROVE = "claim_approve", "Approve and refuse stipends and claims of others"
    CLAIM_PAY = "claim_pay", "Record and reconcile payments to subjects"
