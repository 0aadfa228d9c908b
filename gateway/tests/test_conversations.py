"""Conversations: what is shown of them and under which names, what is found in them, what is new."""

from typing import Any
from uuid import UUID

import pytest
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.messaging.v1 import conversation_service_pb2 as messaging
from terresante_gateway.messaging_reasons import MESSAGING
from terresante_gateway.problems import STATUS
from terresante_platform import refusals

from .calling import programmed, reason_of, sent
from .conversation_calls import (
    BY_PATIENT,
    CONVERSATIONS,
    IN_THREAD,
    MESSAGE,
    NEWS,
    SIDE,
    THREAD,
    WRITTEN,
)
from .things import AT, DOCTOR, NAMES, NURSE, OTHER, PATIENT, RECORD, at

BY_ID = {right.operation: right for right in CONVERSATIONS}
INNER = "019"


async def test_a_page_costs_one_call_unless_names_are_asked(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["list_messages"])

    bare = (await http.get(f"{IN_THREAD}/messages", headers=gateway.bearer())).json()["items"][0]
    calls = [asked.rpc for asked in services.asked]
    named = (await http.get(f"{IN_THREAD}/messages?names=true", headers=gateway.bearer())).json()["items"][0]

    assert calls == ["messaging.ListMessages"]
    assert (bare["author"]["kind"], bare["author"]["id"], bare["author"]["name"]) == ("professional", NURSE, None)
    assert named["author"]["name"] == "Inès Caradec"
    assert [(one["kind"], one["name"]) for one in named["mentions"]] == [
        ("professional", "Maud Ferrandi"),
        ("patient", "SOLENE CARADEC"),
    ]
    assert named["acts"][0]["actor"]["name"] == named["item"]["task"]["who"]["name"] == "Maud Ferrandi"


async def test_names_are_asked_once_each_whoever_is_named_how_often(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["list_messages"])
    services.answer("messaging.ListMessages", messaging.ListMessagesResponse(messages=[WRITTEN] * 100))

    await http.get(f"{IN_THREAD}/messages?names=true", headers=gateway.bearer())

    assert sorted(services.of("directory.BatchGetProfessionals").request.professional_ids) == [DOCTOR, NURSE]
    assert services.of("identity.BatchGetPersons").request.person_ids == [PATIENT]


async def test_a_person_whom_identity_withholds_has_no_name(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["get_thread"])
    services.answer("identity.BatchGetPersons", identity.BatchGetPersonsResponse(withheld_ids=[PATIENT]))

    thread = (await http.get(f"{IN_THREAD}?names=true", headers=gateway.bearer())).json()

    (mark,) = thread["marks"]
    assert mark["who"] == {"kind": "patient", "id": PATIENT, "name": None, "profession": None, "profession_label": None}
    assert (mark["received_up_to"], mark["received_at"], mark["read_up_to"], mark["read_at"]) == (12, AT, 8, None)
    assert [one["name"] for one in thread["members"]] == ["Inès Caradec", "Maud Ferrandi"]


async def test_a_thread_that_was_there_is_given_with_200(gateway: Any, http: Any, services: Any) -> None:
    right = BY_ID["open_thread"]
    programmed(gateway, right)
    opened = await sent(http, gateway, right)
    services.answer(right.rpc, messaging.OpenThreadResponse(thread=SIDE, opened=False))

    again = await sent(http, gateway, right)

    assert [(one.status_code, one.json()["opened"]) for one in (opened, again)] == [(201, True), (200, False)]
    assert again.headers["etag"] == '"3"'


async def test_who_sees_only_that_a_thread_is_there_sees_nothing_else(gateway: Any, http: Any, services: Any) -> None:
    seen = messaging.Thread(
        thread_id=THREAD, kind=messaging.THREAD_KIND_SIDE, patient_id=PATIENT, opened_at=at(), version=1
    )
    services.answer("messaging.ListThreads", messaging.ListThreadsResponse(threads=[seen]))

    (thread,) = (await http.get("/v1/threads", headers=gateway.bearer("patient", UUID(PATIENT)))).json()["items"]

    assert (thread["readable"], thread["writable"], thread["title"], thread["last_at"]) == (False, False, None, None)


