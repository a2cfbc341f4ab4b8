"""The grading dictionary: complete, as published, and unchangeable."""

import pytest
from django.db import DatabaseError, transaction

from safety.models import CTCAE_6, GradingTerm

pytestmark = pytest.mark.django_db


def term(name: str) -> GradingTerm:
    return GradingTerm.objects.get(version=CTCAE_6, name=name)


def test_ctcae_6_is_there_whole():
    terms = GradingTerm.objects.filter(version=CTCAE_6)
    assert terms.count() == 850
    assert terms.values("organ_class").distinct().count() == 26


def test_a_term_says_which_of_its_grades_are_defined():
    assert term("Anemia").grades == (1, 2, 3, 4, 5)
    assert term("Anemia").text_of(5) == "Death"
    aplastic = term("Aplastic anemia")
    assert aplastic.grades == (2, 3, 4, 5)
    assert aplastic.text_of(1) == ""
    assert aplastic.text_of(6) == ""
    assert str(aplastic) == "CTCAE 6.0: Aplastic anemia"


def test_every_term_has_a_grade():
    assert all(found.grades for found in GradingTerm.objects.all())


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_keeps_a_published_term_as_it_is(change):
    rows = GradingTerm.objects.filter(pk=term("Anemia").pk)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(name="Anaemia") if change == "update" else rows._raw_delete(rows.db)
    assert term("Anemia")
