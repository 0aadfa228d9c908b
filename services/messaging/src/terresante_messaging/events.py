"""Others' events become notifications, each exactly once in effect; those made are announced, together.

Whom to tell is asked of consent when the event comes: for a content, by the decision under which it was published, so
that no category leaves consent. Whether each may still see it is asked when they read. Somebody whom the author hides
it from for now is told too, silently: it shows, and is announced, once the author lets it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import consent_events_pb2 as consent_pb
from terresante.consent.v1 import consent_service_pb2 as consents_pb
from terresante.identity.v1 import identity_events_pb2 as identity_pb
from terresante.records.v1 import records_events_pb2 as records_pb
from terresante_platform.consumer import Apply, Ask, Reaction

from terresante_messaging.domain.notifications import EVERYBODY, Audience, Concerned, Happening, Kind, told
from terresante_messaging.feed import standing
from terresante_messaging.store import notifications as store
from terresante_messaging.telling.notifying import Shown, Telling, announce, made, notify
from terresante_messaging.wire import notifications as wire

if TYPE_CHECKING:
    from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceAsyncStub

_CONSENT = "terresante.consent.v1."
_RECORDS = "terresante.records.v1."
Reading = Callable[[Any], Happening]


def _invited(event: consent_pb.MemberInvited) -> Happening:
    return wire.happening(Kind.MEMBER_INVITED, event, event.member_id, event.invited_by, event.professional_id)


def _removed(event: consent_pb.MemberRemoved) -> Happening:
    return wire.happening(Kind.MEMBER_REMOVED, event, event.member_id, event.removed_by, event.professional_id)


def _opened(event: consent_pb.EmergencyOpened) -> Happening:
    return wire.happening(Kind.EMERGENCY_OPENED, event, event.emergency_access_id, event.professional_id)


def _closed(event: consent_pb.EmergencyClosed) -> Happening:
    return wire.happening(Kind.EMERGENCY_CLOSED, event, event.emergency_access_id)


def _recorded(event: consent_pb.ConsentRecorded) -> Happening:
    return wire.happening(Kind.CONSENT_RECORDED, event, event.consent_id)


def _withdrawn(event: consent_pb.ConsentWithdrawn) -> Happening:
    return wire.happening(Kind.CONSENT_WITHDRAWN, event, event.consent_id)


def _activated(event: identity_pb.ActivationIssued) -> Happening:
    return wire.happening_to(Kind.ACTIVATION_ISSUED, event.person_id, event)


def _published(event: records_pb.DocumentPublished) -> Happening:
    return wire.happening(Kind.DOCUMENT_PUBLISHED, event, event.document_id, event.author_id)


def _written(event: records_pb.NoteWritten) -> Happening:
    return wire.happening(Kind.NOTE_WRITTEN, event, event.note_id, event.author_id)


def _observed(event: records_pb.ObservationRecorded) -> Happening:
    return wire.happening(Kind.OBSERVATION_RECORDED, event, event.observation_id, event.author_id)


def _admitted(event: records_pb.PatientAdmitted) -> Happening:
    return wire.happening(Kind.PATIENT_ADMITTED, event, event.stay_id, event.author_id)


def _discharged(event: records_pb.PatientDischarged) -> Happening:
    return wire.happening(Kind.PATIENT_DISCHARGED, event, event.stay_id, event.author_id)


def _crossed(event: records_pb.ThresholdCrossed) -> Happening:
    return wire.happening(Kind.THRESHOLD_CROSSED, event, event.observation_id)


def _joined(event: consent_pb.RecordsJoined) -> tuple[Happening, Happening]:
    return wire.happenings_to_two(Kind.RECORDS_JOINED, event, event.absorbed_patient_id)


def _parted(event: consent_pb.RecordsParted) -> tuple[Happening, Happening]:
    return wire.happenings_to_two(Kind.RECORDS_PARTED, event, event.parted_patient_id)


_OF_STANDING: tuple[tuple[str, Any, Reading], ...] = (
    (_CONSENT + "member_invited", consent_pb.MemberInvited, _invited),
    (_CONSENT + "member_removed", consent_pb.MemberRemoved, _removed),
    (_CONSENT + "emergency_opened", consent_pb.EmergencyOpened, _opened),
    (_CONSENT + "emergency_closed", consent_pb.EmergencyClosed, _closed),
    (_CONSENT + "consent_recorded", consent_pb.ConsentRecorded, _recorded),
    (_CONSENT + "consent_withdrawn", consent_pb.ConsentWithdrawn, _withdrawn),
)
_OF_TWO: tuple[tuple[str, Any, Callable[[Any], tuple[Happening, Happening]]], ...] = (
    (_CONSENT + "records_joined", consent_pb.RecordsJoined, _joined),
    (_CONSENT + "records_parted", consent_pb.RecordsParted, _parted),
)
_OF_CONTENT: tuple[tuple[str, Any, Reading], ...] = (
    (_RECORDS + "document_published", records_pb.DocumentPublished, _published),
    (_RECORDS + "note_written", records_pb.NoteWritten, _written),
    (_RECORDS + "observation_recorded", records_pb.ObservationRecorded, _observed),
    (_RECORDS + "patient_admitted", records_pb.PatientAdmitted, _admitted),
    (_RECORDS + "patient_discharged", records_pb.PatientDischarged, _discharged),
    (_RECORDS + "threshold_crossed", records_pb.ThresholdCrossed, _crossed),
)
_DOCUMENT_CHANGED = _RECORDS + "document_changed"
_ACTIVATION_ISSUED = "terresante.identity.v1.activation_issued"
_TOLD: tuple[str, ...] = (
    *(subject for subject, _, _ in (*_OF_STANDING, *_OF_CONTENT)),
    *(subject for subject, _, _ in _OF_TWO),
    _DOCUMENT_CHANGED,
    _ACTIVATION_ISSUED,
)
LISTENS_TO: tuple[str, ...] = tuple(dict.fromkeys((*_TOLD, *standing.LISTENS_TO)))


def reactions(consent: ConsentServiceAsyncStub) -> list[Reaction]:
    """What is done when each event comes."""

    async def whom(event: Any) -> consents_pb.ListConcernedResponse:
        decision = getattr(event, "decision_id", "")
        asked = consents_pb.ListConcernedRequest(patient_id=event.patient_id, decision_id=decision)
        return await consent.ListConcerned(asked)

    def of_two(read: Callable[[Any], tuple[Happening, Happening]]) -> Ask:
        async def whom_of_each(event: Any) -> list[consents_pb.ListConcernedResponse]:
            asked = [consents_pb.ListConcernedRequest(patient_id=str(one.patient)) for one in read(event)]
            return list(await asyncio.gather(*(consent.ListConcerned(one) for one in asked)))

        return whom_of_each

    told_of = [
        *(Reaction(subject, type_, _telling(read), whom) for subject, type_, read in _OF_STANDING),
        *(Reaction(subject, type_, _telling_within(read), whom) for subject, type_, read in _OF_CONTENT),
        *(Reaction(subject, type_, _telling_two(read), of_two(read)) for subject, type_, read in _OF_TWO),
        Reaction(_DOCUMENT_CHANGED, records_pb.DocumentChanged, _change),
        Reaction(_ACTIVATION_ISSUED, identity_pb.ActivationIssued, _telling(_activated)),
    ]
    return standing.beside(told_of)


def _telling(read: Reading) -> Apply:
    async def apply(transaction: AsyncConnection, event_id: UUID, event: Any, answer: Any) -> None:
        await notify(transaction, _to_whom(event_id, read(event), answer))

    return apply


def _telling_two(read: Callable[[Any], tuple[Happening, Happening]]) -> Apply:
    """Who stands by both patients is told once, as somebody who stands by the first."""

    async def apply(transaction: AsyncConnection, event_id: UUID, event: Any, answers: Any) -> None:
        shown = []
        for happening, answer in zip(read(event), answers, strict=True):
            shown += await made(transaction, _to_whom(event_id, happening, answer))
        await announce(transaction, shown, event.at.ToDatetime(UTC))

    return apply


def _telling_within(read: Reading) -> Apply:
    async def apply(transaction: AsyncConnection, event_id: UUID, event: Any, answer: Any) -> None:
        happening = read(event)
        version = getattr(event, "version", 1)
        _, now = await store.keep_audience(transaction, happening.about, wire.audience(event.audience), version)
        await notify(transaction, _to_whom(event_id, happening, answer, now))

    return apply


def _to_whom(event_id: UUID, happening: Happening, answer: Any, audience: Audience = EVERYBODY) -> Telling:
    recipients = told(happening, wire.concerned(answer) if answer is not None else Concerned())
    return Telling(event_id, happening, recipients, audience)


async def _change(transaction: AsyncConnection, _: UUID, event: records_pb.DocumentChanged, __: Any) -> None:
    """Another audience. Who may see it from now on, and could not before, has something new to see."""
    about = UUID(event.document_id)
    before, now = await store.keep_audience(transaction, about, wire.audience(event.audience), event.version)
    shown = [
        Shown(id, to, patient)
        for id, to, patient in await store.told_of(transaction, about)
        if now.admits(to, patient) and not before.admits(to, patient)
    ]
    await announce(transaction, shown, event.at.ToDatetime(UTC))
