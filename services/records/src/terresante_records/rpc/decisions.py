"""Asks consent, once per request, whether the caller may. No answer means no.

What is refused must not tell what exists: an entry that is hidden from the caller is unknown to them, and whoever has
no standing in a record is refused alike, and in the same words, for what is there and for what is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante_platform.refusals import Refusal, Unavailable, revived

from terresante_records.domain.entries import DecisionId, PatientId, Scope, StructureId, Visibility
from terresante_records.wire import decisions as wire

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

    from terresante_records.wire.decisions import Kind

Reason = Callable[[], Refusal]
HIDDEN = "HIDDEN"
_NOT_THIS = "Vous n’avez pas accès à cet élément du dossier."


class ConsentSilent(Unavailable):
    """Consent answered, but not what was asked."""

    reason = "CONSENT_UNAVAILABLE"


class Permit(NamedTuple):
    """That something may be added."""

    decision: DecisionId
    structure: StructureId
    """Of the place from which the caller acts."""


class Deciding:
    """What this service asks of consent. The caller's token, place and deadline travel with each question."""

    def __init__(self, consent: DecisionServiceAsyncStub) -> None:
        self._consent = consent

    async def may_read(self, about: wire.About, unknown: Reason) -> None:
        """Refuses with the decision's reason, or as `unknown` what is hidden from the caller."""
        (decision,) = await self._asked(wire.question(pb.ACTION_READ, about))
        if not decision.allowed:
            raise _not_shown(decision, unknown)

    async def may_change_own(self, about: wire.About) -> None:
        """For the author. Refuses with the decision's reason."""
        (decision,) = await self._asked(wire.question(pb.ACTION_CHANGE, about))
        if not decision.allowed:
            raise _denied(decision, decision.sentence)

    async def change_refused(self, about: wire.About, unknown: Reason, not_yours: Reason) -> Refusal:
        """For who is not the author: the refusal to raise, which tells as much as they may know of the entry.

        Both questions are asked: the one that decides what they are told, and the one that the patient reads in the
        journal as an attempt to change.
        """
        reading, _ = await self._asked(wire.question(pb.ACTION_READ, about), wire.question(pb.ACTION_CHANGE, about))
        return not_yours() if reading.allowed else _not_shown(reading, unknown)

    async def unknown(self, patient: PatientId, kind: Kind, unknown: Reason) -> Refusal:
        """For what is not there: the refusal to raise. Only who may list others' entries of that kind is told so."""
        (decision,) = await self._asked(wire.listing(patient, kind, has_written=False))
        return unknown() if decision.allowed else _denied(decision, _NOT_THIS)

    async def may_publish(self, patient: PatientId, kind: Kind, category: str, visibility: Visibility) -> DecisionId:
        """The decision by which it may. Refuses with the decision's reason."""
        (decision,) = await self._asked(wire.publishing(patient, kind, category, visibility))
        if not decision.allowed:
            raise _denied(decision, decision.sentence)
        return DecisionId(decision.entry_id)

    async def may_publish_from(self, patient: PatientId, kind: Kind, category: str, visibility: Visibility) -> Permit:
        """The same, with the structure in whose name the caller acts."""
        (decision,) = await self._asked(wire.publishing(patient, kind, category, visibility))
        return _permit(decision)

    async def may_add_to(self, about: wire.About, unknown: Reason) -> Permit:
        """The same, for what tells more of an entry that is there. Refuses as `may_read` who may not know of it."""
        publishing = wire.publishing(about.patient, about.kind, about.category, about.visibility)
        reading, decision = await self._asked(wire.question(pb.ACTION_READ, about), publishing)
        if not reading.allowed:
            raise _not_shown(reading, unknown)
        return _permit(decision)

    async def scope(self, patient: PatientId, kind: Kind, has_written: bool) -> Scope:
        """What a list may show. Refuses with the decision's reason when that is nothing."""
        (decision,) = await self._asked(wire.listing(patient, kind, has_written))
        if not decision.allowed:
            raise _denied(decision, decision.sentence)
        if not decision.HasField("scope"):
            raise _silent()
        return wire.scope(decision.scope)

    async def _asked(self, *questions: pb.Question) -> list[pb.Decision]:
        reply = await self._consent.DecideMany(pb.DecideManyRequest(questions=questions))
        if len(reply.decisions) != len(questions):
            raise _silent()
        return list(reply.decisions)


def _permit(decision: pb.Decision) -> Permit:
    if not decision.allowed:
        raise _denied(decision, decision.sentence)
    structure = wire.structure(decision)
    if structure is None:
        raise _silent()
    return Permit(DecisionId(decision.entry_id), structure)


def _not_shown(decision: pb.Decision, unknown: Reason) -> Refusal:
    hidden = bool(decision.reasons) and decision.reasons[0] == HIDDEN
    return unknown() if hidden else _denied(decision, _NOT_THIS)


def _denied(decision: pb.Decision, sentence: str) -> Refusal:
    if not decision.reasons:
        return _silent()
    return revived("DENIED", decision.reasons[0], sentence, decision.todo, {"entry_id": decision.entry_id})


def _silent() -> ConsentSilent:
    return ConsentSilent(
        "Le service des consentements ne répond pas ; rien n’a été fait ni montré.",
        "Réessayez dans quelques instants.",
    )
