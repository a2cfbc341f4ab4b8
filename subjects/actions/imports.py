"""Many running subjects at once, with the visits they had and those they have booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import User
from core.access import Scope, require
from core.actions import action
from core.flow import begin_all, past_all
from core.permissions import Permission
from core.versions import ConflictError
from sites.actions.claims import queue
from sites.models import Claim, ClaimKind, Site
from subjects.actions.bookings import claims_of
from subjects.actions.deviations import is_outside, outside_text
from subjects.actions.follow import Step, adopt
from subjects.actions.lay_out import SiteSchedules, SubjectRow, VisitRow
from subjects.actions.plan import keep_next_all
from subjects.actions.subjects import count_all
from subjects.identity import fingerprint_of
from subjects.models import (
    Booking,
    DeviationDraft,
    Subject,
    SubjectAnchor,
    SubjectIdentity,
    SubjectStatus,
    Visit,
    VisitStatus,
)
from subjects.models.reasons import coded
from subjects.models.subject import ENDED, IN_SCREENING, IN_TRIAL
from trials.models import AnchorKind

EARLIER = "From the records before the import"
BOOKED = "Booked so in the records before the import"


@action(Permission.SUBJECT_IMPORT, "import subjects")
def import_subjects(
    scope: Scope, *, rows: Sequence[SubjectRow], by: User, reason: str = ""
) -> Scope:
    """Add the subjects whose numbers are new, at sites in this scope, with all their visits."""
    sites = _sites(scope, rows)
    if any(row.identity for row in rows):
        for site in sites.values():
            require(by, Permission.IDENTITY_EDIT, site)
    trial_ids = {site.trial_id for site in sites.values()}
    held = Subject.objects.filter(trial__pk__any=trial_ids, number__in=[row.number for row in rows])
    taken = set(held.values_list("trial_id", "number"))
    new = [row for row in rows if (sites[row.site_id].trial_id, row.number) not in taken]
    try:
        with transaction.atomic():
            _Intake(sites, new, by).write()
    except IntegrityError as error:
        raise ConflictError(
            "A subject number or a time of the list was taken meanwhile. Check the list again."
        ) from error
    return scope


def _sites(scope: Scope, rows: Sequence[SubjectRow]) -> dict[int, Site]:
    """The sites of the rows; all of them lie in the scope."""
    wanted = {row.site_id for row in rows}
    found = Site.objects.filter(pk__any=wanted).select_related("place", "trial")
    inside = found.filter(pk=scope.pk) if isinstance(scope, Site) else found.filter(trial=scope)
    sites = {site.pk: site for site in inside}
    if sites.keys() != wanted:
        raise ConflictError("A site of the list is not here any more. Check the list again.")
    return sites


class _Intake:
    """One batch of new subjects on its way into the tables: a fixed number of statements."""

    def __init__(self, sites: dict[int, Site], rows: Sequence[SubjectRow], by: User) -> None:
        self.sites, self.rows, self.by = sites, rows, by
        self.schedules = SiteSchedules(sites)

    def write(self) -> None:
        """Subjects first, then what hangs on them, then what lists show of them."""
        subjects = Subject.objects.bulk_create(self._subject(row) for row in self.rows)
        pairs = list(zip(subjects, self.rows, strict=True))
        self._history([subject.pk for subject in subjects])
        versions = self.schedules.versions
        adopt(
            [
                Step(subject.pk, versions[row.site_id], row.screened_on)
                for subject, row in pairs
                if row.site_id in versions
            ]
        )
        SubjectAnchor.objects.bulk_create(
            SubjectAnchor(subject=subject, code=code, on=on)
            for subject, row in pairs
            for code, on in self._anchors(row).items()
        )
        SubjectIdentity.objects.bulk_create(
            SubjectIdentity(
                subject=subject, fingerprint=fingerprint_of(row.identity), **row.identity
            )
            for subject, row in pairs
            if row.identity
        )
        self._visits(pairs)
        keep_next_all([subject.pk for subject in subjects])
        count_all(list(self.sites))

    def _subject(self, row: SubjectRow) -> Subject:
        code, said = coded(row.status, row.status_reason)
        return Subject(
            trial_id=self.sites[row.site_id].trial_id, site_id=row.site_id, number=row.number,
            screening_number=row.screening_number, status=row.status,
            reason_code=code, status_reason=said[:200], screened_on=row.screened_on,
            consented_on=row.consented_on, enrolled_on=row.enrolled_on, ended_on=row.ended_on,
            birth_year=row.birth_year, sex=row.sex,
        )  # fmt: skip

    def _anchors(self, row: SubjectRow) -> dict[str, date]:
        """The days visits count from: those of the row, else those its visits set."""
        given = {
            AnchorKind.SCREENING: row.screened_on,
            AnchorKind.CONSENT: row.consented_on or row.screened_on,
            AnchorKind.ENROLLED: row.enrolled_on,
            AnchorKind.DAY_1: row.day_1_on,
            AnchorKind.FIRST_DOSE: row.day_1_on,
        }
        set_by_visits = {
            definition.anchor: visit.performed_on
            for visit in row.visits
            if (definition := self.schedules.definitions.get(visit.definition_id or 0))
            and definition.is_anchor
        }
        known = {code: on for code, on in given.items() if on}
        return {code: on for code, on in set_by_visits.items() if on} | known

    def _history(self, pks: list[int]) -> None:
        """The steps each subject took, each on its day."""
        rows = Subject.objects.filter(pk__any=pks)
        screened, enrolled = SubjectStatus.SCREENING, SubjectStatus.ENROLLED
        waiting = rows.filter(status__in=IN_SCREENING)
        past_all(waiting, "", "", on="screened_on", by=self.by)
        past_all(rows.exclude(status__in=IN_SCREENING), "", screened, on="screened_on", by=self.by)
        came_in = rows.filter(enrolled_on__isnull=False)
        past_all(came_in, screened, enrolled, on="enrolled_on", by=self.by)
        further = came_in.filter(status__in=IN_TRIAL).exclude(status=enrolled)
        past_all(further, enrolled, "", on="enrolled_on", by=self.by)
        left = rows.filter(status__in=ENDED)
        past_all(left.filter(enrolled_on=None), screened, "", on="ended_on", by=self.by)
        past_all(left.exclude(enrolled_on=None), enrolled, "", on="ended_on", by=self.by)

    def _visits(self, pairs: Iterable[tuple[Subject, SubjectRow]]) -> None:
        made: list[tuple[Visit, VisitRow | None]] = []
        for subject, row in pairs:
            made += self.schedules.visits(subject, row, self._anchors(row))
        Visit.objects.bulk_create(visit for visit, _ in made)
        rows = Visit.objects.filter(pk__any=[visit.pk for visit, _ in made])
        done = rows.filter(performed_on__isnull=False)
        begin_all(done, on="performed_on", by=self.by)
        begin_all(rows.filter(performed_on=None), on=timezone.localdate(), by=self.by)
        known = [(visit, row) for visit, row in made if row is not None]
        booked = self._bookings(known)
        self._drafts(known, booked)

    def _bookings(self, known: Iterable[tuple[Visit, VisitRow]]) -> dict[int, date]:
        """Times with their rooms and people, of what was and what will be; the days of these visits."""
        bookings = [
            self._booking(visit, row)
            for visit, row in known
            if row.start and visit.status in {VisitStatus.BOOKED, VisitStatus.COMPLETED}
        ]
        Booking.objects.bulk_create(bookings)
        claims = [claim for booking in bookings for claim in claims_of(booking, booking.visit)]
        shared = [claim for claim in claims if claim.kind != ClaimKind.SUBJECT]
        queue((claim.kind, claim.resource_id) for claim in shared)
        Claim.objects.bulk_create(claims)
        return {booking.visit_id: booking.on for booking in bookings}

    def _booking(self, visit: Visit, row: VisitRow) -> Booking:
        place = self.sites[visit.site_id].place
        assert row.start is not None
        period = DateTimeTZRange(row.start, row.start + timedelta(minutes=row.minutes), "[)")
        return Booking(
            visit=visit, place=place, room_id=row.room_id, person_id=row.person_id, period=period,
            on=row.start.astimezone(place.zone).date(), zone=place.time_zone,
            confirmation=row.confirmation,
        )  # fmt: skip

    def _drafts(self, known: Iterable[tuple[Visit, VisitRow]], booked: Mapping[int, date]) -> None:
        """Deviations that happened or are seen coming, with the reason given for them."""
        found = (_draft_of(visit, row, booked.get(visit.pk)) for visit, row in known)
        DeviationDraft.objects.bulk_create(draft for draft in found if draft)


def _draft_of(visit: Visit, row: VisitRow, booked_on: date | None) -> DeviationDraft | None:
    """The deviation of a visit that was missed, or that was or will be outside its window."""
    if visit.status == VisitStatus.MISSED:
        return _draft(
            visit, "missed_visit", "occurred", row.reason or EARLIER, f"{visit.name} was missed."
        )
    on = visit.performed_on or booked_on
    if on is None or not is_outside(visit, on):
        return None
    state, why = ("occurred", EARLIER) if visit.performed_on else ("planned", BOOKED)
    return _draft(visit, "out_of_window", state, row.reason or why, outside_text(visit, on))


def _draft(visit: Visit, kind: str, state: str, reason: str, text: str) -> DeviationDraft:
    return DeviationDraft(
        visit=visit, kind=kind, state=state, reason=reason[:200], description=text[:300]
    )
