"""Documents: what is let in, who opens what, and that contents stay what they were."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.audit import under_event
from core.models import AuditRow, Event
from core.versions import ConflictError
from documents import actions, store, tasks
from documents.content import LARGEST, read
from documents.forms import ContentField, VersionForm
from documents.models import Document, DocumentKind, DocumentVersion
from documents.queries import lost, owner_of
from subjects.actions import consents
from subjects.actions.transfers import transfer
from tests.documents.papers import PDF, PNG, added, content
from tests.subjects.consented import main_form, record, version
from tests.world import World, make_place, make_site, screen, user_with

pytestmark = pytest.mark.django_db


def open_url(held: DocumentVersion) -> str:
    """Where the content is opened."""
    return reverse("documents:open_version", args=[held.pk])


def run(sql: str) -> None:
    """Write past the actions."""
    with connection.cursor() as cursor:
        cursor.execute(sql)


def uploaded(raw: bytes = PDF, name: str = "scan.pdf") -> dict[str, Any]:
    """What a browser sends."""
    return {"content": SimpleUploadedFile(name, raw, content_type="text/html")}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"<script>alert(1)</script>", "This is no PDF, JPEG, PNG, TIFF, HEIC file"),
        (b"MZ\x90 a program called scan.pdf", "whatever its name says"),
        (PDF + b" " * LARGEST, "larger than 20 MB"),
    ],
)
def test_what_is_no_scan_is_refused_with_a_way_out(raw: bytes, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        read("scan.pdf", raw)
    form = VersionForm({}, uploaded(raw))
    assert said in str(form.errors["content"])


def test_a_file_that_did_not_come_is_asked_for_again() -> None:
    assert "Choose a file." in str(VersionForm({}, {}).errors["content"])
    assert ContentField(required=False).clean(None) is None


@pytest.mark.parametrize(
    ("name", "raw", "kept"),
    [
        ("C:\\scans\\a b.PDF", PDF, "a b.pdf"),
        ("../../etc/passwd", PNG, "passwd.png"),
        ("x\r\nSet-Cookie: a=b.jpg", b"\xff\xd8\xff\xe0", "x Set-Cookie a b.jpg"),
        ("Einwilligung Zoë_(2).heic", b"\x00\x00\x00\x18ftypheic", "Einwilligung Zoë_(2).heic"),
        ("\u202egnp.exe", b"II*\x00", "gnp.tiff"),
        ("", PDF, "file.pdf"),
        ("a" * 300, PDF, f"{'a' * 120}.pdf"),
    ],
)
def test_a_name_is_made_plain_and_gets_the_true_ending(name: str, raw: bytes, kept: str) -> None:
    assert read(name, raw).name == kept


def test_versions_are_numbered_and_the_last_one_counts(world: World) -> None:
    held = added(world)
    with pytest.raises(RefusedError, match="there already"):
        actions.add_version(held, content=content(), is_identifying=True, by=world.coordinator)
    with pytest.raises(RefusedError, match="Choose one without names"):
        actions.add_version(held, content=content(), is_identifying=False, by=world.coordinator)
    second = actions.add_version(
        held, content=content("b.png", PNG), is_identifying=False, by=world.coordinator
    )
    assert (second.number, held.current) == (2, second)
    with pytest.raises(RefusedError, match="Give the reason"):
        actions.void_version(second, reason=" ", by=world.coordinator)
    actions.void_version(second, reason="Other subject", by=world.coordinator)
    assert held.current.number == 1
    with pytest.raises(ConflictError, match="voided: Other subject"):
        actions.void_version(second, reason="late", by=world.coordinator)
    actions.void_version(held.current, reason="Wrong too", by=world.coordinator)
    assert held.current is None
    with pytest.raises(RefusedError, match="Choose one without names"):
        actions.add_version(held, content=content(), is_identifying=False, by=world.coordinator)
    third = actions.add_version(
        held, content=content("c.png", PNG), is_identifying=False, by=world.coordinator
    )
    assert third.number == 3
    actions.withhold(third, reason="The name is on page 2", by=world.coordinator)
    with pytest.raises(ConflictError, match="already"):
        actions.withhold(third, reason="again", by=world.coordinator)
    assert DocumentVersion.objects.get(pk=second.pk).is_identifying  # the same content
    verbs = set(Event.objects.filter(target_type="documents.documentversion").values_list("verb", flat=True))  # fmt: skip
    assert verbs == {
        "add version of document", "void version of document", "keep version at the site",
    }  # fmt: skip


def test_no_version_of_a_signed_consent_leaves_the_site(client: Client, world: World) -> None:
    held = added(world, kind=DocumentKind.CONSENT)
    with pytest.raises(RefusedError, match="A signed consent shows who the subject is"):
        actions.add_version(
            held, content=content("b.png", PNG), is_identifying=False, by=world.coordinator
        )
    client.force_login(world.coordinator)
    add = reverse("documents:add_version", args=[held.pk])
    assert "A signed consent is read at the site only." in client.get(add).content.decode()
    assert client.post(add, uploaded(PNG, "photo.png")).status_code == 302
    second = held.current
    assert (second.number, second.is_identifying) == (2, True)
    columns = "document_id, name, media_type, size, sha256, added_at, added_by_name, void_reason"
    sql = f"""
        INSERT INTO documents_documentversion (number, is_identifying, {columns})
        SELECT 3, false, {columns} FROM documents_documentversion WHERE id = {second.pk}
    """
    with (
        under_event("test"), pytest.raises(IntegrityError, match="A signed consent shows"),
        transaction.atomic(),
    ):  # fmt: skip
        run(sql)


def test_a_voided_version_that_shows_a_name_is_kept_at_the_site(
    client: Client, world: World
) -> None:
    held = added(world, is_identifying=False)
    (first,) = held.versions.all()
    actions.void_version(first, reason="A name is on it", by=world.coordinator)
    client.force_login(world.cra)
    assert client.get(open_url(first)).status_code == 200
    client.force_login(world.coordinator)
    page = client.get(held.get_absolute_url()).content.decode()
    withhold = reverse("documents:withhold", args=[first.pk])
    assert withhold in page
    assert client.post(withhold, {"reason": "A name is on it"}).status_code == 302
    client.force_login(world.cra)
    assert client.get(open_url(first)).status_code == 403
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        run(f"UPDATE documents_documentversion SET void_reason = 'x' WHERE id = {first.pk}")


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("sha256 = repeat('0', 64)", "stays as it was added"),
        ("number = 7", "stays as it was added"),
        ("is_identifying = false", "does not leave the site"),
        ("voided_at = now()", "document_version_voided_with_a_reason"),
    ],
)
def test_the_database_keeps_a_version(world: World, change: str, broken: str) -> None:
    held = added(world).versions.get()
    sql = f"UPDATE documents_documentversion SET {change} WHERE id = {held.pk}"
    with under_event("because"), pytest.raises(IntegrityError, match=broken), transaction.atomic():
        run(sql)


def test_nothing_of_a_document_is_deleted_or_renamed(world: World) -> None:
    held = added(world)
    actions.void_version(held.versions.get(), reason="Blurred", by=world.coordinator)
    for sql in (
        "DELETE FROM documents_documentversion", "DELETE FROM documents_document",
        "UPDATE documents_document SET title = 'other'",
        "UPDATE documents_documentversion SET void_reason = 'other'",
    ):  # fmt: skip
        with pytest.raises(IntegrityError, match=r"is kept|stays as it"), transaction.atomic():
            run(sql)
    assert Document.objects.count() == DocumentVersion.objects.count() == 1


def test_contents_lie_encrypted_once_under_their_hash(world: World) -> None:
    raw = PDF + b"kept once"
    first, second = added(world, raw=raw), added(world, raw=raw)
    sha256 = first.versions.get().sha256
    assert second.versions.get().sha256 == sha256 == store.hash_of(raw)
    folder = f"{sha256[:2]}/{sha256[2:4]}"
    storage = storages["documents"]
    assert storage.listdir(folder) == ([], [sha256])
    with storage.open(f"{folder}/{sha256}") as file:
        assert b"PDF" not in file.read()
    assert store.get(sha256) == raw


def test_no_name_of_a_file_lies_open_or_in_the_history(client: Client, world: World) -> None:
    held = added(world).versions.get()
    assert held.name == "consent_Anne Quillfeather.pdf"
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM documents_documentversion WHERE id = %s", [held.pk])
        assert "Quillfeather" not in cursor.fetchone()[0]
    row = AuditRow.objects.get(tbl="documents_documentversion", row_id=held.pk)
    assert row.changes["name"] == "hidden"
    client.force_login(world.coordinator)
    trail = client.get(reverse("audit:record", args=["documents.document", held.document_id]))
    assert "hidden" in trail.content.decode()
    assert "Quillfeather" not in trail.content.decode()


def test_the_site_opens_what_shows_a_subject_and_nobody_else(client: Client, world: World) -> None:
    held = added(world)
    named = held.versions.get()
    plain = actions.add_version(
        held, content=content("b.png", PNG), is_identifying=False, by=world.coordinator
    )
    client.force_login(world.coordinator)
    answer = client.get(open_url(named))
    assert answer.content == PDF
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="consent_Anne Quillfeather.pdf"'
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert Event.objects.filter(verb="open document", target_id=named.pk).count() == 1
    assert b"Quillfeather" in client.get(held.get_absolute_url()).content

    client.force_login(world.cra)
    assert client.get(open_url(named)).status_code == 403
    assert client.get(open_url(plain)).content == PNG
    page = client.get(held.get_absolute_url()).content
    assert b"Quillfeather" not in page
    assert b"The site only" in page
    actions.withhold(plain, reason="A name is on it", by=world.coordinator)
    assert client.get(open_url(plain)).status_code == 403
    client.force_login(user_with("cra", world.trial, world.admin))
    assert client.get(open_url(named)).status_code == 403


@pytest.fixture
def damage() -> Callable[[DocumentVersion, bytes | None], None]:
    """Take the content away, or put another one in its place."""

    def do(held: DocumentVersion, raw: bytes | None) -> None:
        storage, path = storages["documents"], store._path(held.sha256)
        storage.delete(path)
        if raw is not None:
            storage.save(path, io.BytesIO(raw))

    return do


def test_a_lost_content_is_said_found_and_mended(
    client: Client, world: World, damage: Callable[[DocumentVersion, bytes | None], None],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    raw = PDF + b"to be lost"
    held = added(world, raw=raw)
    kept = held.versions.get()
    call_command("verify_files", stdout=(out := io.StringIO()))
    assert "1 versions are what was added" in out.getvalue()
    client.force_login(world.coordinator)
    with storages["documents"].open(store._path(added(world, raw=PNG).versions.get().sha256)) as file:  # fmt: skip
        other = file.read()
    for instead, said in (
        (None, "is missing from the file store"),
        (b"rubbish", "was damaged"),
        (other, "is not the content that was added"),
    ):
        damage(kept, instead)
        answer = client.get(open_url(kept))
        assert answer.status_code == 404
        assert said in answer.content.decode()
        assert [(one.version, said in one.why) for one in lost()] == [(kept, True)]
    with pytest.raises(CommandError, match="1 of 2 versions are lost"):
        call_command("verify_files", stderr=(err := io.StringIO()))
    assert kept.sha256 in err.getvalue()
    tasks.verify()
    actions.add_version(held, content=content(raw=PNG), is_identifying=True, by=world.coordinator)
    actions.add_version(held, content=content(raw=raw), is_identifying=True, by=world.coordinator)
    assert list(lost()) == []
    assert client.get(open_url(kept)).content == raw


def test_pages_add_withhold_and_void(client: Client, world: World) -> None:
    held = added(world)
    client.force_login(world.coordinator)
    add = reverse("documents:add_version", args=[held.pk])
    assert 'enctype="multipart/form-data"' in client.get(add).content.decode()
    refused = client.post(add, uploaded(b"<html>"))
    assert refused.status_code == 422
    assert "This is no PDF" in refused.content.decode()
    assert client.post(add, uploaded(PNG, "photo.pdf")).status_code == 302
    second = held.current
    assert (second.number, second.name, second.is_identifying) == (2, "photo.png", False)
    for name in ("documents:withhold", "documents:void_version"):
        url = reverse(name, args=[second.pk])
        assert client.post(url, {"reason": ""}).status_code == 422
        assert client.post(url, {"reason": "A name"}).status_code == 302
        assert client.post(url, {"reason": "A name"}).status_code == 409
    shown = client.get(reverse("documents:document", args=[held.pk])).content.decode()
    assert "Voided" in shown
    assert owner_of(held, world.coordinator) is None


def test_a_signed_form_is_attached_replaced_and_seen_to_be_there(
    client: Client, world: World
) -> None:
    type_ = main_form(world)
    made = version(world, type_, "3.0")
    consent = record(world, screen(world), made)
    client.force_login(world.coordinator)
    url = reverse("subjects:attach_scan", args=[consent.pk])
    assert client.post(url, uploaded(name="Anne Quillfeather.pdf")).status_code == 302
    consent.refresh_from_db()
    assert "Anne Quillfeather.pdf" in client.get(consent.get_absolute_url()).content.decode()
    assert owner_of(consent.scan, world.coordinator) == consent
    assert (
        consent.get_absolute_url() in client.get(consent.scan.get_absolute_url()).content.decode()
    )
    assert client.post(url, uploaded(PNG)).status_code == 302
    assert consent.scan.current.number == 2
    assert all(each.is_identifying for each in consent.scan.versions.all())

    client.force_login(world.cra)
    seen = client.get(consent.get_absolute_url()).content.decode()
    assert "Version 2" in seen
    assert "Quillfeather" not in seen
    assert client.get(url).status_code == 403
    assert client.get(open_url(consent.scan.current)).status_code == 403
    consents.void_consent(consent, reason="Wrong subject", by=world.coordinator)
    with pytest.raises(ConflictError, match="voided"):
        consents.attach_scan(consent, content=content(), by=world.coordinator)


def test_the_form_of_who_moved_to_another_site_stays_where_it_was_signed(
    client: Client, world: World
) -> None:
    consent = record(world, screen(world), version(world, main_form(world), "3.0"))
    consents.attach_scan(consent, content=content(), by=world.coordinator)
    place = make_place("southgate", world.admin)
    there = make_site(world.trial, place, "1043", world.admin, world.manager)
    today = timezone.localdate(timezone=place.zone)
    transfer(consent.subject, to=there, on=today, reason="moves house", by=world.manager)
    other = user_with("coordinator", place, world.admin)
    client.force_login(other)
    shown = client.get(consent.get_absolute_url()).content.decode()
    assert "It is kept at site 1042 Northgate" in shown
    attach = reverse("subjects:attach_scan", args=[consent.pk])
    assert attach not in shown
    refused = client.post(attach, uploaded(PNG))
    assert refused.status_code == 422
    assert "Ask there to replace it" in refused.content.decode()
    consent.refresh_from_db()
    assert consent.scan.versions.count() == 1
