"""The OpenAPI document: valid, complete, and shown to people."""

import warnings
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from ctms.api import RESOURCES
from ctms.api_docs import document
from tests.api.conftest import Caller
from tests.world import World


def walked() -> set[tuple[str, str]]:
    """Every method and address that answers."""
    found = {("get", "/api/v1/trails/{label}/{key}/")}
    for word, resource in RESOURCES.items():
        found |= {("get", f"/api/v1/{word}/"), ("get", f"/api/v1/{word}/{{key}}/")}
        if hasattr(resource, "create"):
            found.add(("post", f"/api/v1/{word}/"))
        for extra in resource.get_extra_actions():
            found |= {
                (method, f"/api/v1/{word}/{{key}}/{extra.url_path}/") for method in extra.mapping
            }
    return found


def test_the_document_is_valid_and_complete() -> None:
    document.cache_clear()
    GENERATOR_STATS.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = document()
    assert not GENERATOR_STATS
    validate_schema(made)
    assert made["openapi"] == "3.1.0"
    assert {
        (method, path) for path, methods in made["paths"].items() for method in methods
    } == walked()


def test_every_operation_says_what_it_does_and_how_it_refuses() -> None:
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            assert told["description"], path
            assert told["security"] == [{"token": []}, {"cookieAuth": []}], path
            assert {"401", "404", "422"} <= set(told["responses"]), path
            if method == "post":
                assert {"400", "409", "413", "415"} <= set(told["responses"]), path


def columns_of(shape: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    return set(schemas[shape["$ref"].rsplit("/", 1)[1]]["properties"])


@pytest.mark.django_db
def test_answers_have_the_columns_that_the_document_says(world: World, edc: Caller) -> None:
    made = document()
    schemas = made["components"]["schemas"]
    for word in RESOURCES:
        told = made["paths"][f"/api/v1/{word}/"]["get"]["responses"]["200"]
        page = told["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        told_columns = columns_of(schemas[page]["properties"]["results"]["items"], schemas)
        fits = Draft202012Validator({"$ref": f"#/components/schemas/{page}", **made})
        answer = edc.get(f"{word}/").json()
        fits.validate(answer)
        for row in answer["results"]:
            assert set(row) == told_columns, word


def test_a_choice_that_may_be_left_out_and_a_period_without_an_end_are_told() -> None:
    schemas = document()["components"]["schemas"]
    reason = schemas["Subject"]["properties"]["reason_code"]
    assert {"$ref": "#/components/schemas/BlankEnum"} in reason["oneOf"]
    assert "null" in schemas["PaymentTerms"]["properties"]["until"]["type"]


@pytest.mark.django_db
def test_people_read_it_on_a_page_without_inline_script(world: World, client: Client) -> None:
    assert client.get(reverse("api:docs")).status_code == 302
    client.force_login(world.cra)
    page = client.get(reverse("api:docs"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "/api/v1/visits/{key}/book/" in text
    assert "style=" not in text
    assert reverse("workspace:trials") in text, "the navigation stays"
    assert client.get(reverse("api:schema")).json()["info"]["title"] == "CTMS"
