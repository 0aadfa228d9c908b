"""What malformed and hostile input gets: 4xx with a problem that says what to do, never a 5xx, and nothing changed. Bodies
and ids are spoiled for every operation of the OpenAPI; what only some operations know is in the hand-made lists.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from terresante_dev.enrolment import traits
from terresante_dev.portal import Answer, Person, answer_of
from terresante_dev.story import Stage
from terresante_dev.story.stage import now
from terresante_gateway.samples import sample

from .asking import problem_of, send, who_may
from .spoiling import fields, wholes
from .stored import JOURNALLED, stored

pytestmark = pytest.mark.timeout(300)
FORM = {"JSON_INVALID", "FIELDS_INVALID", "BODY_MISSING", "BODY_TOO_LARGE"}
"""Reasons of a body that cannot be read: none of these requests may get any further."""


FED = ("IDENTITY_", "INS_")
"""Begin the reasons of traits that other systems send: text is handed to identity, which names the rule that it breaks."""


def reason_of_line(answer: Answer) -> str:
    """Of a batch whose only line could not be read."""
    assert answer.headers["content-type"] == "application/x-ndjson", answer
    return str(json.loads(answer.content.splitlines()[0])["reason"] or "")


class Posting(NamedTuple):
    """An operation that reads JSON, a body with all of its fields, and somebody who may call it. `needed`: it refuses
    a request without body.
    """

    method: str
    path: str
    example: dict[str, Any]
    person: Person
    needed: bool


def postings(told: Stage, spec: dict[str, Any]) -> Iterator[Posting]:
    """Every operation that reads JSON, on the story's patient."""
    for path, item in spec["paths"].items():
        for method, one in item.items():
            reading = one.get("requestBody", {})
            content = reading.get("content", {}).get("application/json")
            if content:
                whole = sample(content["schema"], spec["components"]["schemas"])
                person, needed = told.who(who_may(one["x-authz"]["kinds"])), reading.get("required", False)
                address = path.replace("{patient}", told.made["patient"])
                address = "/".join(str(uuid4()) if part.startswith("{") else part for part in address.split("/"))
                yield Posting(method.upper(), address, whole, person, needed)


async def test_every_operation_refuses_every_body_that_is_malformed_and_nothing_changes(
    told: Stage, spec: dict[str, Any]
) -> None:
    before, tried, operations = await stored(told.stack), 0, 0
    for posting in postings(told, spec):
        operations += 1
        for wrong, body in wholes(posting.example):
            if wrong == "nothing" and not posting.needed:
                continue
            answer = send(posting.person, posting.method, posting.path, body)
            assert problem_of(answer) in FORM, f"{posting.method} {posting.path} with {wrong}: {answer}"
            tried += 1
    print(f"{tried} malformed bodies at {operations} operations")
    assert operations >= 16 and tried > 450
    assert await stored(told.stack) == before


async def test_every_operation_refuses_every_field_that_is_spoiled_and_nothing_changes(
    told: Stage, spec: dict[str, Any]
) -> None:
    # A batch is decided, and journalled, before its lines are read: the journal is all that may grow.
    before, tried = await stored(told.stack, JOURNALLED), 0
    for posting in postings(told, spec):
        for wrong, body in fields(posting.example):
            answer = send(posting.person, posting.method, posting.path, body)
            reason = reason_of_line(answer) if answer.status == 200 else problem_of(answer)
            read = reason.startswith(FED) and posting.path.startswith("/v1/identity/")
            assert reason in FORM or read, f"{posting.method} {posting.path} with {wrong}: {answer}"
            tried += 1
    print(f"{tried} spoiled fields")
    assert tried > 1_500
    assert await stored(told.stack, JOURNALLED) == before


KINDS = ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "x", "",
    "application/x-www-form-urlencoded", "application/json, text/plain", "application/jsonp"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_refuses_a_content_type_that_it_does_not_read(
    told: Stage, spec: dict[str, Any], kind: str
) -> None:
    for posting in postings(told, spec):
        answer = send(posting.person, posting.method, posting.path, json.dumps(posting.example).encode(), kind)
        assert (answer.status, problem_of(answer)) == (415, "MEDIA_TYPE_UNSUPPORTED"), f"{posting.path}: {answer}"


async def test_a_body_of_20_mb_is_refused_by_its_announced_size_and_by_what_comes(told: Stage) -> None:
    gp, path = told.who("gp"), told.path("/notes")
    before, body = await stored(told.stack), b'{"text": "' + b"a" * 20_000_000 + b'"}'
    assert (send(gp, "POST", path, body).status, send(gp, "POST", path, body).reason) == (413, "BODY_TOO_LARGE")
    headers = {"authorization": f"Bearer {gp.token}", "content-type": "application/json", "terresante-place": gp.place}
    pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
    answer = answer_of(gp.gateway.http.post(path, content=pieces, headers=headers))
    assert (answer.status, answer.reason) == (413, "BODY_TOO_LARGE")
    assert await stored(told.stack) == before


