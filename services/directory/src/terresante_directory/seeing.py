"""What Keycloak is seen to hold of a user, as it tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Seen:
    """A user as Keycloak has it. `id`: its own. `uid`: None if it bears none, or none of ours.

    `last_login`: of a session that is still open, to the second. `locked`: closed for a while after wrong passwords.
    """

    id: str
    uid: UUID | None
    kind: str
    enabled: bool
    id_nat: str | None
    last_login: datetime | None = None
    locked: bool = False


def seen(user: Mapping[str, Any], sessions: Sequence[Mapping[str, Any]], brute_force: Mapping[str, Any]) -> Seen:
    """From its representations of a user, of their open sessions, and of wrong passwords of late."""
    attributes = {name: value[0] for name, value in user.get("attributes", {}).items()}
    began = max((session["start"] for session in sessions), default=None)
    return Seen(
        id=user["id"],
        uid=_uid(attributes.get("uid", "")),
        kind=attributes.get("kind", ""),
        enabled=user["enabled"],
        id_nat=attributes.get("idNat"),
        last_login=datetime.fromtimestamp(began // 1000, UTC) if began else None,
        locked=bool(brute_force.get("disabled")) and user["enabled"],
    )


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
