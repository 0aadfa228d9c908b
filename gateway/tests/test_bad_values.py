"""Values that no field and no parameter takes: each is 4xx, named, and no service hears of it."""

import json
from typing import Any

import pytest

from .operations import RIGHT
from .refusing import CREATE, NOTE, refused
from .things import TYPED


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("DU\u202eRAND", "invisible"),
        ("DU\u200bRAND", "invisible"),
        ("DU\u2066RAND", "invisible"),
        ("\ufeffDURAND", "invisible"),
        ("DURAND\n", "invisible"),
        ("DU\u00adRAND", "invisible"),
        ("DU\u0085RAND", "invisible"),
        ("\ue000", "invisible"),
        (" DURAND", "espace"),
        ("D" * 101, "trop long (100 caractères au plus)"),
    ],
)
async def test_marks_that_hide_in_a_name_are_refused(gateway: Any, http: Any, name: str, sentence: str) -> None:
    body = {"traits": TYPED | {"birth_name": name}}

    answer = await refused(http, gateway, CREATE, json.dumps(body).encode())

    (error,) = answer.json()["errors"]
    assert error["field"] == "traits.birth_name"
    assert sentence in error["problem"]
    assert name.strip() not in answer.text


@pytest.mark.parametrize("text", ["a\u202eb", "a\u0007b", "a\u2066b", "a\ufeffb", ""])
async def test_control_marks_in_a_text_are_refused(gateway: Any, http: Any, text: str) -> None:
    answer = await refused(http, gateway, NOTE, json.dumps({"text": text}).encode())

    assert answer.json()["errors"][0]["field"] == "text"


@pytest.mark.parametrize(
    "moment",
    [
        "2026-02-31T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-03-02T25:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1849-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "2026-03-02T10:00:00",
        "2026-03-02",
        "02/03/2026",
        "٢٠٢٦-03-02T10:00:00Z",
        "2026-W10-1T10:00:00Z",
        "now",
        1772438400,
        None,
        {},
    ],
)
async def test_a_moment_is_rfc_3339_with_its_zone_and_near(gateway: Any, http: Any, moment: Any) -> None:
    right = next(one for one in RIGHT if one.operation == "record_consent")

    answer = await refused(http, gateway, right, json.dumps(right.json | {"given_at": moment}).encode())

    assert answer.json()["errors"][0]["field"] == "given_at"


@pytest.mark.parametrize("date", ["1951-3-4", "1951/03/04", "0951-03-04", "19510304", "1951-03-04T00:00:00Z", "", 1951])
async def test_a_birth_date_has_one_form(gateway: Any, http: Any, date: Any) -> None:
    body = {"traits": TYPED | {"birth_date": date}}

    answer = await refused(http, gateway, CREATE, json.dumps(body).encode())

    assert answer.json()["errors"][0]["field"] == "traits.birth_date"


@pytest.mark.parametrize("value", ["true", 1, 0, None, [], "oui"])
async def test_nothing_is_taken_for_true_but_true(gateway: Any, http: Any, value: Any) -> None:
    answer = await refused(http, gateway, NOTE, json.dumps({"text": "a", "urgent": value}).encode())

    assert answer.json()["errors"] == [{"field": "urgent", "problem": "Vrai ou faux est attendu."}]
