"""What a correspondent asks to be changed: sent as the directory's own message, told back as it was asked."""

from typing import Any

import pytest
from google.protobuf import json_format
from terresante.directory.v1 import enrolment_service_pb2 as enrolment
from terresante_gateway.routes.asked_changes import KINDS, MESSAGES

from .calling import reason_of
from .enrolment_calls import ASKED, REQUEST
from .ror_calls import CONTENT, OFFERED, WHEN
from .things import NURSE, OTHER, PRACTICE, THING

CHANGES: dict[str, dict[str, Any]] = {
    "change_structure": {"version": 9_007_199_254_740_993, "content": CONTENT, "valid_from": WHEN},
    "change_offer": {"offer_id": THING, "version": 2, "content": OFFERED},
    "enrol_offer": {"content": OFFERED, "valid_from": WHEN},
    "close_offer": {"offer_id": THING, "version": 2, "closing_kind": "definitive"},
    "add_place": {"professional_id": NURSE, "version": 3, "role": "infirmière"},
    "end_place": {"professional_id": NURSE, "place_id": OTHER, "version": 3},
}
every = pytest.mark.parametrize("name", CHANGES)


def echo(request: enrolment.AskForChangeRequest) -> enrolment.AskForChangeResponse:
    """A directory that keeps what is asked."""
    kept = enrolment.ChangeRequest()
    kept.CopyFrom(REQUEST)
    kept.kind, kept.change, kept.why = request.kind, request.change, request.why
    return enrolment.AskForChangeResponse(request=kept)


async def asked(gateway: Any, http: Any, change: Any) -> Any:
    body = {"structure_id": PRACTICE, "change": change, "why": "Pour de bon"}
    return await http.post(ASKED, json=body, headers=gateway.bearer())


def test_each_kind_of_change_is_tried() -> None:
    assert set(CHANGES) == set(KINDS.values())
    assert set(KINDS) == set(MESSAGES)


@every
async def test_a_change_is_told_back_as_it_was_asked(gateway: Any, http: Any, services: Any, name: str) -> None:
    services.answer("directory.AskForChange", echo)

    answer = await asked(gateway, http, {name: CHANGES[name]})

    assert answer.status_code == 201, answer.text
    assert (answer.json()["kind"], answer.json()["change"]) == (name, CHANGES[name])


@every
async def test_the_directory_can_read_the_change_as_its_own_message(
    gateway: Any, http: Any, services: Any, name: str
) -> None:
    services.answer("directory.AskForChange", echo)

    await asked(gateway, http, {name: CHANGES[name]})

    request = services.of("directory.AskForChange").request
    message = json_format.Parse(request.change, MESSAGES[request.kind]())
    told = json_format.MessageToDict(message, preserving_proto_field_name=True)
    for field, value in CHANGES[name].items():
        if field in ("offer_id", "professional_id", "place_id", "closing_kind"):
            assert told[field] == value
    structure = {"change_structure": told, "add_place": told.get("place", {})}.get(name)
    assert structure is None or structure["structure_id"] == PRACTICE
    assert "why" not in told


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"add_place": CHANGES["add_place"], "end_place": CHANGES["end_place"]},
        {"add_place": None},
        {"remove_everything": {}},
        {"add_place": CHANGES["add_place"] | {"structure_id": OTHER}},
        {"end_place": CHANGES["end_place"] | {"version": 0}},
        {"end_place": CHANGES["end_place"] | {"version": "3"}},
        {"change_structure": CHANGES["change_structure"] | {"content": CONTENT | {"level": "region"}}},
    ],
    ids=str,
)
async def test_anything_but_one_whole_change_is_refused_before_the_directory_hears_of_it(
    gateway: Any, http: Any, services: Any, change: Any
) -> None:
    answer = await asked(gateway, http, change)

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert services.asked == []


async def test_in_a_list_there_is_no_change_and_no_thread(gateway: Any, http: Any, services: Any) -> None:
    listed = enrolment.ChangeRequest()
    listed.CopyFrom(REQUEST)
    listed.ClearField("change")
    listed.ClearField("comments")
    services.answer("directory.ListRequests", enrolment.ListRequestsResponse(requests=[listed]))

    (one,) = (await http.get(ASKED, headers=gateway.bearer("administrator"))).json()["items"]

    assert (one["change"], one["comments"], one["comment_count"]) == (None, [], 1)
    assert (one["needs_two"], one["first_by_you"], one["state"]) == (True, True, "half_approved")
