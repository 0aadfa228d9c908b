"""What an administrator sees at the desk: accounts, and what waits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from terresante_directory.domain.accounts import Means, State
from terresante_directory.domain.drift import Drift
from terresante_directory.domain.lost_means import Loss


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """An account, and whose it is. `state`, `means` None: they have none. `with_card`: a card opens it, unless lost."""

    professional: UUID
    name: str
    profession: str
    state: State | None
    means: Means | None
    settled: bool
    last_login: datetime | None
    locked: bool
    with_card: bool
    loss: Loss
    difference: Drift | None

    def __repr__(self) -> str:
        return f"Listed({self.professional})"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work of one kind that waits, and since when the oldest does."""

    kind: str
    count: int
    oldest: datetime | None