BAD_TRAITS: dict[str, dict[str, Any]] = {
    "31 February": {"birth_date": "1951-02-31"},
    "29 February of a common year": {"birth_date": "1951-02-29"},
    "a month 13": {"birth_date": "1951-13-01"},
    "the year 0": {"birth_date": "0000-01-01"},
    "the year 9999": {"birth_date": "9999-01-01"},
    "tomorrow's century": {"birth_date": "2199-01-01"},
    "two centuries ago": {"birth_date": "1800-01-01"},
    "a date of words": {"birth_date": "hier"},
    "a zero-width space": {"birth_name": "DU\u200bRAND"},
    "a zero-width joiner": {"birth_name": "DU\u200dRAND"},
    "a soft hyphen": {"birth_name": "DU\u00adRAND"},
    "a right-to-left mark": {"birth_name": "DURAND\u202e"},
    "a Cyrillic A": {"birth_name": "DUR\u0410ND"},
    "a full-width letter": {"birth_name": "\uff24URAND"},
    "a combining accent on nothing": {"birth_name": "\u0301DURAND"},
    "digits": {"first_name": "J3AN"},
    "a hyphen alone": {"birth_name": "-"},
    "markup": {"birth_name": "<script>"},
    "SQL": {"birth_name": "'; drop table person; --"},
    "a formula": {"birth_name": "=cmd|' /C calc'!A0"},
    "a NUL": {"birth_name": "DU\x00RAND"},
    "a megabyte": {"birth_name": "A" * 1_000_000},
    "an emoji": {"first_name": "JEAN😀"},
    "a first name that is not first": {"first_name": "ZOE", "given_names": "MARIE ZOE"},
    "an unknown country": {"birth_country": "ZZ"},
    "an unknown postal code": {"birth_postal_code": "00000"},
    "an unknown sex": {"sex": "X"},
    "no name": {"birth_name": ""},
    "spaces only": {"birth_name": "   "},
}


async def test_bad_traits_are_refused_with_what_to_do_and_nobody_comes_into_being(told: Stage) -> None:
    gp, before = told.who("gp"), await stored(told.stack)
    good = {**traits(told.patient), "birth_name": "NOUVELLE"}
    for wrong, change in BAD_TRAITS.items():
        answer = gp.post("/v1/patients", {"traits": {**good, **change}})
        assert answer.status == (413 if wrong == "a megabyte" else 400), f"{wrong}: {answer}"
        assert problem_of(answer).startswith(("IDENTITY_", "FIELDS_INVALID", "JSON_INVALID", "BODY_TOO_LARGE")), wrong
    assert await stored(told.stack) == before


RECORDING = "/v1/patients/{patient}/consents"


async def test_a_consent_cannot_be_recorded_for_an_id_that_is_no_persons(told: Stage, spec: dict[str, Any]) -> None:
    body, before = given(spec), await stored(told.stack, JOURNALLED)
    answer = told.who("gp").post(f"/v1/patients/{uuid4()}/consents", body)
    assert (answer.status, problem_of(answer)) == (404, "PERSON_UNKNOWN"), answer
    assert await stored(told.stack, JOURNALLED) == before


async def test_a_consent_given_by_somebody_who_does_not_act_for_the_patient_is_refused(
    another: Callable[..., Stage], spec: dict[str, Any]
) -> None:
    stage = another()
    gp, patient = stage.who("gp"), stage.who("patient")
    assert patient.post(stage.path(f"/consents/{stage.made['consent']}/withdrawal")).status == 200
    before = await stored(stage.stack, JOURNALLED)
    nurse, until = stage.who("nurse").uid, "2041-06-14T00:00:00+02:00"
    for reason, said in (
        ("CONSENT_GIVER_NOT_ENTITLED", {"given_by": nurse}),
        ("PERSON_UNKNOWN", {"given_by": nurse, "given_as": "guardian"}),
        ("PERSON_UNKNOWN", {"given_by": str(uuid4()), "given_as": "parent", "represents_until": until}),
        ("CONSENT_INFORMATION_MISSING", {"given_as": "guardian"}),
        ("REPRESENTATIVE_KIND_MISSING", {"given_by": nurse, "represents_until": until}),
        ("FIELDS_INVALID", {"given_by": nurse, "given_as": "carer"}),
    ):
        answer = gp.post(stage.path("/consents"), given(spec, **said))
        assert problem_of(answer) == reason, f"{said}: {answer}"
    assert await stored(stage.stack, JOURNALLED) == before
    guardian = registered(gp, {**traits(stage.patient), "birth_date": "1949-08-03"})
    recorded = gp.post(stage.path("/consents"), given(spec, given_by=guardian, given_as="guardian"))
    assert (recorded.status, recorded.body["given_by"]) == (201, guardian)
    acting = patient.get(stage.path("/representatives")).body["items"]
    assert [(one["person_id"], one["kind"]) for one in acting] == [(guardian, "guardian")]
    latest = patient.get(stage.path("/journal?limit=10")).body["items"]
    told = [line["what"]["action"] for line in latest if line["about"] and line["about"]["id"] == guardian]
    assert told == ["appoint_representative", "record_consent"]


