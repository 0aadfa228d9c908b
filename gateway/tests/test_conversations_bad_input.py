"""What no conversation takes: each is 4xx with a problem that says which field, and messaging never hears of it."""

import json
from typing import Any

import pytest

from .calling import reason_of
from .conversation_calls import AT_MESSAGE, FILE, IN_THREAD
from .things import AT, DOCTOR, NURSE, PATIENT, RECORD, THING

POST = f"{IN_THREAD}/messages"
NAMED = {"kind": "professional", "id": DOCTOR}
TASK = {"task": {"what": "Peser"}}
FORM = {"form": {"what": "Douleur", "questions": [{"question": "Combien ?"}]}}
BIDI = ["a\u202eb", "a\u2066b", "\u200fa", "a\u200bb", "\ufeffa", "a\u0007b", "a\u0000b"]


async def refused(http: Any, gateway: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The problem; checks that it is one, and that no service heard of the request."""
    content = None if body is None else json.dumps(body).encode()
    given = gateway.bearer() | {"content-type": "application/json"} | headers
    answer = await http.request(method, path, content=content, headers=given)
    reason_of(answer)
    assert 400 <= answer.status_code < 500
    assert answer.json()["todo"]
    assert gateway.services.asked == []
    return answer


def fields(answer: Any) -> list[str]:
    """The fields that a problem names."""
    assert answer.json()["reason"] == "FIELDS_INVALID"
    return [error["field"] for error in answer.json()["errors"]]


async def test_a_megabyte_of_text_is_refused_before_it_is_read(gateway: Any, http: Any) -> None:
    answer = await refused(http, gateway, "POST", POST, {"text": "a" * 1_000_000})

    assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")


async def test_a_text_has_ten_thousand_characters_at_most(gateway: Any, http: Any) -> None:
    answer = await refused(http, gateway, "POST", POST, {"text": "é" * 10_001})

    assert fields(answer) == ["text"]
    assert "10000" in answer.json()["errors"][0]["problem"]


@pytest.mark.parametrize("text", BIDI, ids=ascii)
async def test_a_text_that_reads_otherwise_than_it_is_written_is_refused(gateway: Any, http: Any, text: str) -> None:
    for body in ({"text": text}, {"text": "a", "item": {"task": {"what": text}}}):
        answer = await refused(http, gateway, "POST", POST, body)
        assert answer.json()["reason"] in ("FIELDS_INVALID", "JSON_INVALID")
        assert text not in answer.text
    answer = await refused(http, gateway, "PUT", AT_MESSAGE, {"text": text}, **{"if-match": '"1"'})
    assert answer.status_code == 400


@pytest.mark.parametrize(("count", "status"), [(51, 400), (2_000, 400), (10_000, 413)])
async def test_mentions_are_fifty_at_most(gateway: Any, http: Any, count: int, status: int) -> None:
    answer = await refused(http, gateway, "POST", POST, {"text": "a", "mentions": [NAMED] * count})

    assert answer.status_code == status
    if status == 400:
        assert fields(answer) == ["mentions"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"text": None}, "text"),
        ({"text": 3}, "text"),
        ({"text": ["a"]}, "text"),
        ({"urgent": "true"}, "urgent"),
        ({"urgent": 1}, "urgent"),
        ({"quoted_message_id": "1"}, "quoted_message_id"),
        ({"quoted_message_id": THING.upper()}, "quoted_message_id"),
        ({"mentions": NAMED}, "mentions"),
        ({"mentions": [DOCTOR]}, "mentions.0"),
        ({"mentions": [{"kind": "system", "id": DOCTOR}]}, "mentions.0.kind"),
        ({"mentions": [{"kind": "professional"}]}, "mentions.0.id"),
        ({"mentions": [NAMED | {"name": "Maud"}]}, "mentions.0.name"),
        ({"attachment_ids": [FILE] * 11}, "attachment_ids"),
        ({"attachment_ids": [1]}, "attachment_ids.0"),
        ({"attachment_ids": ["../etc"]}, "attachment_ids.0"),
        ({"item": {}}, "item"),
        ({"item": TASK | FORM}, "item"),
        ({"item": {"task": {"what": ""}}}, "item.task.what"),
        ({"item": {"task": {"what": "a" * 201}}}, "item.task.what"),
        ({"item": {"task": {"what": "Peser", "due": "demain"}}}, "item.task.due"),
        ({"item": {"task": {"what": "Peser", "who": {"kind": "team", "id": THING}}}}, "item.task.who.kind"),
        ({"item": {"appointment": {"what": "Visite", "starts": []}}}, "item.appointment.starts"),
        ({"item": {"appointment": {"what": "Visite", "starts": [AT] * 11}}}, "item.appointment.starts"),
        ({"item": {"appointment": {"what": "V", "starts": [AT], "minutes": 2**70}}}, "item.appointment.minutes"),
        ({"item": {"appointment": {"what": "Visite", "starts": [AT]}}}, "item.appointment.minutes"),
        ({"item": {"form": {"what": "Douleur", "questions": []}}}, "item.form.questions"),
        ({"item": {"form": {"what": "D", "questions": [{"question": "?"}] * 31}}}, "item.form.questions"),
        ({"item": {"document_id": "11502-2"}}, "item.document_id"),
        ({"item": {"poll": {}}}, "item.poll"),
        ({"place": 3}, "place"),
        ({"sent_at": AT}, "sent_at"),
        ({"author": NAMED}, "author"),
    ],
    ids=str,
)
async def test_a_message_of_another_form_is_refused_by_its_field(
    gateway: Any, http: Any, changed: Any, field: str
) -> None:
    answer = await refused(http, gateway, "POST", POST, {"text": "Talon rouge."} | changed)

    assert field in fields(answer)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"task": "done", "form": {"answers": ["a"]}}, ""),
        ({"task": "finished"}, "task"),
        ({"task": 2}, "task"),
        ({"appointment": {}}, "appointment.start"),
        ({"appointment": {"start": -1}}, "appointment.start"),
        ({"appointment": {"start": 10}}, "appointment.start"),
        ({"appointment": {"start": "0"}}, "appointment.start"),
        ({"form": {"answers": []}}, "form.answers"),
        ({"form": {"answers": ["a"] * 31}}, "form.answers"),
        ({"form": {"answers": ["a" * 2_001]}}, "form.answers.0"),
        ({"form": {"answers": [None]}}, "form.answers.0"),
    ],
    ids=str,
)
async def test_an_answer_of_another_form_is_refused(gateway: Any, http: Any, body: Any, field: str) -> None:
    answer = await refused(http, gateway, "POST", f"{AT_MESSAGE}/answers", body)

    assert field in fields(answer)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "everybody"}, "kind"),
        ({"kind": "circle", "patient_id": "1"}, "patient_id"),
        ({"kind": "side", "patient_id": PATIENT, "professional_ids": [NURSE] * 50}, "professional_ids"),
        ({"kind": "side", "patient_id": PATIENT, "title": ""}, "title"),
        ({"kind": "side", "patient_id": PATIENT, "title": "a" * 101}, "title"),
        ({"kind": "side", "patient_id": PATIENT, "title": "a\u202eb"}, "title"),
        ({"kind": "side", "patient_id": PATIENT, "title": "a\nb"}, "title"),
        ({"kind": "side", "hidden_from_patient": "oui"}, "hidden_from_patient"),
    ],
    ids=str,
)
async def test_a_thread_of_another_form_is_not_opened(gateway: Any, http: Any, body: Any, field: str) -> None:
    answer = await refused(http, gateway, "POST", "/v1/threads", body)

    assert field in fields(answer)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"added_professional_ids": []}, ""),
        ({"hidden_from_patient": None}, ""),
        ({"added_professional_ids": [NURSE] * 50}, "added_professional_ids"),
        ({"removed_professional_ids": ["moi"]}, "removed_professional_ids.0"),
        ({"title": "Autre"}, "title"),
    ],
    ids=str,
)
async def test_a_change_of_a_thread_says_what_changes(gateway: Any, http: Any, body: Any, field: str) -> None:
    answer = await refused(http, gateway, "PATCH", IN_THREAD, body, **{"if-match": '"1"'})

    assert field in fields(answer)


@pytest.mark.parametrize(
    "query",
    [
        "before=0",
        "before=-1",
        "after=-1",
        "before=3&after=1",
        f"before={2**63}",
        f"after={2**63}",
        "before=1e3",
        "before=٣",
        "before=",
        "limit=0",
        "limit=101",
        "names=peut-etre",
        "cursor=abc",
    ],
)
async def test_a_place_is_a_number_of_the_thread(gateway: Any, http: Any, query: str) -> None:
    answer = await refused(http, gateway, "GET", f"{POST}?{query}")

    assert answer.json()["reason"] in ("FIELDS_INVALID", "QUERY_INVALID")


@pytest.mark.parametrize(
    "body",
    [
        {"read_up_to": -1},
        {"read_up_to": 2**63},
        {"read_up_to": 2**200},
        {"read_up_to": "12"},
        {"read_up_to": 1.5},
        {"read_up_to": True},
        {"received_up_to": None},
    ],
    ids=str,
)
async def test_a_mark_is_a_place(gateway: Any, http: Any, body: Any) -> None:
    answer = await refused(http, gateway, "PUT", f"{IN_THREAD}/mark", body)

    assert fields(answer) == [next(iter(body))]


@pytest.mark.parametrize(
    "query",
    [
        "patient_id=durand",
        f"patient_id={PATIENT}&without_patient=true",
        f"patient_id={PATIENT}&patient_id={PATIENT}",
        "unread_only=2",
        "cursor=forged",
        "cursor=" + "A" * 1_025,
        "limit=1000",
    ],
)
async def test_threads_are_asked_for_in_one_way(gateway: Any, http: Any, query: str) -> None:
    answer = await refused(http, gateway, "GET", f"/v1/threads?{query}")

    assert answer.json()["reason"] in ("FIELDS_INVALID", "QUERY_INVALID", "CURSOR_INVALID")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": "a"}, "query"),
        ({"query": "a" * 101}, "query"),
        ({"query": " a"}, "query"),
        ({"query": "a\u202eb"}, "query"),
        ({"query": ["talon"]}, "query"),
        ({"query": "talon", "limit": 51}, "limit"),
        ({"query": "talon", "thread_id": "*"}, "thread_id"),
        ({"query": "talon", "cursor": "A" * 1_025}, "cursor"),
        ({"query": "talon", "cursor": 1}, "cursor"),
    ],
    ids=str,
)
async def test_a_search_of_another_form_looks_nowhere(gateway: Any, http: Any, body: Any, field: str) -> None:
    answer = await refused(http, gateway, "POST", "/v1/messages/search", body)

    assert field in fields(answer)


@pytest.mark.parametrize("cursor", ["x", "019", "é", "=" * 8, "A" * 1_000])
async def test_a_forged_cursor_of_a_search_is_refused(gateway: Any, http: Any, cursor: str) -> None:
    answer = await refused(http, gateway, "POST", "/v1/messages/search", {"query": "talon", "cursor": cursor})

    assert answer.json()["reason"] == "CURSOR_INVALID"


@pytest.mark.parametrize("moment", ["hier", "2026-03-02", "2026-02-31T08:00:00Z", "2026-03-02T08:00:00", 1772438400])
async def test_news_are_since_a_moment(gateway: Any, http: Any, moment: Any) -> None:
    read = await refused(http, gateway, "GET", f"{RECORD}/news?since={moment}")
    visit = await refused(http, gateway, "POST", f"{RECORD}/visits", {"since": moment})

    assert fields(read) == fields(visit) == ["since"]


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("GET", "/v1/threads/1", "thread"),
        ("GET", f"{IN_THREAD}/messages/{THING.upper()}", "message"),
        ("GET", f"/v1/threads/{THING}%20/messages", "thread"),
        ("GET", f"{IN_THREAD}/attachments/%2e%2e/content", "attachment"),
        ("GET", f"{IN_THREAD}/attachments/photo.jpg/thumbnail", "attachment"),
    ],
)
async def test_an_id_of_another_form_reaches_nobody(
    gateway: Any, http: Any, method: str, path: str, named: str
) -> None:
    answer = await refused(http, gateway, method, path)

    assert (answer.json()["reason"], answer.json()["details"]) == ("ID_INVALID", {"field": named})
