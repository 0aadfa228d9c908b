"""Feeders as administrators keep them, their accounts in Keycloak, and what consent is told."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory.domain.certificates import certificate_subject

from .desk import SUBJECT, CallingAs, Desk, Published, reason
from .in_memory import AccountsInMemory

OPEN, SUSPENDED = pb.ACCOUNT_STATE_OPEN, pb.ACCOUNT_STATE_SUSPENDED


def user(keycloak: AccountsInMemory, feeder: pb.Feeder) -> Any:
    return keycloak.users[UUID(feeder.feeder_id)]


async def test_a_feeder_is_registered_with_an_account_that_its_certificate_opens(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    here = await desk.hospital()

    feeder = await desk.feeder(here, issuers=["urn:oid:1.2.250.1.999.7.2", "1.2.250.1.999.7.1"])

    assert (feeder.structure_id, feeder.territory_code, feeder.policy) == (here, "94-ouest", "suggest")
    assert list(feeder.issuers) == ["1.2.250.1.999.7.2", "1.2.250.1.999.7.1"]
    assert (feeder.account_state, feeder.certificate_subject) == (OPEN, SUBJECT)
    made = user(keycloak, feeder)
    assert made.enabled
    assert (made.actions, made.credentials, made.password) == (set(), set(), None)
    assert made.attributes == {
        "uid": feeder.feeder_id,
        "kind": "system",
        "certificateSubject": certificate_subject(SUBJECT).key,
    }
    assert await desk.feeders() == [feeder]


async def test_consent_reads_what_a_feeder_may_do_alone_or_for_somebody_and_not_its_certificate(
    desk: Desk, consent_stub: Desk, calling_as: CallingAs
) -> None:
    first = await desk.feeder(await desk.hospital())
    second = await desk.feeder(
        first.structure_id, issuers=["1.2.250.1.999.8"], certificate_subject="CN=sil,C=FR", policy="auto"
    )
    wanted = [second.feeder_id, str(uuid4()), first.feeder_id]

    calling_as(None)
    alone = await consent_stub.feeders_told(*wanted)
    calling_as("system", UUID(first.feeder_id), acr=3)
    with_its_token = await consent_stub.feeders_told(*wanted)

    assert [feeder.feeder_id for feeder in alone] == [second.feeder_id, first.feeder_id]
    assert [feeder.certificate_subject for feeder in alone] == ["", ""]
    assert [(feeder.policy, feeder.account_state) for feeder in alone] == [("auto", OPEN), ("suggest", OPEN)]
    assert with_its_token == alone
    assert await reason(consent_stub.feeders_told("x")) == "ID_INVALID"
    assert await reason(consent_stub.feeders_told(*[str(uuid4())] * 201)) == "TOO_MANY_IDS"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": " "}, "FEEDER_NAME_INVALID"),
        ({"name": "x" * 201}, "FEEDER_NAME_INVALID"),
        ({"issuers": []}, "ISSUER_INVALID"),
        ({"issuers": ["urn:terresante:person"]}, "ISSUER_INVALID"),
        ({"issuers": ["1.2.250.1.213.1.4.10"]}, "ISSUER_INVALID"),
        ({"policy": "always"}, "FEEDING_POLICY_UNKNOWN"),
        ({"policy": ""}, "FEEDING_POLICY_UNKNOWN"),
        ({"certificate_subject": "dpi.hopital.example"}, "CERTIFICATE_SUBJECT_INVALID"),
        ({"structure_id": str(uuid4())}, "STRUCTURE_UNKNOWN"),
        ({"structure_id": "x"}, "ID_INVALID"),
    ],
)
async def test_what_no_feeder_can_be_is_refused_and_leaves_no_account(
    desk: Desk, keycloak: AccountsInMemory, changes: dict[str, Any], expected: str
) -> None:
    here = changes.pop("structure_id", None) or await desk.hospital()
    if changes == {}:
        await desk.administrator("94-ouest")

    assert await reason(desk.feeder(here, **changes)) == expected
    assert keycloak.users == {}
    assert await desk.feeders() == []


async def test_a_feeder_is_registered_and_changed_by_administrators_of_its_territory_alone(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    here = await desk.hospital()
    await desk.administrator("95-sud")
    assert await reason(desk.feeder(here)) == "TERRITORY_NOT_YOURS"
    await desk.administrator("94-ouest")
    feeder = await desk.feeder(here)

    await desk.administrator("95-sud")

    assert await desk.feeders() == []
    assert await reason(desk.change_feeder(feeder, policy="auto")) == "TERRITORY_NOT_YOURS"
    assert await reason(desk.change_feeder(feeder, account_state=SUSPENDED)) == "TERRITORY_NOT_YOURS"
    assert user(keycloak, feeder).enabled
    desk.sit(uuid4())
    assert await reason(desk.feeder(here)) == "ADMINISTRATOR_UNKNOWN"
    assert await reason(desk.feeders()) == "ADMINISTRATOR_UNKNOWN"


async def test_an_issuer_is_one_systems_in_the_whole_region_and_so_is_a_certificate(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    first = await desk.feeder(await desk.hospital())
    await desk.administrator("95-sud")
    there = (await desk.structure(territory_code="95-sud")).structure_id
    other = {"certificate_subject": "CN=sil,C=FR", "issuers": ["1.2.250.1.999.9"]}

    taken = {**other, "issuers": ["1.2.250.1.999.9", "urn:oid:1.2.250.1.999.7.1"]}
    assert await reason(desk.feeder(there, **taken)) == "ISSUER_TAKEN"
    same = {**other, "certificate_subject": "cn=DPI.hopital.example, ou=1990000019, o=hôpital  du port, c=fr"}
    assert await reason(desk.feeder(there, **same)) == "CERTIFICATE_SUBJECT_TAKEN"

    assert list(keycloak.users) == [UUID(first.feeder_id)]
    assert (await desk.feeder(there, **other)).account_state == OPEN


async def test_two_who_register_the_same_issuers_at_once_are_not_both_let_in(desk: Desk) -> None:
    here = await desk.hospital()
    issuers = [f"1.2.250.1.999.{number}" for number in range(1, 8)]

    answers = await asyncio.gather(
        desk.feeder(here, issuers=issuers, certificate_subject="CN=a,C=FR"),
        desk.feeder(here, issuers=issuers[::-1], certificate_subject="CN=b,C=FR"),
        return_exceptions=True,
    )

    assert len(await desk.feeders()) == 1
    (refusal,) = [answer for answer in answers if isinstance(answer, BaseException)]
    assert getattr(refusal, "reason", "") == "ISSUER_TAKEN"


async def test_asked_twice_under_one_key_it_is_registered_once(desk: Desk) -> None:
    here = await desk.hospital()
    desk.sit(await desk.administrator("94-ouest"), key="k1")

    first = await desk.feeder(here)
    again = await desk.feeder(here)

    assert again == first
    assert await reason(desk.feeder(here, policy="auto")) == "IDEMPOTENCY_KEY_REUSED"


async def test_its_policy_is_changed_on_the_version_that_was_read(desk: Desk) -> None:
    feeder = await desk.feeder(await desk.hospital())

    changed = await desk.change_feeder(feeder, policy="strict")

    assert (changed.policy, changed.version) == ("strict", feeder.version + 1)
    assert changed.account_state == OPEN
    assert await reason(desk.change_feeder(feeder, policy="auto")) == "VERSION_STALE"
    assert await reason(desk.change_feeder(feeder, policy="auto", version=0)) == "VERSION_REQUIRED"
    assert await reason(desk.change_feeder(changed, policy="never")) == "FEEDING_POLICY_UNKNOWN"
    assert await reason(desk.change_feeder(changed, account_state=pb.ACCOUNT_STATE_NONE)) == "ACCOUNT_STATE_INVALID"
    assert await reason(desk.change_feeder(changed, account_state=99)) == "ACCOUNT_STATE_INVALID"
    assert await reason(desk.change_feeder(changed, feeder_id=str(uuid4()))) == "FEEDER_UNKNOWN"
    assert await desk.change_feeder(changed) == changed
    assert await desk.feeders() == [changed]


async def test_each_version_is_announced_and_what_changes_nothing_is_not(desk: Desk, published: Published) -> None:
    here = await desk.hospital()
    before = len(await published())

    feeder = await desk.feeder(here)
    assert set((await published())[before:]) == {"directory.v1.feeder_changed"}
    before = len(await published())
    suspended = await desk.change_feeder(feeder, account_state=SUSPENDED)
    assert (await published())[before:] == ["directory.v1.feeder_changed"]
    await desk.change_feeder(suspended)
    assert len(await published()) == before + 1


async def test_feeders_are_listed_by_name(desk: Desk) -> None:
    here = await desk.hospital()
    for number, name in enumerate(["Zénith", "école", "Bilan"]):
        await desk.feeder(here, name=name, issuers=[f"1.2.250.1.999.{number}"], certificate_subject=f"CN={number},C=FR")

    assert [feeder.name for feeder in await desk.feeders()] == ["Bilan", "école", "Zénith"]
