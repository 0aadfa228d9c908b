"""Asks consent, once per request, whether the caller may. No answer means no.

What is refused must not tell what exists: a thread that is hidden from the caller, or around somebody with whom they
have nothing to do, is unknown to them, in the words of what is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.refusals import Refusal, revived

from terresante_messaging.domain.notifications import Kind
from terresante_messaging.domain.people import PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.readers import Reader, conversation_of, readers_of
from terresante_messaging.domain.threads import Thread, ThreadUnknown, Window, is_meant_for, window
from terresante_messaging.wire import decisions as wire
from terresante_messaging.wire import news as news_wire
from terresante_messaging.wire.decisions import ConsentSilent

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

MOST_QUESTIONS = 200
MOST_TOPICS = 500
STANDING = frozenset({"HIDDEN", "NOT_IN_CIRCLE", "NOT_CONCERNED", "BLOCKED_BY_PATIENT", "NOT_IN_TEAM", "NOT_PERMITTED"})
"""Reasons of who has nothing to do with a thread: to them it is unknown."""
Raised = Callable[[pb.Decision], Refusal]
One = TypeVar("One")


def caller() -> Recipient:
    """Who is calling."""
    who = calls.person()
    return Recipient(Realm.PROFESSIONAL if who.kind == "professional" else Realm.PERSON, who.id)


@dataclass(frozen=True, slots=True)
class Mine:
    """What the caller may read now: around which patients and from which moment on, in which teams, and whether
    messages between professionals. Around `writable` they may write too; in the others, who reads writes."""

    patients: dict[PatientId, datetime | None] = field(default_factory=dict)
    writable: frozenset[PatientId] = frozenset()
    structures: frozenset[UUID] = frozenset()
    direct: bool = False


class Deciding:
    """What this service asks of consent for the caller. Their token, place and deadline travel with each question."""

    def __init__(self, consent: DecisionServiceAsyncStub) -> None:
        self._consent = consent

    async def read(self, thread: Thread) -> Window:
        """What of the thread the caller may read; it is in the patient's journal. Refuses with the decision's reason,
        or with THREAD_UNKNOWN."""
        return await self._window(wire.READ, thread)

    async def write(self, thread: Thread) -> Window:
        """The same, where the caller may write. Who may write reads."""
        return await self._window(wire.WRITE, thread)

    async def read_many(self, threads: Sequence[Thread], decided: dict[object, pb.Decision]) -> dict[ThreadId, Window]:
        """What the caller may read of each; those they may not read are absent. Asked, and journalled, once a patient
        and request. `threads`: that are meant for the caller. `decided`: what was decided in this request, and grows.
        """
        me = caller()
        first = {_asked_about(thread): thread for thread in reversed(threads)}
        new = {about: thread for about, thread in first.items() if about not in decided}
        questions = [wire.about(wire.READ, thread, me) for thread in new.values()]
        decided |= zip(new, await self._asked(questions), strict=True)
        return {
            thread.id: window(thread, me, wire.visible_from(decided[_asked_about(thread)]))
            for thread in threads
            if decided[_asked_about(thread)].allowed
        }

    async def read_around(self, patient: PatientId) -> Window:
        """What the caller may read of the conversations around that patient; it is in the patient's journal. Refuses
        with the decision's reason."""
        return Window(wire.visible_from(await self.require(wire.around(patient))))

    async def require(self, question: pb.Question) -> pb.Decision:
        """That the caller may. Refuses with the decision's reason."""
        (decision,) = await self._asked([question])
        if not decision.allowed:
            raise _denied(decision)
        return decision

    async def open(self, thread: Thread, writing: bool) -> Window:
        """For a thread that need not be there yet: whoever names the patient or structure is told why not. Refuses with
        the decision's reason."""
        return await self._window(wire.WRITE if writing else wire.READ, thread, _denied)

    async def unknown(self) -> Refusal:
        """For a thread that is not there: the refusal to raise. Who could read none is told so, as for what is
        there."""
        if caller().realm is Realm.PROFESSIONAL:
            (decision,) = await self._asked([wire.using_direct_messages()])
            if not decision.allowed:
                return _not_shown(decision)
        return ThreadUnknown()

    async def tellable(self, patients: Collection[PatientId]) -> dict[PatientId, datetime | None]:
        """Around which of these patients the caller may read now, and from which moment on: their own standing, which
        is in no journal. Those around whom they may not are absent."""
        found: dict[PatientId, datetime | None] = {}
        for some in _batches(sorted(set(patients)), MOST_TOPICS):
            told = await self._tellable(wire.tellable_request(some))
            found |= {patient: since for patient, (allowed, since) in zip(some, told, strict=True) if allowed}
        return found

    async def mine(self, without_patients: bool = False) -> Mine:
        """All that the caller may read now from the place they chose: their own standing, which is in no journal.
        Refuses with PATIENTS_TOO_MANY."""
        reply = await self._consent.ListMyConversations(wire.own_request(without_patients=without_patients))
        return Mine(wire.own_patients(reply), wire.own_writable(reply), wire.own_structures(reply), reply.direct)

    async def mine_around(self, patient: PatientId) -> Mine:
        """The same around one patient."""
        reply = await self._consent.ListTellable(wire.tellable_request([patient]))
        if not len(reply.tellable) == len(reply.visible_from) == 1:
            raise ConsentSilent
        if not reply.tellable[0]:
            return Mine()
        writable = frozenset({patient}) if any(reply.may_write) else frozenset[PatientId]()
        return Mine({patient: wire.optional_moment(reply.visible_from[0])}, writable)

    async def newsworthy(self, patient: PatientId) -> tuple[frozenset[Kind], Window | None]:
        """Which kinds of contents of that patient's record the caller may be told of, and what of the conversations:
        their own standing, which is in no journal."""
        told = await self._tellable(news_wire.question(patient))
        allowed, since = told[-1]
        return news_wire.told([one for one, _ in told]), Window(since) if allowed else None

    async def readers(self, thread: Thread) -> dict[Recipient, Reader]:
        """Who may read the thread now, in this service's own name."""
        reply = await self._consent.ListReaders(wire.readers_asked([conversation_of(thread)]))
        if len(reply.conversations) != 1:
            raise ConsentSilent
        return {one.who: one for one in readers_of(thread, wire.readers(reply.conversations[0]))}

    async def _window(self, action: pb.Action.ValueType, thread: Thread, refused: Raised | None = None) -> Window:
        me = caller()
        if thread.patient is None and not is_meant_for(thread, me):
            raise await self.unknown()
        (decision,) = await self._asked([wire.about(action, thread, me)])
        if not decision.allowed:
            raise (refused or _not_shown)(decision)
        writes = thread.patient is None or decision.scope.may_write
        return replace(window(thread, me, wire.visible_from(decision)), may_write=writes)

    async def _tellable(self, asked: pb.ListTellableRequest) -> list[tuple[bool, datetime | None]]:
        """For each topic: whether the caller may be told, and from which moment on."""
        reply = await self._consent.ListTellable(asked)
        if not len(reply.tellable) == len(reply.visible_from) == len(asked.topics):
            raise ConsentSilent
        return list(zip(reply.tellable, map(wire.optional_moment, reply.visible_from), strict=True))

    async def _asked(self, questions: Sequence[pb.Question]) -> list[pb.Decision]:
        decisions: list[pb.Decision] = []
        for some in _batches(questions, MOST_QUESTIONS):
            reply = await self._consent.DecideMany(pb.DecideManyRequest(questions=some))
            if len(reply.decisions) != len(some):
                raise ConsentSilent
            decisions += reply.decisions
        return decisions


def _batches(all_: Sequence[One], most: int) -> Iterator[Sequence[One]]:
    return (all_[begin : begin + most] for begin in range(0, len(all_), most))


def _asked_about(thread: Thread) -> object:
    """Threads of one patient are one access, as those of one team, and those between two."""
    return thread.patient or thread.structure or thread.kind


def _not_shown(decision: pb.Decision) -> Refusal:
    return ThreadUnknown() if STANDING & set(decision.reasons) else _denied(decision)


def _denied(decision: pb.Decision) -> Refusal:
    if not decision.reasons:
        return ConsentSilent()
    said = (decision.sentence, decision.todo)
    return revived("DENIED", decision.reasons[0], *said, {"entry_id": decision.entry_id})
