"""The list kernel: what an address asks for, what a list answers, and in which order."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import Q
from django.http import QueryDict

from accounts.models import User
from core.lists import (
    Choices,
    Column,
    Conditions,
    Days,
    List,
    Reader,
    Rows,
    Words,
    day,
    number,
    person,
    state,
    text,
    value,
    yes_no,
)
from core.lists.asked import Asked
from sites.models import Site, SiteStatus
from tests.world import World, make_place

TODAY = date(2026, 6, 11)
READER = Reader(User(), TODAY)


def asked(query: str, *names: str) -> Asked:
    return Asked(QueryDict(query), names, "/sites/")


@pytest.mark.parametrize(
    ("query", "spelled"),
    [
        ("", ""),
        ("status=b&q=+x+&status=a&unknown=1", "q=x&status=b&status=a"),
        ("columns=b&columns=a,b&sort=-n", "sort=-n&columns=b,a"),
        ("q=%00&status=&status=open%00", "status=open"),
        ("after=9&row=1&filter=yes", ""),
    ],
)
def test_an_address_is_spelled_one_way(query: str, spelled: str) -> None:
    assert str(asked(query, "status")) == spelled


def test_addresses_lead_to_a_little_more_or_less() -> None:
    here = asked("q=x&status=open&columns=a", "status")
    assert here.url() == "/sites/?q=x&columns=a&status=open"
    assert here.url(sort="-n", after=7) == "/sites/?q=x&columns=a&status=open&sort=-n&after=7"
    assert here.without(["q", "status", "columns"]) == "/sites/"
    assert here.hidden(["q"]) == [("columns", "a"), ("status", "open")]
    assert here.is_like(asked("q=y&columns=a&status=open", "status"), but=["q"])
    assert not here.is_like(asked("q=y&columns=a&status=open", "status"))


ROW = {"n": 1234, "on": date(2026, 1, 2), "is": True, "s": "open", "cra__first_name": "Jo",
       "cra__last_name": "Ek", "pk": 1}  # fmt: skip
EMPTY_ROW = {"n": None, "on": None, "is": False, "s": "", "cra__first_name": None,
             "cra__last_name": None, "pk": 2}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "shown", "nothing", "kept"),
    [
        (text("s", "S"), "open", "–", "open"),
        (number("n", "N"), "1,234", "–", 1234),
        (day("on", "On"), "2 Jan 2026", "–", date(2026, 1, 2)),
        (yes_no("is", "Is"), "Yes", "No", "Yes"),
    ],
)
def test_cells_are_in_words_and_files_in_values(
    column: Column, shown: str, nothing: str, kept: object
) -> None:
    assert column.show(ROW) == shown
    assert column.show(EMPTY_ROW) == nothing
    ((head, put),) = column.files
    assert (head, put(ROW)) == (column.head, kept)


def test_people_and_states_are_shown_with_more_than_words() -> None:
    cra = person("cra", "CRA", "cra")
    assert "Jo Ek" in cra.show(ROW)
    assert "avatar" in cra.show(ROW)
    assert cra.show(EMPTY_ROW) == "–"
    status = state("s", "Status", {"open": "Open"}, {"open": "ok"})
    assert 'class="chip is-ok"' in status.show(ROW)
    assert status.files[0][1](ROW) == "Open"
    assert status.but(head="State").head == "State"


def where(one: object, query: str) -> Q | None:
    return one.where(QueryDict(query), READER)  # type: ignore[attr-defined]


def words(one: object, query: str) -> str:
    return one.words(QueryDict(query), Site.objects.none(), READER)  # type: ignore[attr-defined]


def test_values_are_asked_for_by_what_they_are_called() -> None:
    status = Choices("status", "State", "status", {"open": "Open", "closed": "Closed"})
    assert where(status, "") is None
    assert where(status, "status=open&status=closed") == Q(status__in=["open", "closed"])
    assert words(status, "status=open&status=odd") == "Open, odd"
    area = Choices("area", "Area", "area", empty="None")
    assert where(area, "area=-") == Q(area__in=["-"]) | Q(area__isnull=True) | Q(area="")
    assert words(area, "area=-") == "None"


def test_conditions_are_asked_for_by_name_all_of_them() -> None:
    need = Conditions("need", "Needs", {
        "cra": ("A CRA", lambda _: Q(cra=None)),
        "late": ("Something late", lambda reader: Q(opened_on__lt=reader.today)),
    })  # fmt: skip
    assert where(need, "need=odd") is None
    assert where(need, "need=cra&need=late") == Q(Q(cra=None), Q(opened_on__lt=TODAY))
    assert words(need, "need=late&need=odd&need=cra") == "Something late, A CRA"


def test_words_are_looked_for_in_one_place() -> None:
    scope = Words("scope", "Scope", lambda typed, _: Q(name__icontains=typed))
    assert where(scope, "scope=") is None
    assert where(scope, "scope=ab") == Q(name__icontains="ab")
    assert words(scope, "scope=ab") == "ab"
    assert [
        one.value for one in scope.options(QueryDict("scope=ab"), Site.objects.none(), READER)
    ] == ["ab"]


@pytest.mark.parametrize(
    ("query", "condition", "said"),
    [
        ("on_from=2026-06-01", Q(on__gte=date(2026, 6, 1)), "from 1 Jun 2026"),
        ("on_to=-60", Q(on__lte=date(2026, 4, 12)), "until 12 Apr 2026"),
        (
            "on_from=1 jun&on_to=%2B7",
            Q(on__gte=date(2026, 6, 1), on__lte=date(2026, 6, 18)),
            "1–18 Jun",
        ),
        ("on_from=whenever", None, "whenever is no day"),
        ("on_to=31 feb", None, "31 feb is no day"),
    ],
)
def test_days_are_dates_or_days_from_today(query: str, condition: Q | None, said: str) -> None:
    opened = Days("on", "On", "on")
    assert where(opened, query) == condition
    assert words(opened, query) == said
    typed = {
        one.name: one.value for one in opened.options(QueryDict(query), Site.objects.none(), READER)
    }
    assert typed == {
        "on_from": QueryDict(query).get("on_from", ""),
        "on_to": QueryDict(query).get("on_to", ""),
    }


LIST = List(
    title="Sites", one="site", many="sites", named=lambda row: row["number"], sort="number",
    columns=(
        text("number", "Site", order="number"),
        day("opened", "Opened", "opened_on", order="-opened_on"),
        text("place", "Place", "place__short_name", order="place__short_name"),
        person("cra", "CRA", "cra", order="cra__last_name"),
        number("enrolled", "Enrolled", is_shown=False),
    ),
    filters=(
        Choices("status", "State", "status", dict(SiteStatus.choices)),
        Choices("cra", "CRA", "cra__username", reads=("cra__first_name", "cra__last_name"), empty="Nobody"),
        Conditions("need", "Needs", {"cra": ("A CRA", lambda _: Q(cra=None))}),
    ),
    search=lambda typed: Q(number__startswith=typed),
)  # fmt: skip


@pytest.fixture
def rows(world: World) -> list[Site]:
    """Five sites besides the first, two of them never opened."""
    place, country = make_place("eastgate", world.admin), world.site.country
    days = (date(2026, 1, 3), None, date(2026, 1, 1), None, date(2026, 1, 3))
    Site.objects.filter(pk=world.site.pk).update(opened_on=date(2026, 1, 2))
    return Site.objects.bulk_create(
        Site(trial=world.trial, country=country, place=place, number=f"200{n}", opened_on=on)
        for n, on in enumerate(days)
    )


def listed(world: World, query: str) -> Rows:
    """The list in a request of its own."""
    person = User.objects.get(pk=world.manager.pk)
    return Rows(person, LIST, Site.objects.visible_to(person), QueryDict(query), "/s/")


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("", ["1042", "2000", "2001", "2002", "2003", "2004"]),
        ("-number", ["2004", "2003", "2002", "2001", "2000", "1042"]),
        ("opened", ["2002", "1042", "2000", "2004", "2001", "2003"]),
        ("-opened", ["2004", "2000", "1042", "2002", "2003", "2001"]),
        ("place", ["2000", "2001", "2002", "2003", "2004", "1042"]),
        ("enrolled", ["1042", "2000", "2001", "2002", "2003", "2004"]),
        ("no such column", ["1042", "2000", "2001", "2002", "2003", "2004"]),
    ],
)
@pytest.mark.django_db
def test_pages_go_on_by_key_in_every_order(
    world: World, rows: list[Site], sort: str, numbers: list[str]
) -> None:
    found, after = [], ""
    for _ in range(4):
        page = listed(world, f"sort={sort}&rows=2&after={after}")
        found += [line.name for line in page.lines]
        after = page.next_after
        if not after:
            break
    assert found == numbers


@pytest.mark.django_db
def test_an_order_by_what_may_be_missing_on_the_way_loses_nobody(
    world: World, rows: list[Site]
) -> None:
    Site.objects.filter(number__in=["2001", "2003"]).update(cra=world.cra)
    assert [line.name for line in listed(world, "sort=cra").lines][:2] == ["2001", "2003"]
    first = listed(world, "sort=cra&rows=3")
    rest = listed(world, f"sort=cra&after={first.next_after}")
    assert len(first.lines) + len(rest.lines) == 6


@pytest.mark.django_db
def test_a_key_that_is_gone_begins_again(world: World, rows: list[Site]) -> None:
    assert len(listed(world, "after=999999").lines) == 6
    assert len(listed(world, "after=x&rows=0").lines) == 6


@pytest.mark.django_db
def test_only_what_is_shown_is_read(world: World, rows: list[Site]) -> None:
    few = listed(world, "columns=opened,odd&q=2002")
    assert [column.name for column in few.columns] == ["number", "opened"]
    assert [cell.html for cell in few.lines[0].cells] == [
        "2002",
        "1 Jan 2026",
    ]
    assert [column.name for column in few.file_columns] == ["number", "opened"]
    assert len(listed(world, "").file_columns) == 5


@pytest.mark.django_db
def test_records_are_all_or_those_ticked(world: World, rows: list[Site]) -> None:
    every = listed(world, "columns=opened&sort=-number")
    assert next(every.records(every.file_columns)) == ("2004", date(2026, 1, 3))
    ticked = listed(world, f"row={rows[0].pk}&row=odd&columns=enrolled")
    assert list(ticked.records(ticked.file_columns)) == [("2000", 0)]


@pytest.mark.django_db
def test_options_have_counts_and_filters_labels(world: World, rows: list[Site]) -> None:
    Site.objects.filter(number="2001").update(cra=world.cra)
    status, cra, need = LIST.filters
    everything, reader = Site.objects.all(), READER
    options = status.options(QueryDict("status=open"), everything, reader)
    assert [(one.value, one.count, one.is_chosen) for one in options] == [
        ("identified", 5, False), ("open", 1, True),
    ]  # fmt: skip
    name = world.cra.get_full_name()
    people = cra.options(QueryDict(""), everything, reader)
    assert [(one.value, one.label, one.count) for one in people] == [
        (world.cra.username, name, 1), ("-", "Nobody", 5),
    ]  # fmt: skip
    query = QueryDict(f"cra={world.cra.username}&cra=-")
    assert cra.words(query, everything, reader) == f"{name}, Nobody"
    assert [one.count for one in need.options(QueryDict(""), everything, reader)] == [5]


@pytest.mark.django_db
def test_figures_are_counted_as_their_lists_ask(world: World, rows: list[Site]) -> None:
    page = listed(world, "")
    assert page.tally({"all": "", "open": "status=open", "two": "q=200"}) == {
        "all": 6, "open": 1, "two": 5,
    }  # fmt: skip
    assert [site.number for site in page.asking("status=open")] == ["1042"]
    assert [line.name for line in page.only([rows[3].pk, rows[1].pk])] == ["2003", "2001"]


def test_a_value_is_what_stands_in_the_field() -> None:
    assert value("n")(ROW) == 1234
