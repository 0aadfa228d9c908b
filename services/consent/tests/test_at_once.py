"""Many things at once, on two replicas: one truth, and never an access after its end was acknowledged."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest_asyncio
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.directory.v1.directory_service_pb2_grpc import add_DirectoryServiceServicer_to_server
from terresante.identity.v1.identity_service_pb2_grpc import add_IdentityServiceServicer_to_server
from terresante_consent.journal.chain import Signer
from terresante_consent.journal.check import Checker, check
from terresante_consent.parts import assembled, policy_of
from terresante_platform import database as database_module
from terresante_platform.calls import Call, Caller, enter
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.testing.issuer import Issuer

from .house import House, consent_of
from .small_directory import SmallDirectory
from .small_identity import SmallIdentity


@dataclass
class Replica:
    """Another process's worth of the same service, on the same database."""

    consents: Any
    decisions: Any


@pytest_asyncio.fixture
async def replica(
    database_url: str,
    directory: SmallDirectory,
    identity: SmallIdentity,
    signer: Signer,
    house: House,
    serve: Callable[..., Any],
    dial: Callable[..., Any],
) -> Any:
    at = await serve("directory", partial(add_DirectoryServiceServicer_to_server, directory))
    channel = await dial(at, "directory", as_="consent")
    there = await serve("identity", partial(add_IdentityServiceServicer_to_server, identity))
    people = await dial(there, "identity", as_="consent")
    async with (
        database_module.connected(database_url, pool=4) as own,
        assembled(own, database_url, channel, people, signer, policy_of(None), house.clock) as made,
    ):
        address = await serve("consent", *made.register)
        yield Replica(
            ConsentServiceStub(await dial(address, "consent", as_="gateway")),
            DecisionServiceStub(await dial(address, "consent", as_="records")),
        )


def reader_of(house: House, decisions: Any) -> House:
    """The same house, whose decisions are asked of that replica, whoever calls."""
    return replace(house, decisions=decisions)


class Crowd:
    """Calls made by several people at the same time, each in a task of its own."""

    def __init__(self, pro: Issuer, patients: Issuer) -> None:
        self._issuers = {"professional": pro, "patient": patients}

    def as_(self, kind: str, id: UUID) -> None:
        """The calls of the task that follow are theirs."""
        enter(Call(caller=Caller(id, kind, 2, 0.0, 0.0, self._issuers[kind].token(kind, id))))


async def outcome(call: Any) -> str:
    """Empty if done, else the reason."""
    try:
        await call
    except Refusal as refused:
        return refused.reason
    return ""


async def test_of_two_first_consents_at_once_one_opens_the_circle(
    house: House, replica: Replica, pro: Issuer, patients: Issuer
) -> None:
    crowd = Crowd(pro, patients)
    for _ in range(10):
        patient = house.identity.person()
        doctors = [house.directory.professional() for _ in range(2)]

        async def recorded(service: Any, doctor: UUID, patient: UUID = patient) -> str:
            crowd.as_("professional", doctor)
            return await outcome(service.RecordConsent(consent_of(patient, house.clock())))

        results = await asyncio.gather(recorded(house.consents, doctors[0]), recorded(replica.consents, doctors[1]))

        assert sorted(results) == ["", "CONSENT_ALREADY_IN_FORCE"]
        house.person(patient)
        circle = (await house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))).circle
        assert [member.professional_id for member in circle.members] == [str(doctors[results.index("")])]


async def test_two_invitations_based_on_the_same_circle_make_one_member(
    house: House, replica: Replica, pro: Issuer, patients: Issuer
) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    version = (await house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))).circle.version
    crowd = Crowd(pro, patients)

    async def invited(service: Any, who: UUID) -> str:
        crowd.as_("professional", doctor)
        asked = pb.InviteMemberRequest(patient_id=str(patient), professional_id=str(who), circle_version=version)
        return await outcome(service.InviteMember(asked))

    nurses = [house.directory.professional("60") for _ in range(6)]
    results = await asyncio.gather(
        *(invited((house.consents, replica.consents)[number % 2], who) for number, who in enumerate(nurses))
    )

    assert sorted(results) == ["", *["VERSION_STALE"] * 5]


