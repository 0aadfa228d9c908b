"""Where Keycloak and what was decided here differ: somebody changed one of them by hand, or one was restored."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from terresante_directory.domain.accounts import Account, State
from terresante_directory.domain.lost_means import Loss


class Drift(StrEnum):
    """How they differ. `unknown_here`: a user of no account; `missing_there`: an account without a user."""

    UNKNOWN_HERE = "unknown_here"
    MISSING_THERE = "missing_there"
    STATE = "state"
    CARD = "card"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Held:
    """What Keycloak holds of a user, as far as it can differ."""

    kind: str
    enabled: bool
    id_nat: str | None


def drift(account: Account | None, loss: Loss, held: Held | None) -> Drift | None:
    """How they differ; None if they agree, or if what was decided is still being carried out."""
    if account is None:
        return Drift.UNKNOWN_HERE if held else None
    if not account.settled:
        return None
    if held is None:
        return Drift.MISSING_THERE
    if held.enabled is (account.state is State.SUSPENDED):
        return Drift.STATE
    if held.id_nat != loss.login(account).id_nat:
        return Drift.CARD
    return Drift.KIND if held.kind != account.kind.value else None


@dataclass(frozen=True, slots=True)
class Difference:
    """One that was found. `id`: Keycloak's of the user, or the account's if there is no user."""

    id: str
    uid: UUID | None
    kind: Drift
