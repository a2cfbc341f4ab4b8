"""Words that stand for an allocation and a name: whoever may not know them must never read them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from accounts.roles import BUNDLES
from core.permissions import Permission
from ctms.api import RESOURCES
from subjects.actions import randomisation, subjects
from subjects.models import Subject
from tests.ways import Who
from tests.world import World, screen, user_with

ALLOCATED, NAMED = "Marker-Arm-7731", "Quillfeather-Marker"


def marked(world: World) -> Subject:
    """A subject with a name and an allocation that stand nowhere else."""
    subject = screen(world)
    subjects.identify(
        subject, values={"name": f"Anne {NAMED}", "phone": "0113 496 7731", "born": "1970-01-02"},
        by=world.coordinator,
    )  # fmt: skip
    held = randomisation.randomise(
        subject, on=timezone.localdate(), number="R-0042", kit="K-1001", reason="IRT mail",
        by=world.coordinator,
    )  # fmt: skip
    pharmacist = user_with("unblinded_pharmacist", world.site, world.admin)
    randomisation.allocate(held, treatment=ALLOCATED, by=pharmacist)
    randomisation.allocate(held, treatment=ALLOCATED, note=f"Checked, {ALLOCATED}", by=pharmacist)
    return subject


def marked_paths(world: World, subject: Subject) -> Iterator[str]:
    """The pages of the subject, searches for both markers, the trail and the API."""
    trial, number, held = world.trial.code, subject.number, subject.randomisations.get()
    for name in ("subject", "subject_visits", "subject_consents",
                 "subject_deviations", "subject_activity", "subject_medications"):  # fmt: skip
        yield reverse(f"workspace:{name}", args=[trial, number])
    for label, pk in (
        ("subjects.subject", subject.pk), ("subjects.randomisation", held.pk),
        *(("subjects.allocation", each.pk) for each in held.allocations.all()),
        ("subjects.subjectidentity", subject.identity.pk),
    ):  # fmt: skip
        yield reverse("audit:record", args=[label, pk])
        yield f"/api/v1/trails/{label}/{pk}/"
    for word in (ALLOCATED, NAMED, "R-0042"):
        yield f"{reverse('workspace:search')}?q={word}"
        yield f"{reverse('workspace:all_subjects')}?q={word}"
        yield f"{reverse('palette')}?q={word}"
    yield reverse("subjects:allocation", args=[held.pk])
    yield reverse("subjects:correct_randomisation", args=[held.pk])
    yield reverse("subjects:identify", args=[subject.pk])
    yield f"{reverse('audit:search')}?since=2020-01-01"
    yield f"{reverse('audit:export')}?since=2020-01-01"
    yield reverse("switch")
    yield reverse("new")
    yield from (f"/api/v1/{word}/" for word in RESOURCES)


def text_of(response: HttpResponseBase) -> str:
    """What an answer says, also where it is streamed or packed."""
    raw = (
        b"".join(response.streaming_content)  # type: ignore[attr-defined]
        if response.streaming
        else response.content  # type: ignore[attr-defined]
    )
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            raw = b"".join(packed.read(name) for name in packed.namelist())
    return str(raw.decode("utf-8", "replace"))


def told(who: Who, path: str, said: str) -> Iterator[str]:
    """What an answer tells this person who may not know it; what was asked for is said back."""
    held = BUNDLES[who.role].permissions if who.role in BUNDLES else frozenset()
    is_here = who.on != "elsewhere"
    markers = (
        (ALLOCATED, "allocation", Permission.ALLOCATION_VIEW),
        (NAMED, "name", Permission.IDENTITY_VIEW),
    )
    for marker, word, permission in markers:
        if marker in said and marker not in path and not (is_here and permission in held):
            yield word
