"""Feeding, matching and reviewing identities over HTTP: what is particular to these routes."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.identity.v1 import linkage_service_pb2 as linkage
from terresante_gateway.routes.matches import LARGEST_BATCH, MOST_LOOKUPS
from terresante_platform.refusals import Denied

from .calling import programmed, reason_of, sent
from .linkage_calls import ACT_ID, BARE_SOURCE, FED, ISSUER, LINKAGE, MERGED, REVIEW, SENT_TRAITS, SOURCE, SYSTEM
from .things import DOCTOR, OTHER, PATIENT, PERSON, PRACTICE, Right

BY_ID = {right.operation: right for right in LINKAGE}
COMMENTED = [right for right in LINKAGE if isinstance(right.json, dict) and "comment" in right.json]
BATCH = BY_ID["match_batch"]


@pytest.mark.parametrize(
    ("outcome", "status"), [("created", 201), ("linked", 201), ("doubtful", 201), ("updated", 200), ("unchanged", 200)]
)
async def test_a_registration_is_201_when_somebody_new_came_and_200_when_they_were_known(
    outcome: str, status: int, gateway: Any, http: Any, services: Any
) -> None:
    number = linkage.RegistrationOutcome.Value(f"REGISTRATION_OUTCOME_{outcome.upper()}")
    services.answer("identity.RegisterIdentity", linkage.RegisterIdentityResponse(outcome=number, source=SOURCE))

    answer = await sent(http, gateway, BY_ID["register_identity"])

    assert (answer.status_code, answer.json()["outcome"]) == (status, outcome)
    assert answer.json()["evidence"] is None


async def test_the_idempotency_key_of_a_registration_reaches_the_service(
    gateway: Any, http: Any, services: Any
) -> None:
    programmed(gateway, BY_ID["register_identity"])

    await sent(http, gateway, BY_ID["register_identity"], {"idempotency-key": "ipp-0004711-v2"})

    assert services.of("identity.RegisterIdentity").call.idempotency_key == "ipp-0004711-v2"


async def test_what_looks_wrong_in_a_source_identity_is_said_in_french(gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["register_identity"])

    source = (await sent(http, gateway, BY_ID["register_identity"])).json()["source"]

    assert source["warnings"] == [
        {"code": "BIRTH_DATE_IMPOSSIBLE", "label": "La date de naissance n’existe pas au calendrier"}
    ]
    assert source["traits"]["birth_date"] == "1951-02-31"
    assert (source["status"], source["flags"]) == ("RECUP", ["homonyme"])


async def test_traits_that_a_feeder_may_not_see_are_null(gateway: Any, http: Any, services: Any) -> None:
    reply = linkage.CrossReferenceResponse(person_id=PATIENT, sources=[BARE_SOURCE])
    services.answer("identity.CrossReference", reply)

    (source,) = (await sent(http, gateway, BY_ID["cross_reference"])).json()["sources"]

    assert [source[name] for name in ("traits", "status", "ins", "valid_from", "structure_id")] == [None] * 5
    assert (source["local_id"], source["person_id"]) == ("B12", PATIENT)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"person_id": PATIENT, "ins": {"matricule": "251039402812392", "oid": "1.2.250.1.213.1.4.10"}},
        {"person_id": PATIENT, "issuer": ISSUER, "local_id": "1"},
        {"issuer": ISSUER},
        {"local_id": "1"},
        {"person_id": PATIENT, "local_id": "1"},
    ],
    ids=lambda body: "+".join(body) or "nothing",
)
async def test_somebody_is_named_in_exactly_one_way(body: Any, gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["cross_reference"])

    answer = await sent(http, gateway, BY_ID["cross_reference"], json=body)

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert gateway.services.asked == []


async def test_a_batch_is_answered_line_by_line_in_order(gateway: Any, http: Any) -> None:
    programmed(gateway, BATCH)

    answer = await sent(http, gateway, BATCH)

    assert answer.headers["content-type"] == "application/x-ndjson"
    first, second = [json.loads(line) for line in answer.text.splitlines()]
    assert (first["index"], first["items"][0]["person"]["id"], first["reason"]) == (0, PATIENT, None)
    assert second == {
        "index": 1,
        "items": [],
        "capped_keys": [],
        "reason": "IDENTITY_NAME_CHARACTER",
        "detail": "Ce nom n’est pas lu.",
    }


async def test_the_first_line_of_a_batch_leaves_before_the_last_is_known(
    gateway: Any, http: Any, services: Any
) -> None:
    seen: list[int] = []
    first_read = asyncio.Event()

    async def one_by_one(_: Any) -> Any:
        yield linkage.BatchMatchResponse(index=0)
        await asyncio.wait_for(first_read.wait(), 5)
        yield linkage.BatchMatchResponse(index=1)

    services.answer("identity.BatchMatch", one_by_one)
    async with http.stream("POST", BATCH.path, json=BATCH.json, headers=gateway.bearer("system")) as answer:
        async for line in answer.aiter_lines():
            seen.append(json.loads(line)["index"])
            first_read.set()

    assert seen == [0, 1]


async def test_a_batch_that_is_refused_as_a_whole_is_a_problem(gateway: Any, http: Any, services: Any) -> None:
    services.answer("identity.BatchMatch", Denied("Non.", "Demandez."))

    answer = await sent(http, gateway, BATCH)

    assert (answer.status_code, reason_of(answer)) == (403, "ACCESS_DENIED")


async def test_a_thousand_full_lookups_are_a_batch_and_one_more_is_not(gateway: Any, http: Any, services: Any) -> None:
    lookup = {"traits": {**SENT_TRAITS, "first_names": "X" * 300, "birth_name": "Y" * 200}}
    services.answer("identity.BatchMatch", [linkage.BatchMatchResponse()])

    taken = await sent(http, gateway, BATCH, json={"lookups": [lookup] * MOST_LOOKUPS})
    refused = await sent(http, gateway, BATCH, json={"lookups": [lookup] * (MOST_LOOKUPS + 1)})

    assert taken.status_code == 200
    assert len(services.of("identity.BatchMatch").request.lookups) == MOST_LOOKUPS
    assert refused.json()["errors"] == [{"field": "lookups", "problem": "Cette liste est trop longue (1000 au plus)."}]


@pytest.mark.parametrize(("path", "most"), [(BATCH.path, LARGEST_BATCH), ("/v1/identity/matches", 256 * 1024)])
async def test_only_a_batch_may_be_larger_than_other_bodies(path: str, most: int, gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system") | {"content-type": "application/json"}

    at_most = await http.post(path, content=b'{"a": 1' + b" " * (most - 8) + b"}", headers=headers)
    beyond = await http.post(path, content=b'{"a": 1' + b" " * (most - 7) + b"}", headers=headers)

    assert (at_most.status_code, reason_of(at_most)) == (400, "FIELDS_INVALID")
    assert (beyond.status_code, reason_of(beyond)) == (413, "BODY_TOO_LARGE")
    assert f"{most // 1024} Kio" in beyond.json()["detail"]


async def test_a_feeder_keeps_its_cursor_even_when_nothing_more_is_there(
    gateway: Any, http: Any, services: Any
) -> None:
    programmed(gateway, BY_ID["list_identity_changes"])
    headers = gateway.bearer("system", UUID(SYSTEM))

    page = (await http.get("/v1/identity/changes", headers=headers)).json()
    services.asked.clear()
    services.answer("identity.ListChanges", linkage.ListChangesResponse(next_cursor="17"))
    again = (await http.get("/v1/identity/changes", params={"cursor": page["next_cursor"]}, headers=headers)).json()
    elsewhere = await http.get(
        "/v1/identity/changes", params={"cursor": page["next_cursor"]}, headers=gateway.bearer("system", UUID(OTHER))
    )

    assert page["items"][0]["local_id"] == "0004711"
    assert (again["items"], bool(again["next_cursor"])) == ([], True)
    assert services.of("identity.ListChanges").request == linkage.ListChangesRequest(cursor="17", limit=100)
    assert (elsewhere.status_code, reason_of(elsewhere)) == (400, "CURSOR_INVALID")


@pytest.mark.parametrize("limit", ["0", "501"])
async def test_a_page_of_changes_has_one_to_five_hundred(limit: str, gateway: Any, http: Any) -> None:
    answer = await http.get(f"/v1/identity/changes?limit={limit}", headers=gateway.bearer("system"))

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")


@pytest.mark.parametrize("right", COMMENTED, ids=lambda right: right.operation)
@pytest.mark.parametrize("comment", ["", "  \n ", "x" * 1001, "a\u202eb", None])
async def test_no_act_without_a_readable_comment(right: Right, comment: Any, gateway: Any, http: Any) -> None:
    programmed(gateway, right)

    answer = await sent(http, gateway, right, json=right.json | {"comment": comment})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "comment")
    assert gateway.services.asked == []


def test_every_act_by_hand_has_its_comment() -> None:
    assert {right.operation for right in COMMENTED} == {
        "decide_review",
        "link_source",
        "unlink_source",
        "merge_persons",
        "split_person",
        "undo_act",
    }


@pytest.mark.parametrize("right", COMMENTED, ids=lambda right: right.operation)
async def test_once_an_act_is_done_nobody_else_is_asked(right: Right, gateway: Any, http: Any, services: Any) -> None:
    """A name that cannot be read must not make a refusal of what was done."""
    services.answer(right.rpc, right.reply)

    answer = await sent(http, gateway, right)

    assert answer.status_code == 201
    assert answer.json()["act"]["by"]["id"] == DOCTOR
    assert [asked.rpc for asked in services.asked] == [right.rpc]


async def test_a_history_names_professionals_and_tells_them_from_systems(gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["list_acts"])

    merged, fed = (await sent(http, gateway, BY_ID["list_acts"])).json()["items"]

    assert (merged["kind"], merged["by"]["kind"], merged["by"]["name"]) == ("merged", "professional", "Maud Ferrandi")
    assert (fed["kind"], fed["by"]["kind"], fed["by"]["id"]) == ("registered", "system", SYSTEM)
    assert (fed["undone_by"], fed["moves"][0]["from_person_id"]) == (ACT_ID, None)
    assert merged["evidence"] is None and fed["evidence"]["score"] == 14.5
    assert (merged["absorbed_id"], merged["surviving_id"]) == (OTHER, PATIENT)
    assert MERGED.by == DOCTOR and FED.by == SYSTEM


@pytest.mark.parametrize("query", ["", "?at=", "?at=2026-03-02", "?at=hier", "?at=2026-03-02T08:15:00+01:00"])
async def test_the_past_is_asked_for_with_a_moment(query: str, gateway: Any, http: Any) -> None:
    path = f"/v1/identity/persons/{PATIENT}/as-of{query}"

    answer = await http.get(path, headers=gateway.bearer())

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert answer.json()["errors"][0]["field"] == "at"
    assert gateway.services.asked == []


async def test_a_person_to_whom_nothing_was_linked_then_is_null(gateway: Any, http: Any, services: Any) -> None:
    services.answer("identity.PersonAsOf", linkage.PersonAsOfResponse(merged_into=OTHER))

    answer = await sent(http, gateway, BY_ID["get_person_as_of"])

    assert answer.json() == {"person": None, "sources": [], "merged_into": OTHER}


async def test_a_person_that_became_another_says_which(gateway: Any, http: Any, services: Any) -> None:
    absorbed = identity.Person()
    absorbed.CopyFrom(PERSON)
    absorbed.merged_into = OTHER
    services.answer("identity.BatchGetPersons", identity.BatchGetPersonsResponse(persons=[absorbed]))
    gone = (await http.get(f"/v1/patients/{PATIENT}", headers=gateway.bearer())).json()
    services.answer("identity.BatchGetPersons", identity.BatchGetPersonsResponse(persons=[PERSON]))
    stands = (await http.get(f"/v1/patients/{PATIENT}", headers=gateway.bearer())).json()

    assert (gone["merged_into"], stands["merged_into"]) == (OTHER, None)


@pytest.mark.parametrize(
    ("given", "told"), [("me", "me"), (DOCTOR, DOCTOR), (None, "")], ids=["me", "somebody", "nobody"]
)
async def test_a_pair_is_given_to_somebody_or_nobody(
    given: Any, told: str, gateway: Any, http: Any, services: Any
) -> None:
    programmed(gateway, BY_ID["assign_review"])

    answer = await sent(http, gateway, BY_ID["assign_review"], json={"assigned_to": given})

    assert answer.status_code == 200
    assert services.of("identity.AssignReview").request.assigned_to == told


@pytest.mark.parametrize("query", ["assigned_to=Maud", "assigned_to=ME", "least_risk=4", "least_risk=0", "state=all"])
async def test_the_filters_of_reviews_are_read_strictly(query: str, gateway: Any, http: Any) -> None:
    answer = await http.get(f"/v1/identity/reviews?{query}", headers=gateway.bearer())

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert gateway.services.asked == []


async def test_a_queue_names_who_looks_after_each_pair(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["list_reviews"])
    services.answer("identity.ListReviews", linkage.ListReviewsResponse(reviews=[REVIEW], next_cursor="r|1"))

    page = (await http.get("/v1/identity/reviews", headers=gateway.bearer())).json()

    (review,) = page["items"]
    assert (review["assigned_to"]["name"], review["decided_by"], review["risk"]) == ("Maud Ferrandi", None, 3)
    assert review["structure_ids"] == [PRACTICE]
    assert page["next_cursor"]
    assert services.of("identity.ListReviews").request.state == linkage.REVIEW_STATE_WAITING


async def test_a_queue_in_which_nobody_looks_after_anything_asks_for_no_name(
    gateway: Any, http: Any, services: Any
) -> None:
    free = linkage.Review()
    free.CopyFrom(REVIEW)
    free.assigned_to = ""
    services.answer("identity.ListReviews", linkage.ListReviewsResponse(reviews=[free]))

    answer = await http.get("/v1/identity/reviews", headers=gateway.bearer())

    assert answer.json()["items"][0]["assigned_to"] is None
    assert [asked.rpc for asked in services.asked] == ["identity.ListReviews"]


@pytest.mark.parametrize("body", [{}, {"state": "none"}, {"state": "pending"}, {"policy": "bold"}])
async def test_a_change_of_a_feeder_changes_something_it_may(body: Any, gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["change_feeder"])

    answer = await sent(http, gateway, BY_ID["change_feeder"], json=body)

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert gateway.services.asked == []


async def test_the_policy_of_a_feeder_changes_alone(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["change_feeder"])

    answer = await sent(http, gateway, BY_ID["change_feeder"], json={"policy": "strict"})

    request = services.of("directory.ChangeFeeder").request
    assert (request.policy, request.account_state, request.version) == ("strict", 0, 3)
    assert answer.headers["etag"] == '"3"'


async def test_no_trait_and_no_number_is_in_an_address() -> None:
    for right in LINKAGE:
        for text in ("0004711", ISSUER, "Caradec", "251039402812392"):
            assert text not in right.path
