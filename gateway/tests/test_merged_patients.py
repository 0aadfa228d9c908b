"""What a patient's identity tells of those that were merged into it."""

from typing import Any

from terresante.identity.v1 import identity_service_pb2 as identity

from .things import OTHER, PERSON, RECORD


async def test_a_person_is_shown_with_those_who_became_them(gateway: Any, http: Any, services: Any) -> None:
    became = identity.Person()
    became.CopyFrom(PERSON)
    became.absorbed_ids.append(OTHER)
    services.answer("identity.BatchGetPersons", identity.BatchGetPersonsResponse(persons=[became]))

    answer = await http.get(RECORD, headers=gateway.bearer())

    assert (answer.json()["merged_into"], answer.json()["absorbed"]) == (None, [OTHER])