@pytest.mark.parametrize(
    ("query", "before", "after"), [("", 0, None), ("?before=7", 7, None), ("?after=0", 0, 0), ("?after=12", 0, 12)]
)
async def test_a_page_is_the_newest_or_before_or_after_a_place(
    gateway: Any, http: Any, services: Any, query: str, before: int, after: int | None
) -> None:
    services.answer("messaging.ListMessages", messaging.ListMessagesResponse(messages=[WRITTEN], more_before=True))

    page = (await http.get(f"{IN_THREAD}/messages{query}", headers=gateway.bearer())).json()

    expected = messaging.ListMessagesRequest(thread_id=THREAD, before=before, after=after, limit=50)
    assert services.of("messaging.ListMessages").request == expected
    assert (page["more_before"], page["more_after"]) == (True, False)


async def test_the_etag_of_a_message_is_the_if_match_of_its_change(gateway: Any, http: Any, services: Any) -> None:
    for operation in ("get_message", "edit_message"):
        programmed(gateway, BY_ID[operation])
    edited = messaging.EditMessageResponse(message=WRITTEN)
    edited.message.version = 4
    services.answer("messaging.EditMessage", edited)

    read = await sent(http, gateway, BY_ID["get_message"])
    answer = await sent(http, gateway, BY_ID["edit_message"], {"if-match": read.headers["etag"]})

    assert read.json()["former"] == [{"text": "Talon rose.", "version": 1, "until": AT}]
    assert read.json()["receipts"][0]["read_at"] is None
    assert services.of("messaging.EditMessage").request.version == 3
    assert answer.headers["etag"] == '"4"'


async def test_of_a_deleted_message_its_author_and_dates_are_left(gateway: Any, http: Any, services: Any) -> None:
    left = messaging.Message(
        message_id=MESSAGE,
        thread_id=THREAD,
        place=12,
        author=BY_PATIENT,
        sent_at=at(),
        deleted_at=at(),
        version=4,
        origin=messaging.MESSAGE_ORIGIN_PLATFORM,
    )
    services.answer("messaging.DeleteMessage", messaging.DeleteMessageResponse(message=left))

    answer = await sent(http, gateway, BY_ID["delete_message"])

    shown = answer.json()
    assert (shown["author"]["kind"], shown["author"]["id"], shown["deleted_at"]) == ("patient", PATIENT, AT)
    assert (shown["text"], shown["item"], shown["attachments"], shown["acts"]) == ("", None, [], [])


async def test_the_words_that_are_searched_are_in_no_address_and_no_span(gateway: Any, http: Any, spans: Any) -> None:
    right = BY_ID["search_messages"]
    programmed(gateway, right)

    answer = await sent(http, gateway, right, json={"query": "mélanome métastatique"})

    assert answer.status_code == 200
    assert "lanome" not in str(answer.request.url) + "".join(span.to_json() for span in spans())


async def test_a_search_goes_on_with_its_own_words_only(gateway: Any, http: Any, services: Any) -> None:
    reply = messaging.SearchMessagesResponse(next_cursor=INNER, looked_back_to=at())
    services.answer("messaging.SearchMessages", reply)
    headers = gateway.bearer("professional", UUID(DOCTOR))

    async def found(**search: Any) -> Any:
        services.asked.clear()
        return await http.post("/v1/messages/search", json=search, headers=headers)

    first = (await found(query="talon")).json()
    cursor = first["next_cursor"]
    await found(query="talon", cursor=cursor, limit=5)
    assert services.of("messaging.SearchMessages").request.cursor == INNER

    for other in ({"query": "talons"}, {"query": "talon", "patient_id": PATIENT}):
        refused = await found(**other, cursor=cursor)
        assert (refused.status_code, reason_of(refused), services.asked) == (400, "CURSOR_INVALID", [])
    assert first["looked_back_to"] == AT and "talon" not in cursor


