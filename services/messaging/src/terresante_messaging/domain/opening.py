"""How a thread is opened, and how a side thread is changed. Words and rules only: no I/O, no clock."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from terresante_platform.readable import readable_line
from terresante_platform.refusals import Conflict, Denied, Invalid, Unknown

from terresante_messaging.domain.people import PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import AROUND_PATIENT, Member, Thread, ThreadKind
from terresante_messaging.domain.words import VersionStale

MOST_MEMBERS = 50
TITLE_AT_MOST = 100


class ThreadInvalid(Invalid):
    """Not what a thread of that kind is opened with."""

    reason = "THREAD_INVALID"


class ThreadNotYours(Denied):
    """A change that is for who opened the thread."""

    reason = "THREAD_NOT_YOURS"


class ThreadNotChangeable(Conflict):
    """A thread whose readers nobody names."""

    reason = "THREAD_NOT_CHANGEABLE"


class MemberUnknown(Unknown):
    """Not somebody who is in the thread now."""

    reason = "MEMBER_UNKNOWN"


class MembersInvalid(Invalid):
    """Not people who may be in that thread."""

    reason = "MEMBERS_INVALID"


class TitleInvalid(Invalid):
    """Not a title."""

    reason = "TITLE_INVALID"


@dataclass(frozen=True, slots=True)
class Opening:
    """A thread as it is asked for."""

    kind: ThreadKind
    patient: PatientId | None = None
    structure: UUID | None = None
    professionals: frozenset[UUID] = frozenset()
    with_patient: bool = False
    hidden_from_patient: bool = False
    hidden_from_representatives: bool = False
    title: str = ""


def opened(asked: Opening, by: Recipient, id: ThreadId, at: datetime) -> Thread:
    """The thread that is asked for, if there is none yet. Refuses with THREAD_INVALID, TITLE_INVALID,
    MEMBERS_INVALID."""
    _require_fields(asked, by)
    two: tuple[UUID, UUID] | None = None
    members: tuple[Member, ...] = ()
    if asked.kind is ThreadKind.DIRECT:
        others = asked.professionals - {by.id}
        if len(others) != 1:
            raise MembersInvalid(
                "Un fil direct réunit deux professionnels.", "Donnez l’identifiant de l’autre professionnel."
            )
        first, second = sorted((by.id, *others))
        two = (first, second)
    if asked.kind is ThreadKind.SIDE:
        if not readable_line(asked.title, TITLE_AT_MOST):
            raise TitleInvalid("Un titre compte de 1 à 100 caractères lisibles.", "Corrigez le titre.")
        members = tuple(Member(one, 0, at) for one in sorted(asked.professionals | {by.id}))
        _require_few(len(members))
    return Thread(
        id=id,
        kind=asked.kind,
        patient=asked.patient,
        structure=asked.structure,
        two=two,
        opened_by=by,
        opened_at=at,
        last_at=at,
        with_patient=asked.with_patient,
        hidden_from_patient=asked.hidden_from_patient,
        hidden_from_representatives=asked.hidden_from_representatives,
        title=asked.title,
        members=members,
    )


def _require_fields(asked: Opening, by: Recipient) -> None:
    side = asked.kind is ThreadKind.SIDE
    wrong = (
        (asked.patient is None) is (asked.kind in AROUND_PATIENT)
        or (asked.structure is None) is (asked.kind is ThreadKind.TEAM)
        or (bool(asked.professionals) and asked.kind not in {ThreadKind.SIDE, ThreadKind.DIRECT})
        or (not side and bool(asked.title or asked.with_patient or asked.hidden_from_patient))
        or (not side and asked.hidden_from_representatives)
    )
    if wrong:
        raise ThreadInvalid(
            "Ce fil de messages n’est pas demandé avec ce qu’il faut, ou avec trop.",
            "Autour d’un patient, donnez le patient ; pour une équipe, la structure ; pour un fil direct, l’autre "
            "professionnel ; titre, membres et réglages sont pour les fils à part.",
        )
    if asked.with_patient and asked.hidden_from_patient:
        raise ThreadInvalid(
            "Un fil ne peut pas être ouvert au patient et lui être caché.", "Choisissez l’un ou l’autre."
        )
    if by.realm is not Realm.PROFESSIONAL and asked.kind is not ThreadKind.WITH_PATIENT:
        raise ThreadInvalid(
            "Ce fil de messages est entre professionnels.", "Écrivez au cercle de soins dans le fil ouvert avec lui."
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be otherwise in a side thread. `None`: as it was."""

    version: int
    added: frozenset[UUID] = frozenset()
    removed: frozenset[UUID] = frozenset()
    hidden_from_patient: bool | None = None
    hidden_from_representatives: bool | None = None


def changed(thread: Thread, change: Change, by: UUID, at: datetime) -> Thread:
    """The thread as it is then, of the next version; as it is if nothing changes.

    A member may add others, and leave; who opened it may take others out and say what the patient knows of it. Refuses
    with THREAD_NOT_CHANGEABLE, THREAD_NOT_YOURS, MEMBER_UNKNOWN, MEMBERS_INVALID, VERSION_STALE.
    """
    _require_changeable(thread, change, by)
    present = {one.professional for one in thread.members}
    if not change.removed <= present:
        raise MemberUnknown("Une de ces personnes n’est pas dans ce fil.", "Relisez le fil, puis corrigez la demande.")
    if change.added & change.removed:
        raise MembersInvalid("Une même personne serait ajoutée et retirée.", "Choisissez l’un ou l’autre.")
    stays = tuple(one for one in thread.members if one.professional not in change.removed)
    new = tuple(Member(one, thread.last_place, at) for one in sorted(change.added - present))
    _require_few(len(stays) + len(new))
    then = replace(
        thread,
        members=stays + new,
        hidden_from_patient=_or(change.hidden_from_patient, thread.hidden_from_patient),
        hidden_from_representatives=_or(change.hidden_from_representatives, thread.hidden_from_representatives),
    )
    return thread if then == thread else replace(then, version=thread.version + 1)


def _require_changeable(thread: Thread, change: Change, by: UUID) -> None:
    hides = bool(change.hidden_from_patient)
    if thread.kind is not ThreadKind.SIDE or (hides and thread.with_patient):
        raise ThreadNotChangeable(
            "Ceux qui lisent ce fil ne sont pas choisis un à un ; un fil ouvert au patient ne peut pas lui être caché.",
            "Ouvrez un autre fil, à part.",
        )
    if thread.version != change.version:
        raise VersionStale
    flags = change.hidden_from_patient is not None or change.hidden_from_representatives is not None
    if thread.opened_by.id != by and (change.removed - {by} or flags):
        raise ThreadNotYours(
            "Seul le professionnel qui a ouvert ce fil peut en retirer d’autres ou en changer les réglages.",
            "Demandez-le-lui ; vous pouvez quitter ce fil vous-même.",
        )


def _require_few(count: int) -> None:
    if count > MOST_MEMBERS:
        raise MembersInvalid("Un fil à part réunit au plus 50 professionnels.", "Retirez des membres de la demande.")


def _or(wanted: bool | None, present: bool) -> bool:
    return present if wanted is None else wanted


def members_refused(who: Collection[UUID]) -> MembersInvalid:
    """The refusal when some of those named may not read the thread."""
    return MembersInvalid(
        "Certains de ces professionnels ne peuvent pas lire ce fil.",
        "Retirez-les de la demande, ou invitez-les d’abord dans le cercle de soins.",
        members=",".join(sorted(map(str, who))),
    )
