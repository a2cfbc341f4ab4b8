"""What the addresses of consents and consent forms take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.permissions import Permission
from sites.actions import places
from sites.models import ConsentApproval
from tests.subjects.consented import photo, record
from tests.ways import Table, Way
from tests.world import World, screen

BOTH = "GET POST"


def consent_ways(world: World) -> Table:
    """Consents of a subject, and the forms of the trial."""

    subject = screen(world)
    places.delegate(
        world.site, person=world.person, tasks=["consent"], from_on=subject.screened_on,
        by=world.coordinator,
    )  # fmt: skip
    version = photo(world)
    made = record(world, subject, version)
    approval = ConsentApproval.objects.get(version=version)
    of_subject: dict[str, Any] = {"see": Permission.SUBJECT_VIEW}
    change: dict[str, Any] = of_subject | {"get": Permission.CONSENT_RECORD, "methods": BOTH}
    of_site: dict[str, Any] = {"see": Permission.SITE_VIEW, "get": Permission.SUBJECT_VIEW}
    of_trial: dict[str, Any] = {"at": "trial", "shared": True}
    edit: dict[str, Any] = of_trial | {"get": Permission.PROTOCOL_EDIT, "methods": BOTH}

    def to(name: str, *args: object) -> str:
        return reverse(name, args=args)

    trial = world.trial.code
    return {
        "workspace:subject_consents": [
            Way(to("workspace:subject_consents", trial, subject.number), **of_subject)
        ],
        "subjects:record_consent": [Way(to("subjects:record_consent", subject.pk), **change)],
        "subjects:consent": [Way(to("subjects:consent", made.pk), **of_subject)],
        **{
            f"subjects:{name}": [Way(to(f"subjects:{name}", made.pk), **change)]
            for name in ("correct_consent", "void_consent", "withdraw_consent", "attach_scan")
        },
        "subjects:place_consents": [
            Way(
                to("subjects:place_consents", world.place.slug), at="place",
                see=Permission.PLACE_VIEW, shared=True,
            )
        ],
        "subjects:trial_consents": [
            Way(to("subjects:trial_consents", trial), see=Permission.TRIAL_VIEW, **of_trial)
        ],
        "subjects:visit_windows": [
            Way(to("subjects:visit_windows", trial), see=Permission.TRIAL_VIEW, **of_trial)
        ],
        "subjects:export_visit_windows": [
            Way(
                to("subjects:export_visit_windows", trial, "csv"), see=Permission.TRIAL_VIEW,
                **of_trial,
            )
        ],
        "subjects:consents": [Way(to("subjects:consents", trial, "1042"), **of_site)],
        "subjects:export_consents": [
            Way(to("subjects:export_consents", trial, "1042", "csv"), **of_site)
        ],
        "sites:consent_forms": [
            Way(to("sites:consent_forms", trial), see=Permission.TRIAL_VIEW, **of_trial)
        ],
        "sites:add_consent_type": [
            Way(to("sites:add_consent_type", trial), see=Permission.TRIAL_VIEW, **edit)
        ],
        "sites:correct_consent_type": [
            Way(
                to("sites:correct_consent_type", trial, version.type_id),
                see=Permission.PROTOCOL_VIEW, **edit,
            )
        ],
        "sites:consent_version": [
            Way(
                to("sites:consent_version", trial, version.pk), see=Permission.PROTOCOL_VIEW,
                methods=BOTH, **of_trial,
            )
        ],
        "sites:export_consent_version": [
            Way(
                to("sites:export_consent_version", trial, version.pk, kind),
                see=Permission.PROTOCOL_VIEW, **of_trial,
            )
            for kind in ("csv", "xlsx")
        ],
        "sites:correct_consent_version": [
            Way(
                to("sites:correct_consent_version", trial, version.pk),
                see=Permission.PROTOCOL_VIEW, **edit,
            )
        ],
        **{
            f"sites:{name}": [
                Way(
                    to(f"sites:{name}", approval.pk), see=Permission.SITE_VIEW,
                    get=Permission.SITE_EDIT, methods=BOTH,
                )
            ]
            for name in ("correct_approval", "void_approval")
        },
        "sites:add_consent_version": [
            Way(
                to("sites:add_consent_version", trial, version.type_id),
                see=Permission.PROTOCOL_VIEW, **edit,
            )
        ],
        "sites:approve_consent": [
            Way(
                to("sites:approve_consent", version.pk), see=Permission.PROTOCOL_VIEW,
                get=Permission.SITE_EDIT, methods=BOTH, **of_trial,
            )
        ],
    }  # fmt: skip
