"""What is known about the call being served: who, from where, until when. Set by the server, read anywhere below it."""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a call, as their verified token says."""

    id: UUID
    """Opaque platform id (claim `uid`)."""
    kind: str
    """Kind of person (claim `kind`), one that the token's issuer may vouch for."""
    strength: int
    """`acr`: 1 password, 2 password and code, 3 card."""
    authenticated_at: float
    """`auth_time`, seconds since the epoch."""
    expires_at: float
    """`exp`, seconds since the epoch."""
    token: str = field(repr=False)


@dataclass(slots=True)
class Call:
    """One call: the person (if any), the calling service, and what travels along. Data here is no proof of identity
    but `caller`, `service`.
    """

    caller: Caller | None = None
    service: str = ""
    """Name of the calling service, from its certificate."""
    deadline: float | None = None
    """`time.monotonic()` value after which nobody waits any more."""
    place: str = ""
    idempotency_key: str = ""
    client: str = ""
    """Where a call without a person comes from: a mark that tells one address from another, never the address."""

    def remaining(self, at_most: float) -> float:
        """Seconds left for a call to a neighbour, less a margin for the way back; never more than `at_most`."""
        if self.deadline is None:
            return at_most
        return max(0.001, min(at_most, self.deadline - time.monotonic() - 0.02))


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def current() -> Call:
    """The call being served; an empty one outside of any (start, consumers)."""
    return _current.get() or Call()


def person() -> Caller:
    """The person behind the call. Only where `@allow` names people: there is always one."""
    caller = current().caller
    if caller is None:
        raise LookupError("this RPC is allowed without a person, yet reads one")
    return caller


def enter(call: Call) -> None:
    """Makes `call` the current one of this task."""
    _current.set(call)