async def test_no_decision_that_starts_after_an_acknowledged_end_allows(
    house: House, replica: Replica, pro: Issuer, patients: Issuer, database_url: str, signer: Signer
) -> None:
    """Readers on both replicas; the patient ends and gives back consent, membership and trust, in turn. No read that
    started after an end was acknowledged, and was over before it was given back, may be allowed."""
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    house.professional(doctor)
    await house.invites(patient, nurse)
    crowd = Crowd(pro, patients)
    closed: list[list[float]] = []
    reads: list[tuple[float, float, bool]] = []
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    chance = random.Random(5)  # noqa: S311

    async def reading(service: Any) -> None:
        crowd.as_("professional", nurse)
        reader = reader_of(house, service)
        while not done.is_set():
            began = loop.time()
            allowed = await reader.reads(patient)
            reads.append((began, loop.time(), allowed))

    async def toggling() -> None:
        crowd.as_("patient", patient)
        for turn in range(24):
            service = chance.choice([house.consents, replica.consents])
            end, undo = chance.choice([_withdrawal, _block, _removal])(service, patient, nurse, house.clock())
            await end()
            closed.append([loop.time(), float("inf")])
            seen = len(reads) + chance.randrange(8, 24)
            while len(reads) < seen:
                await asyncio.sleep(0)
            house.clock.passes(seconds=1)
            closed[-1][1] = loop.time()
            await undo()
            while turn < 23 and not any(allowed for began, _, allowed in reads if began > closed[-1][1]):
                await asyncio.sleep(0)
        done.set()

    await asyncio.gather(
        toggling(), *(reading(service) for service in (house.decisions, replica.decisions) for _ in range(4))
    )

    assert sum(allowed for _, _, allowed in reads) > 20
    within = [allowed for began, over, allowed in reads if any(ack <= began and over < back for ack, back in closed)]
    assert len(within) > 100
    assert not any(within)
    checker = Checker({signer.id: signer.public})
    await check(database_url, checker)
    assert checker.total >= len(reads)


def _withdrawal(service: Any, patient: UUID, _: UUID, at: datetime) -> Any:
    async def end() -> None:
        known = (await service.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents[0]
        await service.WithdrawConsent(pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=known.consent_id))

    async def undo() -> None:
        again = pb.RecordConsentRequest(
            patient_id=str(patient), notice_version="2026-1", information_given="Notice relue."
        )
        await service.RecordConsent(again)

    return end, undo


def _block(service: Any, patient: UUID, nurse: UUID, _: datetime) -> Any:
    blocks: list[str] = []

    async def end() -> None:
        asked = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(nurse))
        blocks.append((await service.BlockProfessional(asked)).block.block_id)

    async def undo() -> None:
        await service.LiftBlock(pb.LiftBlockRequest(patient_id=str(patient), block_id=blocks[0]))

    return end, undo


def _removal(service: Any, patient: UUID, nurse: UUID, _: datetime) -> Any:
    async def end() -> None:
        circle = (await service.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))).circle
        member = next(one for one in circle.members if one.professional_id == str(nurse) and not one.HasField("until"))
        await service.RemoveMember(pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id))

    async def undo() -> None:
        await service.InviteMember(pb.InviteMemberRequest(patient_id=str(patient), professional_id=str(nurse)))

    return end, undo


async def test_two_replicas_write_one_journal_without_gap(
    house: House, replica: Replica, pro: Issuer, patients: Issuer, database_url: str, signer: Signer
) -> None:
    doctor = house.directory.professional()
    mine = [await house.consented(doctor) for _ in range(4)]
    crowd = Crowd(pro, patients)

    async def reading(service: Any, seed: int) -> int:
        crowd.as_("professional", doctor)
        reader = reader_of(house, service)
        chance = random.Random(seed)  # noqa: S311
        for _ in range(40):
            assert await reader.reads(chance.choice(mine))
        return 40

    async def acting(service: Any) -> int:
        for patient in mine:
            crowd.as_("patient", patient)
            other = pb.BlockProfessionalRequest(
                patient_id=str(patient), professional_id=str(house.directory.professional())
            )
            await service.BlockProfessional(other)
        return len(mine)

    services = [(house.decisions, house.consents), (replica.decisions, replica.consents)]
    done = await asyncio.gather(
        *(reading(decisions, seed) for seed, (decisions, _) in enumerate(services * 3)),
        *(acting(consents) for _, consents in services),
    )

    checker = Checker({signer.id: signer.public})
    await check(database_url, checker)
    assert checker.total == 4 + sum(done)


async def test_a_database_that_stops_means_no_decision_and_comes_back_by_itself(
    house: House, postgres: Any, database: Database, database_url: str, signer: Signer
) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    assert await house.reads(patient)
    before = datetime.now(UTC)

    await asyncio.to_thread(postgres.kill)
    try:
        refused = await outcome(house.reads(patient))
    finally:
        await asyncio.to_thread(postgres.start)

    assert refused == "DATABASE_UNAVAILABLE"
    assert await house.reads(patient)
    checker = Checker({signer.id: signer.public})
    await check(database_url, checker)
    assert checker.total == 3
    assert before < datetime.now(UTC)
