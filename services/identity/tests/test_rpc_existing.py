"""Who exists: told to consent, which opens no record for an id that is no person's; and to nobody else."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_platform.refusals import Refusal

from .by_hand import NOBODY, traits
from .willing_consent import WillingConsent


def asking(*ids: str) -> pb.ListExistingPersonsRequest:
    return pb.ListExistingPersonsRequest(person_ids=ids)


async def registered(service: Any, birth_name: str) -> str:
    other = traits(birth_name=birth_name, first_name=birth_name)
    reply = await service.CreatePerson(pb.CreatePersonRequest(traits=other))
    id: str = reply.person.person_id
    return id


async def test_consent_learns_which_ids_are_persons_in_the_order_asked_and_nothing_else(
    service: Any, for_consent: Any, doctor: UUID, consent: WillingConsent
) -> None:
    first, second = await registered(service, "Lefèvre"), await registered(service, "Zidane")
    decided = len(consent.asked)

    reply = await for_consent.ListExistingPersons(asking(second, NOBODY, first, str(uuid4()), second))

    assert list(reply.person_ids) == [second, first]
    assert len(consent.asked) == decided


async def test_consent_needs_no_person_behind_the_call(for_consent: Any, calling_as: Callable[..., Any]) -> None:
    calling_as(None)

    assert not (await for_consent.ListExistingPersons(asking(NOBODY))).person_ids


@pytest.mark.parametrize("kind", ["professional", "administrator", "patient", None])
async def test_nobody_learns_through_the_gateway_who_exists(
    service: Any, calling_as: Callable[..., Any], kind: str | None
) -> None:
    calling_as(kind, uuid4())

    with pytest.raises(Refusal) as refused:
        await service.ListExistingPersons(asking(NOBODY))

    assert refused.value.reason == "SERVICE_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ([], "IDS_INVALID"),
        ([str(uuid4()) for _ in range(201)], "IDS_INVALID"),
        ([NOBODY] * 201, "IDS_INVALID"),
        ([NOBODY, "dupont"], "ID_INVALID"),
        ([""], "ID_INVALID"),
    ],
)
async def test_none_too_many_or_no_ids_are_refused(for_consent: Any, ids: list[str], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        await for_consent.ListExistingPersons(asking(*ids))

    assert (refused.value.reason, refused.value.kind) == (reason, "INVALID")


async def test_two_hundred_are_answered(for_consent: Any) -> None:
    assert not (await for_consent.ListExistingPersons(asking(*(str(uuid4()) for _ in range(200))))).person_ids
