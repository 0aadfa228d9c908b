"""How many pairs wait, and how well matching does, by the structure that feeds identities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from terresante_identity.domain.sources import SourceWarning

TRAIT_OF: Mapping[SourceWarning, str] = MappingProxyType(
    {
        SourceWarning.BIRTH_DATE_IMPOSSIBLE: "birth_date",
        SourceWarning.BIRTH_PLACE_UNKNOWN: "birth_place",
        SourceWarning.SEX_UNKNOWN: "sex",
        SourceWarning.INS_KEY_WRONG: "ins",
        SourceWarning.INS_WITHOUT_STATUS: "ins",
        SourceWarning.INS_HELD_BY_ANOTHER: "ins",
        SourceWarning.INS_OTHER_TRAITS: "ins",
        SourceWarning.TRAITS_NO_LONGER_FIT: "traits",
    }
)
"""Which trait a warning is about, by its name in answers; "ins" and "traits" for what is about the number or all of
them.
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many pairs wait in one structure (None: typed on the platform), by age."""

    structure: UUID | None
    territory: str
    today: int
    this_week: int
    this_month: int
    older: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Quality:
    """Of one structure since a moment. `flawed`: how often each trait came with a warning, by its name."""

    structure: UUID | None
    received: int
    created: int
    linked: int
    doubtful: int
    undone: int
    waiting: int = 0
    oldest_waiting: datetime | None = None
    flawed: dict[str, int] = field(default_factory=dict)
