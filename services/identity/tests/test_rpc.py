"""Searching, registering, reading: over real gRPC, PostgreSQL and a consent that is really asked."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_platform.refusals import Refusal

from .by_hand import NOBODY, Create, traits
from .willing_consent import WillingConsent


async def test_a_search_finds_nobody_then_a_person_is_registered_provisional_with_a_set_of_places(
    service: Any, doctor: UUID, published: Any
) -> None:
    nobody = await service.SearchPersons(pb.SearchPersonsRequest(traits=traits()))
    reply = await service.CreatePerson(pb.CreatePersonRequest(traits=traits()))

    person = reply.person
    assert list(nobody.candidates) == []
    assert person.status == pb.IDENTITY_STATUS_PROVISIONAL
    assert (person.traits.birth_name, person.version, person.ins_matricule) == ("Lefèvre", 1, "")
    assert {"94068", "75068"} <= set(person.traits.birth_place_codes)
    assert person.registered_by == str(doctor)
    assert UUID(person.person_id).version == 7
    assert await published() == ["identity.v1.person_created", "identity.v1.source_moved"]


async def test_registering_the_same_again_gives_the_candidate_and_no_twin(
    service: Any, doctor: UUID, create: Create, published: Any
) -> None:
    louise = await create()

    again = await service.CreatePerson(pb.CreatePersonRequest(traits=traits(birth_name="LEFEVRE", first_name="LOUISE")))

    assert not again.HasField("person")
    assert [one.person.person_id for one in again.candidates] == [louise.person_id]
    assert again.candidates[0].same
    assert await published() == ["identity.v1.person_created", "identity.v1.source_moved"]


async def test_a_homonym_is_registered_and_flagged_once_every_candidate_was_looked_at(
    service: Any, doctor: UUID, create: Create
) -> None:
    louise = await create()
    anne = await create(louise.person_id, first_name="Anne")

    one_unseen = await service.CreatePerson(
        pb.CreatePersonRequest(traits=traits(), confirm_distinct_from=[anne.person_id])
    )
    homonym = await create(louise.person_id, anne.person_id)

    assert [one.person.person_id for one in one_unseen.candidates] == [louise.person_id]
    assert list(homonym.flags) == [pb.IDENTITY_FLAG_HOMONYM]
    assert list(anne.flags) == []


async def test_fifty_registrations_of_one_person_at_once_make_one(service: Any, doctor: UUID) -> None:
    replies = await asyncio.gather(*(service.CreatePerson(pb.CreatePersonRequest(traits=traits())) for _ in range(50)))

    made = {reply.person.person_id for reply in replies if reply.HasField("person")}
    found = {one.person.person_id for reply in replies for one in reply.candidates}
    assert len(made) == 1
    assert found == made


async def test_one_idempotency_key_makes_one_person_and_another_request_under_it_is_refused(
    service: Any, calling_as: Any, published: Any
) -> None:
    calling_as("professional", uuid4(), key="k-1")
    replies = await asyncio.gather(*(service.CreatePerson(pb.CreatePersonRequest(traits=traits())) for _ in range(10)))

    assert len({reply.person.person_id for reply in replies}) == 1
    assert await published() == ["identity.v1.person_created", "identity.v1.source_moved"]
    with pytest.raises(Refusal) as refused:
        await service.CreatePerson(pb.CreatePersonRequest(traits=traits(first_name="Anne")))
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_nobody_born_that_day_is_hidden_and_the_most_alike_come_first(
    service: Any, doctor: UUID, create: Create
) -> None:
    louise = await create()
    zoe = await create(birth_name="Zidane", first_name="Zoé", birth_postal_code="13001")
    await create(birth_name="Morel", first_name="Anne", birth_date=pb.BirthDate(year=1951, month=5, day=13))

    found = await service.SearchPersons(pb.SearchPersonsRequest(traits=traits(birth_name="lef", first_name="")))
    first = await service.SearchPersons(pb.SearchPersonsRequest(traits=traits(), limit=1))

    assert [one.person.person_id for one in found.candidates] == [louise.person_id, zoe.person_id]
    assert list(found.candidates[0].equal_traits) == ["birth_date", "birth_name", "birth_place_codes", "sex"]
    assert (len(first.candidates), first.more, first.candidates[0].same) == (1, True, True)
    assert not found.more


async def test_who_is_likely_although_born_another_day_is_found_and_stands_in_the_way(
    service: Any, doctor: UUID, create: Create
) -> None:
    louise = await create()
    mistyped = {"birth_date": pb.BirthDate(year=1951, month=12, day=5)}

    found = await service.SearchPersons(pb.SearchPersonsRequest(traits=traits(**mistyped)))
    reply = await service.CreatePerson(pb.CreatePersonRequest(traits=traits(**mistyped)))

    assert [one.person.person_id for one in found.candidates] == [louise.person_id]
    assert "birth_date" not in found.candidates[0].equal_traits
    assert [one.person.person_id for one in reply.candidates] == [louise.person_id]
    assert (await create(louise.person_id, **mistyped)).person_id != louise.person_id


async def test_searches_are_asked_of_consent_and_limited_per_professional(
    service: Any, calling_as: Any, doctor: UUID, consent: WillingConsent
) -> None:
    for _ in range(5):
        await service.SearchPersons(pb.SearchPersonsRequest(traits=traits()))

    with pytest.raises(Refusal) as refused:
        await service.SearchPersons(pb.SearchPersonsRequest(traits=traits()))
    assert (refused.value.reason, refused.value.kind) == ("SEARCH_RATE_LIMITED", "TOO_MANY")
    assert [question.action for question in consent.asked] == [consent_pb.ACTION_SEARCH_PERSONS] * 5
    calling_as("professional", uuid4())
    assert await service.SearchPersons(pb.SearchPersonsRequest(traits=traits()))


async def test_a_refused_search_counts_too(service: Any, doctor: UUID, consent: WillingConsent) -> None:
    consent.refused.add(consent_pb.ACTION_SEARCH_PERSONS)
    reasons = []
    for _ in range(6):
        with pytest.raises(Refusal) as refused:
            await service.SearchPersons(pb.SearchPersonsRequest(traits=traits()))
        reasons.append(refused.value.reason)

    assert reasons == ["ACCESS_REFUSED"] * 5 + ["SEARCH_RATE_LIMITED"]


async def test_persons_are_read_in_the_order_asked_and_the_refused_are_withheld_like_the_unknown(
    service: Any, doctor: UUID, create: Create, consent: WillingConsent
) -> None:
    louise, zoe = await create(), await create(birth_name="Zidane", first_name="Zoé", birth_postal_code="13001")
    anne = await create(birth_name="Morel", first_name="Anne", birth_postal_code="13001", sex=pb.SEX_UNKNOWN)
    consent.refused.add(zoe.person_id)
    consent.asked.clear()

    reply = await service.BatchGetPersons(
        pb.BatchGetPersonsRequest(person_ids=[anne.person_id, NOBODY, zoe.person_id, louise.person_id, anne.person_id])
    )

    assert [person.person_id for person in reply.persons] == [anne.person_id, louise.person_id]
    assert list(reply.withheld_ids) == [NOBODY, zoe.person_id]
    assert {question.action for question in consent.asked} == {consent_pb.ACTION_READ_IDENTITY}
    assert {question.author_id for question in consent.asked} == {str(doctor)}
    assert NOBODY not in {question.patient_id for question in consent.asked}


async def test_no_more_than_two_hundred_persons_at_once(service: Any, doctor: UUID) -> None:
    ids = [str(uuid4()) for _ in range(201)]

    with pytest.raises(Refusal) as refused:
        await service.BatchGetPersons(pb.BatchGetPersonsRequest(person_ids=ids))
    assert refused.value.reason == "IDENTITY_TOO_MANY_IDS"
    assert len((await service.BatchGetPersons(pb.BatchGetPersonsRequest(person_ids=ids[1:]))).withheld_ids) == 200