async def test_news_say_by_whom_and_how_many(gateway: Any, http: Any, services: Any) -> None:
    for rpc, reply in NAMES.items():
        services.answer(rpc, reply)
    services.answer("messaging.GetNews", NEWS)

    bare = (await http.get(f"{RECORD}/news", headers=gateway.bearer())).json()
    calls = [asked.rpc for asked in services.asked]
    named = (await http.get(f"{RECORD}/news?names=true", headers=gateway.bearer())).json()

    assert calls == ["messaging.GetNews"]
    assert [(one["kind"], one["count"], one["actor_id"], one["actor"]) for one in bare["items"]] == [
        ("message", 3, NURSE, None),
        ("consent", 1, PATIENT, None),
    ]
    assert [one["actor"]["name"] for one in named["items"]] == ["Inès Caradec", None]
    assert named["items"][1]["actor"]["kind"] == "patient"
    assert (bare["since"], bare["more"]) == (AT, True)


@pytest.mark.parametrize("body", [None, {}, {"since": AT}], ids=str)
async def test_a_visit_is_one_whether_or_not_it_says_since_when(
    gateway: Any, http: Any, services: Any, body: Any
) -> None:
    services.answer("messaging.GetNews", NEWS)
    given = {} if body is None else {"json": body}

    answer = await http.post(f"{RECORD}/visits", headers=gateway.bearer(), **given)

    assert answer.status_code == 201
    expected = messaging.GetNewsRequest(patient_id=PATIENT, visit=True, since=at() if body else None)
    assert services.of("messaging.GetNews").request == expected


KEYED = ["open_thread", "post_message", "answer_item", "upload_attachment"]


@pytest.mark.parametrize("operation", KEYED)
async def test_what_is_made_is_made_once_under_its_key(operation: str, gateway: Any, http: Any) -> None:
    right = BY_ID[operation]
    programmed(gateway, right)

    await sent(http, gateway, right, {"idempotency-key": "a-key-of-mine"})

    assert gateway.services.of(right.rpc).call.idempotency_key == "a-key-of-mine"


CLASSES = {
    STATUS[kind.kind]: kind for kind in refusals.Refusal.__subclasses__() if kind.__module__ == refusals.__name__
}


@pytest.mark.parametrize("reason", MESSAGING)
async def test_each_reason_comes_with_its_status_and_the_services_sentence(
    reason: str, gateway: Any, http: Any
) -> None:
    right = BY_ID["post_message"]
    kind = CLASSES[MESSAGING[reason].status]
    refusal = type("Refused", (kind,), {"reason": reason})("Non, voici pourquoi.", "Faites ceci.", field="text")
    gateway.services.answer(right.rpc, refusal)

    answer = await sent(http, gateway, right)

    assert (answer.status_code, reason_of(answer)) == (MESSAGING[reason].status, reason)
    assert (answer.json()["detail"], answer.json()["details"]) == ("Non, voici pourquoi.", {"field": "text"})


async def test_who_of_several_may_not_be_a_member_is_said_in_details(gateway: Any, http: Any) -> None:
    right = BY_ID["open_thread"]
    refusal = type("Refused", (refusals.Invalid,), {"reason": "MEMBERS_INVALID"})("Non.", "Oui.", members=OTHER)
    gateway.services.answer(right.rpc, refusal)

    answer = await sent(http, gateway, right)

    assert answer.json()["details"] == {"members": OTHER}


async def test_unread_counts_are_told_as_they_are(gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["count_unread"])

    counts = (await sent(http, gateway, BY_ID["count_unread"])).json()

    assert counts == {
        "unread": 7,
        "unread_urgent": 1,
        "patients": [{"patient_id": PATIENT, "unread": 4, "unread_urgent": 1}],
    }


async def test_a_mark_of_nothing_new_is_taken_as_it_is(gateway: Any, http: Any, services: Any) -> None:
    services.answer("messaging.MarkThread", messaging.MarkThreadResponse(unread=4))

    answer = await http.put(f"{IN_THREAD}/mark", json={}, headers=gateway.bearer())

    assert (answer.status_code, answer.json()) == (200, {"unread": 4})
    assert services.of("messaging.MarkThread").request == messaging.MarkThreadRequest(thread_id=THREAD)