def registered(by: Person, person: dict[str, Any]) -> str:
    """The id of a new person with these traits, whoever has like ones already."""
    answer = by.post("/v1/patients", {"traits": person})
    if answer.reason == "IDENTITY_CANDIDATES":
        others = [one["person"]["id"] for one in answer.body["candidates"]]
        answer = by.post("/v1/patients", {"traits": person, "confirm_distinct_from": others})
    assert answer.status == 201, answer
    return str(answer.body["id"])


def given(spec: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A consent as the OpenAPI shows it, given now by the patient but for what a test changes."""
    example = spec["paths"][RECORDING]["post"]["requestBody"]["content"]["application/json"]["example"]
    nobody = {"given_by": None, "given_as": None, "represents_until": None}
    return {**example, "given_at": now(), **nobody, **changes}


async def test_an_id_of_another_kind_opens_and_changes_nothing(told: Stage, spec: dict[str, Any]) -> None:
    """At each place for an id, those of other things that exist, and of nothing."""
    ids = {
        "patient": told.made["patient"],
        "document": told.made["document"],
        "note": told.made["note_id"],
        "consent": told.made["consent"],
        "professional": told.who("gp").uid,
        "place": told.who("gp").place,
        "structure": next(iter(told.made["structures"].values())),
        "nothing": str(uuid4()),
        "zero": "00000000-0000-0000-0000-000000000000",
    }
    told.who("gp").log_in()
    before, tried = await stored(told.stack, JOURNALLED), 0
    for method, path, one in operations_with_ids(spec):
        person = told.who(who_may(one["x-authz"]["kinds"]))
        example = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
        for name in names:
            for kind, other in ids.items():
                if kind == name:
                    continue
                address = path.replace(f"{{{name}}}", other)
                for rest in names:
                    address = address.replace(f"{{{rest}}}", ids.get(rest, str(uuid4())))
                answer = person.call(method, address, example, if_match='"1"')
                if (answer.status, method, path) == (200, "GET", "/v1/patients/{patient}/journal"):
                    assert {line["who"]["id"] for line in answer.body["items"]} <= {person.uid}  # their own attempts
                else:
                    assert 400 <= answer.status < 500, f"{method} {path} with {kind} for {name}: {answer} {answer.body}"
                tried += 1
    print(f"{tried} ids of another kind")
    assert tried > 350
    assert await stored(told.stack, JOURNALLED) == before


def operations_with_ids(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for method, one in item.items():
            if "{" in path:
                yield method.upper(), path, one


LOOKS_LIKE_CODE = (
    "'; drop table note; --",
    '"}],{"admin":true,"x":["',
    "</script><script>alert(1)</script>",
    "${jndi:ldap://127.0.0.1/x}",
    "{{7*7}} %s %n %(x)s {0}",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "&lt;b&gt; &amp;amp; %27 %2527 \\x41 \\u0041",
    "a\r\nset-cookie: x=1",
)


def test_what_looks_like_code_is_text_and_comes_back_as_it_was_written(told: Stage) -> None:
    gp = told.who("gp")
    for text in LOOKS_LIKE_CODE:
        written = gp.post(told.path("/notes"), {"text": text})
        assert written.status == 201, (text, written.body)
        read = gp.get(told.path("/notes?limit=100")).body["items"]
        assert [one["text"] for one in read if one["id"] == written.body["id"]] == [text]


@pytest.mark.parametrize("text", ["%", "_", "___", "'", "\\", "%' or '1'='1", "(", "[", "*", ".*"])
def test_a_search_takes_no_letter_for_a_pattern(told: Stage, text: str) -> None:
    """The directory has more than ten people; none has such a name."""
    answer = told.who("gp").get(f"/v1/professionals?{urlencode({'text': text})}")
    assert answer.status == 400 or (answer.status == 200 and answer.body["items"] == []), answer.body
