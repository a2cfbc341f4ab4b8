"""A record's own word in an address leads to its page, whatever stands beside it."""

import re
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from core.actions import RefusedError
from core.addresses import name_like, pattern, refuse_name
from sites.models import Place, Site
from sites.models.place import RESERVED_SLUGS
from sites.models.site import SITE_NUMBER
from subjects.models import Subject
from subjects.models.subject import SUBJECT_NUMBER
from tests.world import World, screen

PARAMETER = re.compile(r"<\w+:(\w+)>")
OURS = {"code", "slug", "number"}  # the parameters that are words of records


def routes(patterns: list[URLPattern | URLResolver]) -> list[list[str]]:
    """Every address of pages, in parts."""
    found = []
    for each in patterns:
        if isinstance(each, URLResolver):
            found += routes(each.url_patterns) if not str(each.pattern) else []
        else:
            found.append(str(each.pattern).split("/"))
    return found


def meet(parts: list[str], other: list[str]) -> bool:
    """Whether two beginnings of addresses can be the same."""
    return all(
        one == two or PARAMETER.match(one) or PARAMETER.match(two)
        for one, two in zip(parts, other, strict=True)
    )


def misled() -> set[tuple[str, str]]:
    """The words that lead elsewhere where a record's own word stands, by the word before it."""
    known = routes(get_resolver().url_patterns)
    found = set()
    for parts, other in product(known, known):
        for at, part in enumerate(parts[: len(other)]):
            name = PARAMETER.fullmatch(part)
            if name is None or name[1] not in OURS or PARAMETER.search(other[at]):
                continue
            if other[at] and meet(parts[:at], other[:at]):
                path = "/".join([*parts[:at], other[at], *parts[at + 1 :]])
                if resolve(
                    f"/{PARAMETER.sub('1', path.replace('<kind:kind>', 'csv'))}"
                ).route != "/".join(parts):
                    found.add((parts[at - 1], other[at]))
    return found


def test_every_word_that_leads_elsewhere_is_reserved() -> None:
    refusing = {"sites": SITE_NUMBER, "subjects": SUBJECT_NUMBER}
    taken = misled()
    assert taken == {
        ("sites", "add"), ("sites", "assign-cra"), ("sites", "import"), ("subjects", "import"),
        *(("places", word) for word in RESERVED_SLUGS),
    }  # fmt: skip
    for before, word in taken - {("places", word) for word in RESERVED_SLUGS}:
        with pytest.raises(ValidationError):
            refusing[before](word)


@pytest.mark.parametrize("word", ["add", "c12", "10/42", ".", "..", "/", "1?", "1#", "1%", "1\\2"])
def test_a_word_that_is_no_part_of_an_address_is_refused(word: str) -> None:
    with pytest.raises(RefusedError, match="cannot stand in an address"):
        refuse_name(SITE_NUMBER, word)


@pytest.mark.parametrize("word", ["", "1042", "added", "Add", "c-12", "12c", "№ 7ä+&", "10.42"])
def test_odd_names_that_do_no_harm_are_fine(word: str) -> None:
    refuse_name(name_like(pattern("add", "c[0-9]+")), word)


@pytest.mark.django_db
def test_the_database_refuses_them_too(world: World) -> None:
    subject = screen(world)
    for rows, change in (
        (Site.objects.filter(pk=world.site.pk), {"number": "add"}),
        (Site.objects.filter(pk=world.site.pk), {"number": "10/42"}),
        (Subject.objects.filter(pk=subject.pk), {"number": "import"}),
        (Place.objects.filter(pk=world.place.pk), {"slug": "add"}),
    ):
        with (
            pytest.raises(IntegrityError, match=r"number_stands_in|not_reserved"),
            transaction.atomic(),
        ):
            rows.update(**change)
