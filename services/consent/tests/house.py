"""The consent service as its callers see it, and the people of its tests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1 import journal_service_pb2 as journal_pb
from terresante_platform.ids import new_id
from terresante_platform.refusals import Refusal

from .small_directory import SmallDirectory
from .small_identity import SmallIdentity

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **time: float) -> None:
        """So much later."""
        self.at += timedelta(**time)


@dataclass
class House:
    """Stubs of the running service, by who dials; people act through `as_`."""

    consents: Any
    decisions: Any
    """As the records service dials."""
    portal_decisions: Any
    journal: Any
    messaging: Any
    tellable: Any
    """Decisions as the messaging service asks for them."""
    counting: Any
    """As the directory dials."""
    directory: SmallDirectory
    identity: SmallIdentity
    clock: Clock
    call_as: Callable[..., Any]

    def professional(self, id: UUID, **more: Any) -> None:
        """The calls that follow are theirs."""
        self.call_as("professional", id, **more)

    def person(self, id: UUID, **more: Any) -> None:
        """The calls that follow are those of somebody of the patient realm."""
        self.call_as("patient", id, **more)

    def system(self, id: UUID, **more: Any) -> None:
        """The calls that follow are that feeder's."""
        self.call_as("system", id, **more)

    async def consented(self, by: UUID, patient: UUID | None = None) -> UUID:
        """A patient whose consent that professional recorded; the calls that follow are theirs."""
        patient = patient or self.identity.person()
        self.professional(by)
        await self.consents.RecordConsent(consent_of(patient, self.clock()))
        return patient

    async def decided(self, patient: UUID | None, action: str, **question: Any) -> decisions_pb.Decision:
        """One decision, asked by the records service for who is calling."""
        kind = question.pop("kind", "DOCUMENT" if action in ("LIST", "READ", "PUBLISH", "CHANGE") else "UNSPECIFIED")
        if action in ("READ", "PUBLISH"):
            question.setdefault("category", "letter")
        asked = decisions_pb.Question(
            patient_id=str(patient or ""),
            action=decisions_pb.Action.Value(f"ACTION_{action}"),
            resource_kind=decisions_pb.ResourceKind.Value(f"RESOURCE_KIND_{kind}"),
            **_spelt(question),
        )
        reply = await self.decisions.DecideMany(decisions_pb.DecideManyRequest(questions=[asked]))
        return reply.decisions[0]  # type: ignore[no-any-return]

    async def reads(self, patient: UUID, **question: Any) -> bool:
        """Whether who is calling may read a letter of the patient's."""
        return (await self.decided(patient, "READ", **question)).allowed

    async def converses(self, patient: UUID, action: str = "READ", **question: Any) -> decisions_pb.Decision:
        """One decision on a conversation around the patient, asked by the messaging service for who is calling."""
        asked = decisions_pb.Question(
            patient_id=str(patient),
            action=decisions_pb.Action.Value(f"ACTION_{action}_CONVERSATION"),
            resource_kind=decisions_pb.RESOURCE_KIND_MESSAGE,
            category="message",
            **_spelt(question),
        )
        reply = await self.tellable.DecideMany(decisions_pb.DecideManyRequest(questions=[asked]))
        return reply.decisions[0]  # type: ignore[no-any-return]

    async def readers(self, **conversation: Any) -> dict[UUID, datetime | None]:
        """Who may read that conversation now, and from which moment on, as messaging is told."""
        self.call_as(None)
        asked = decisions_pb.ListReadersRequest(conversations=[decisions_pb.Conversation(**conversation)])
        return read_by((await self.tellable.ListReaders(asked)).conversations[0])

    async def sets(self, patient: UUID, **settings: Any) -> pb.Circle:
        """Who is calling changes the circle's settings."""
        asked = pb.ChangeCircleSettingsRequest(patient_id=str(patient), **settings)
        return (await self.consents.ChangeCircleSettings(asked)).circle  # type: ignore[no-any-return]

    async def invites(self, patient: UUID, professional: UUID, **more: Any) -> pb.Member:
        """Who is calling invites that professional."""
        asked = pb.InviteMemberRequest(patient_id=str(patient), professional_id=str(professional), **more)
        return (await self.consents.InviteMember(asked)).member  # type: ignore[no-any-return]

    async def lines(self, patient: UUID, limit: int = 200) -> list[journal_pb.Entry]:
        """The journal as who is calling reads it, newest first."""
        asked = journal_pb.ListEntriesRequest(patient_id=str(patient), limit=limit)
        return list((await self.journal.ListEntries(asked)).entries)


def _spelt(question: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in question.items()}


def read_by(told: decisions_pb.Readers) -> dict[UUID, datetime | None]:
    """Readers by id, and from which moment on each reads (None: from the beginning). Nobody stands twice."""
    found = {}
    for one in told.readers:
        id = UUID(one.professional_id or one.person_id or one.system_id)
        assert id not in found
        found[id] = one.visible_from.ToDatetime(UTC) if one.HasField("visible_from") else None
    return found


def consent_of(patient: UUID, at: datetime, **changes: Any) -> pb.RecordConsentRequest:
    """A well-formed consent given before a professional."""
    asked = {
        "patient_id": str(patient),
        "form": pb.CONSENT_FORM_ORAL,
        "given_at": at,
        "notice_version": "2026-1",
        "information_given": "Le partage avec le cercle de soins a été expliqué.",
        **changes,
    }
    return pb.RecordConsentRequest(**asked)


async def reason(call: Any) -> str:
    """The reason for which a call is refused."""
    try:
        await call
    except Refusal as refused:
        return refused.reason
    raise AssertionError("it was not refused")


async def lived(house: House) -> UUID:
    """A patient with some history, among other patients' entries; the calls that follow are the patient's."""
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    await house.consented(doctor)
    await house.invites(patient, nurse)
    for professional in (doctor, nurse):
        house.professional(professional)
        for _ in range(3):
            await house.decided(patient, "READ", resource_id=new_id())
            await house.decided(new_id(), "READ")
    house.person(patient)
    return patient
