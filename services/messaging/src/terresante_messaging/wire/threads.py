"""Threads and marks as they travel."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_messaging.domain.marks import Mark
from terresante_messaging.domain.opening import MOST_MEMBERS, Change, MembersInvalid, Opening, ThreadInvalid
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.domain.threads import Thread, ThreadKind
from terresante_messaging.wire import parts

_KINDS = {pb.ThreadKind.Value(f"THREAD_KIND_{kind.value}"): kind for kind in ThreadKind}
_NUMBERS = {kind: number for number, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one caller sees of a thread."""

    thread: Thread
    readable: bool = True
    writable: bool = False
    last_place: int = 0
    unread: int = 0
    unread_urgent: int = 0
    read_up_to: int = 0
    visible_from: int = 0


def opening(request: pb.OpenThreadRequest) -> Opening:
    """What is to be opened. Refuses with THREAD_INVALID, MEMBERS_INVALID, ID_INVALID."""
    kind = _KINDS.get(request.kind)
    if kind is None:
        raise ThreadInvalid("Il manque le genre du fil de messages.", "Donnez un des genres de fil.")
    return Opening(
        kind=kind,
        patient=parts.optional_patient(request.patient_id),
        structure=parsed(request.structure_id, "structure_id") if request.structure_id else None,
        professionals=_professionals(request.professional_ids, "professional_ids"),
        with_patient=request.with_patient,
        hidden_from_patient=request.hidden_from_patient,
        hidden_from_representatives=request.hidden_from_representatives,
        title=request.title,
    )


def change(request: pb.ChangeThreadRequest) -> Change:
    """What is to be otherwise. Refuses with MEMBERS_INVALID, ID_INVALID."""
    return Change(
        request.version,
        _professionals(request.added_professional_ids, "added_professional_ids"),
        _professionals(request.removed_professional_ids, "removed_professional_ids"),
        request.hidden_from_patient if request.HasField("hidden_from_patient") else None,
        request.hidden_from_representatives if request.HasField("hidden_from_representatives") else None,
    )


def _professionals(texts: Iterable[str], field: str) -> frozenset[UUID]:
    given = list(texts)
    if len(given) > MOST_MEMBERS:
        raise MembersInvalid("Un fil à part réunit au plus 50 professionnels.", "Retirez des membres de la demande.")
    return frozenset(parsed(text, field) for text in given)


def thread_to_proto(seen: Seen) -> pb.Thread:
    """A thread as that caller sees it: without title, marks and counts if they see only that it is there."""
    thread = seen.thread
    made = pb.Thread(
        thread_id=str(thread.id),
        kind=_NUMBERS[thread.kind],
        patient_id=str(thread.patient) if thread.patient else "",
        structure_id=str(thread.structure) if thread.structure else "",
        members=map(parts.party_to_proto, _members(thread)),
        with_patient=thread.with_patient,
        hidden_from_patient=thread.hidden_from_patient,
        hidden_from_representatives=thread.hidden_from_representatives,
        opened_by_id=str(thread.opened_by.id),
        opened_at=parts.stamp(thread.opened_at),
        readable=seen.readable,
        writable=seen.writable,
        version=thread.version,
        last_at=parts.stamp(thread.last_at) if seen.last_place or not seen.readable else None,
    )
    if seen.readable:
        made.title = thread.title
        made.last_place = seen.last_place
        made.unread, made.unread_urgent = seen.unread, seen.unread_urgent
        made.read_up_to, made.visible_from = seen.read_up_to, seen.visible_from
    return made


def _members(thread: Thread) -> list[Recipient]:
    if thread.two is not None:
        return [Recipient(Realm.PROFESSIONAL, id) for id in thread.two]
    return [Recipient(Realm.PROFESSIONAL, member.professional) for member in thread.members]


def mark_to_proto(mark: Mark) -> pb.PartyMark:
    """How far somebody has come."""
    return pb.PartyMark(
        party=parts.party_to_proto(mark.who),
        received_up_to=mark.received_up_to,
        read_up_to=mark.read_up_to,
        received_at=parts.stamp(mark.received_at),
        read_at=parts.stamp(mark.read_at),
    )
