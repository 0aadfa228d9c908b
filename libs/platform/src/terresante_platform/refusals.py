"""What the platform answers when it will not do as asked: one hierarchy, from the rule to the portal.

A refusal is raised beside its rule, crosses gRPC as `google.rpc.ErrorInfo` (`rpc/errors.py`) and ends as an RFC 9457
problem at the gateway. Programs branch on `reason`; people read `sentence` and `todo`, both French. Neither ever
contains a name, an identifier of a person or a value that was typed.
"""

from typing import ClassVar


class Refusal(Exception):
    """Why something was not done. Never raised itself: raise one of the kinds below, or a subclass with its reason."""

    reason: ClassVar[str] = "REFUSED"
    kind: ClassVar[str] = "REFUSAL"

    def __init__(self, sentence: str, todo: str = "", **details: str) -> None:
        """`sentence`: what is refused and why. `todo`: what the reader can do. `details`: machine-readable, no
        personal data.
        """
        super().__init__(self.reason)
        self.sentence = sentence
        self.todo = todo
        self.details = details


class Invalid(Refusal):
    """The request can never be right as it is (400)."""

    kind = "INVALID"
    reason = "REQUEST_INVALID"


class Unauthenticated(Refusal):
    """Nobody, or not strongly or recently enough, is asking (401)."""

    kind = "UNAUTHENTICATED"
    reason = "LOGIN_REQUIRED"


class Denied(Refusal):
    """This caller may not (403)."""

    kind = "DENIED"
    reason = "ACCESS_DENIED"


class Unknown(Refusal):
    """No such thing, or none that this caller may know of (404)."""

    kind = "UNKNOWN"
    reason = "NOT_FOUND"


class Conflict(Refusal):
    """The present state does not allow it (409)."""

    kind = "CONFLICT"
    reason = "STATE_CONFLICT"


class Stale(Refusal):
    """Someone changed it since the caller read it (412)."""

    kind = "STALE"
    reason = "VERSION_STALE"


class TooLarge(Refusal):
    """More bytes than are accepted (413)."""

    kind = "TOO_LARGE"
    reason = "CONTENT_TOO_LARGE"


class Unsupported(Refusal):
    """A kind of content that is not accepted (415)."""

    kind = "UNSUPPORTED"
    reason = "CONTENT_UNSUPPORTED"


class Unprocessable(Refusal):
    """Well-formed, but in contradiction with an earlier request (422)."""

    kind = "UNPROCESSABLE"
    reason = "REQUEST_CONTRADICTORY"


class PreconditionMissing(Refusal):
    """The change must name the version it was based on (428)."""

    kind = "PRECONDITION_MISSING"
    reason = "VERSION_REQUIRED"


class TooMany(Refusal):
    """Too many requests for now (429)."""

    kind = "TOO_MANY"
    reason = "RATE_LIMITED"


class Unavailable(Refusal):
    """A part that must answer does not (503). Nothing was done; the same request may be tried again."""

    kind = "UNAVAILABLE"
    reason = "PART_UNAVAILABLE"


KINDS: dict[str, type[Refusal]] = {
    kind.kind: kind
    for kind in (
        Invalid,
        Unauthenticated,
        Denied,
        Unknown,
        Conflict,
        Stale,
        TooLarge,
        Unsupported,
        Unprocessable,
        PreconditionMissing,
        TooMany,
        Unavailable,
    )
}


def revived(kind: str, reason: str, sentence: str, todo: str, details: dict[str, str]) -> Refusal:
    """The refusal that a neighbour raised, as this process raises it on. An unknown kind becomes `Unavailable`."""
    raised = KINDS.get(kind, Unavailable)(sentence, todo, **details)
    raised.reason = reason  # type: ignore[misc]  # the reason of the neighbour's subclass, on this instance only
    raised.args = (reason,)
    return raised
