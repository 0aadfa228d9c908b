"""What a structure's correspondent asks to be changed, and how it is decided: four eyes for what gives rights."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from terresante_platform.refusals import Conflict, Denied, Invalid, Unknown

from terresante_directory.domain import words
from terresante_directory.domain.identifiers import AdministratorId, ProfessionalId, StructureId, TerritoryCode

MAX_COMMENT = 1000
MAX_CHANGE = 50_000
"""Bytes of JSON: the largest sheet of a structure has about 20,000."""
MOST_OPEN = 100
"""Requests that wait in one structure: more are noise that hides the others."""
MOST_COMMENTS = 200
"""Lines of a thread to which its author adds no more: each is read again at every decision."""


class NotCorrespondent(Denied):
    reason = "NOT_CORRESPONDENT"


class RequestInvalid(Invalid):
    reason = "REQUEST_INVALID"


class RequestUnknown(Unknown):
    reason = "REQUEST_UNKNOWN"


class RequestClosed(Conflict):
    reason = "REQUEST_CLOSED"


class CommentInvalid(Invalid):
    reason = "COMMENT_INVALID"


class AssigneeInvalid(Invalid):
    reason = "ASSIGNEE_INVALID"


class FourEyesSame(Conflict):
    reason = "FOUR_EYES_SAME"


class ChangeKind(StrEnum):
    """Which call of the directory would make the change."""

    CHANGE_STRUCTURE = "ChangeStructure"
    CHANGE_OFFER = "ChangeOffer"
    ENROL_OFFER = "EnrolOffer"
    CLOSE_OFFER = "CloseOffer"
    ADD_PLACE = "AddPlace"
    END_PLACE = "EndPlace"


NEED_TWO = frozenset({ChangeKind.ADD_PLACE})
"""They give rights: who practises somewhere may be a member of a circle by that structure."""


class RequestState(StrEnum):
    OPEN = "open"
    HALF_APPROVED = "half_approved"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, repr=False)
class ChangeRequest:
    """A request. `change`: the call's own request, as JSON. `first_by`: who approved first, where two must."""

    id: UUID
    structure: StructureId
    kind: ChangeKind
    change: Mapping[str, Any]
    why: str
    asked_by: ProfessionalId
    at: datetime
    state: RequestState = RequestState.OPEN
    assignee: AdministratorId | None = None
    first_by: AdministratorId | None = None
    decided_by: AdministratorId | None = None
    decided_at: datetime | None = None
    act: UUID | None = None

    def __repr__(self) -> str:
        return f"ChangeRequest({self.id}, {self.state})"

    @property
    def needs_two(self) -> bool:
        return self.kind in NEED_TWO

    def must_wait(self) -> None:
        """Raises `RequestClosed`."""
        if self.decided_at is not None:
            raise RequestClosed("Cette demande est déjà close.", "Faites-en une autre si besoin.")


@dataclass(frozen=True, slots=True, repr=False)
class Comment:
    """A line of a request's thread. `author`: a professional's or an administrator's id."""

    id: UUID
    request: UUID
    author: UUID
    author_name: str
    at: datetime
    text: str

    def __repr__(self) -> str:
        return f"Comment({self.id})"


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A request with what is told beside it: names, blank where there is nobody, and how much was said."""

    request: ChangeRequest
    territory: TerritoryCode
    structure_name: str
    asked_by_name: str
    assignee_name: str
    first_by_name: str
    decided_by_name: str
    comment_count: int
    comments: tuple[Comment, ...] = ()

    def __repr__(self) -> str:
        return f"Shown({self.request.id})"

    def must_take_another_comment(self) -> None:
        """Raises `CommentInvalid` once too much was said."""
        if self.comment_count >= MOST_COMMENTS:
            raise CommentInvalid(
                f"Cette demande a déjà {MOST_COMMENTS} commentaires : elle n’en prend plus d’autre de votre part.",
                "Attendez la décision, ou adressez-vous à l’administrateur de votre territoire.",
            )


@dataclass(frozen=True, slots=True, repr=False)
class Speaking:
    """Somebody who speaks for a structure, and since when."""

    structure: UUID
    structure_name: str
    professional: UUID
    name: str
    since: datetime

    def __repr__(self) -> str:
        return f"Speaking({self.professional}, {self.structure})"


def known_kind(name: str) -> ChangeKind:
    """Raises `RequestInvalid`."""
    if name not in list(ChangeKind):
        raise invalid("Ce changement ne se demande pas.")
    return ChangeKind(name)


def approved(request: ChangeRequest, by: AdministratorId, at: datetime) -> ChangeRequest:
    """After an administrator's yes: to be carried out if it is approved now. Raises `RequestClosed`, `FourEyesSame`."""
    request.must_wait()
    if request.needs_two and request.first_by is None:
        return replace(request, state=RequestState.HALF_APPROVED, first_by=by)
    if request.first_by == by:
        raise FourEyesSame(
            "Ce changement donne des droits : il faut l’accord de deux administrateurs.",
            "Demandez à un autre administrateur du territoire de l’approuver aussi.",
        )
    return replace(request, state=RequestState.APPROVED, decided_by=by, decided_at=at)


def first_of(request: ChangeRequest, administrators: Collection[AdministratorId]) -> ChangeRequest:
    """Without the first yes if who gave it is none of the territory's administrators any more: it counts no longer."""
    return request if request.first_by in administrators else replace(request, first_by=None)


def refused(request: ChangeRequest, by: AdministratorId, at: datetime) -> ChangeRequest:
    """After an administrator's no, however many had said yes. Raises `RequestClosed`."""
    request.must_wait()
    return replace(request, state=RequestState.REFUSED, decided_by=by, decided_at=at)


def comment_text(text: str, compulsory: bool) -> str:
    """As kept. Raises `CommentInvalid` if it is too long, unreadable, or missing where there must be one."""
    kept = words.tidy(text)
    if len(kept) > MAX_COMMENT or not words.is_readable(kept):
        raise CommentInvalid("Un commentaire s’écrit en 1000 caractères lisibles au plus.", "Raccourcissez-le.")
    if compulsory and not kept:
        raise CommentInvalid("Il manque un commentaire.", "Dites en quelques mots pourquoi.")
    return kept


def invalid(sentence: str) -> RequestInvalid:
    return RequestInvalid(sentence, "Corrigez la demande, ou écrivez à l’administrateur de votre territoire.")


def unknown_request() -> RequestUnknown:
    return RequestUnknown("Cette demande n’existe pas.", "Relisez la liste des demandes.")


def not_correspondent() -> NotCorrespondent:
    return NotCorrespondent(
        "Vous n’êtes pas correspondant de cette structure.",
        "Demandez à l’administrateur du territoire de vous désigner.",
    )


def assignee_invalid() -> AssigneeInvalid:
    return AssigneeInvalid(
        "Une demande se confie à un administrateur de son territoire.", "Choisissez-en un de la liste."
    )
