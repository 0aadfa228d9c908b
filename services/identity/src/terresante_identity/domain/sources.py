"""Source identities: what one issuer says of somebody under a number of its own, version after version, never
rewritten.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown

from terresante_identity.domain.births import BirthDate, Precision
from terresante_identity.domain.identity import PLATFORM_ISSUER, PersonId
from terresante_identity.domain.ins import Ins
from terresante_identity.domain.status import FORCE_PROVISIONAL, Flag, Standing, Status
from terresante_identity.domain.traits import Traits

SourceId = NewType("SourceId", UUID)
OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,19})){2,30}")
LONGEST_LOCAL_ID = 64


class IssuerInvalid(Invalid):
    reason = "ISSUER_INVALID"


class LocalIdInvalid(Invalid):
    reason = "LOCAL_ID_INVALID"


class VersionOlder(Conflict):
    reason = "IDENTITY_VERSION_OLDER"


class SourceUnknown(Unknown):
    reason = "SOURCE_UNKNOWN"


class SourceWarning(StrEnum):
    """What looks wrong in an identity received, and stopped nothing."""

    BIRTH_DATE_IMPOSSIBLE = "BIRTH_DATE_IMPOSSIBLE"
    BIRTH_PLACE_UNKNOWN = "BIRTH_PLACE_UNKNOWN"
    SEX_UNKNOWN = "SEX_UNKNOWN"
    INS_KEY_WRONG = "INS_KEY_WRONG"
    INS_WITHOUT_STATUS = "INS_WITHOUT_STATUS"
    INS_HELD_BY_ANOTHER = "INS_HELD_BY_ANOTHER"
    INS_OTHER_TRAITS = "INS_OTHER_TRAITS"
    TRAITS_NO_LONGER_FIT = "TRAITS_NO_LONGER_FIT"


@dataclass(frozen=True, slots=True)
class Received:
    """An identity as it came: texts of the issuer, and what it claims of its status. Never printed.

    `first_names`: all birth first names, separated by spaces. `birth_date`: YYYY-MM-DD, YYYY-MM or YYYY. `sex`: M, F,
    I, or "" for none told. `ins_matricule`: 15 characters.
    """

    birth_name: str = field(default="", repr=False)
    first_names: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    birth_country: str = field(default="", repr=False)
    birth_postal_code: str = field(default="", repr=False)
    birth_code: str = field(default="", repr=False)
    used_name: str = field(default="", repr=False)
    used_first_name: str = field(default="", repr=False)
    status: Status = Status.PROVISIONAL
    flags: frozenset[Flag] = frozenset()
    ins_matricule: str = field(default="", repr=False)
    ins_oid: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an identity received means: traits, standing and INS that hold together (R-ID7), and what looks wrong."""

    received: Received
    traits: Traits
    standing: Standing
    ins: Ins | None
    warnings: frozenset[SourceWarning] = frozenset()

    def __post_init__(self) -> None:
        if self.standing.retrieved != (self.ins is not None):
            raise ValueError("R-ID7: an INS is present exactly if it was retrieved")

    @property
    def doubted(self) -> bool:
        """Doubtful or fictitious: never the identity that is shown while there is another."""
        return bool(self.standing.flags & FORCE_PROVISIONAL)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a source identity. `number`: from 1. `valid_from`: as the issuer says, else when received.

    `received_from`: opaque id of the feeder or professional.
    """

    number: int
    claim: Claim
    valid_from: datetime
    received_at: datetime
    received_from: UUID


@dataclass(frozen=True, slots=True)
class Source:
    """A source identity with one of its versions. `local_id`: the issuer's number (IPP). `structure` and `territory`:
    where it is fed from; None and "" when nobody knows.
    """

    id: SourceId
    issuer: str
    local_id: str = field(repr=False)
    person: PersonId
    structure: UUID | None
    territory: str
    fed_by: UUID
    registered_at: datetime
    version: Version

    @property
    def own(self) -> bool:
        """Whether it is what people typed on the platform about the very person it is linked to."""
        return self.issuer == PLATFORM_ISSUER and self.local_id.partition("/")[0] == str(self.person)


def require_issuer(text: str) -> str:
    """The OID of an authority that gives numbers, without "urn:oid:". Refuses with ISSUER_INVALID."""
    if OID.fullmatch(text) is None:
        raise IssuerInvalid(
            "L’émetteur n’est pas un OID.",
            "Donnez l’OID de l’autorité d’affectation, par exemple 1.2.250.1.71.4.2.7, sans « urn:oid: ».",
            field="issuer",
        )
    return text


def require_local_id(text: str) -> str:
    """An issuer's number: 1 to 64 printable characters, none a space. Refuses with LOCAL_ID_INVALID."""
    if not 1 <= len(text) <= LONGEST_LOCAL_ID or not text.isprintable() or any(map(str.isspace, text)):
        raise LocalIdInvalid(
            "Le numéro de l’identité (IPP) n’est pas valable.",
            f"Donnez de 1 à {LONGEST_LOCAL_ID} caractères visibles, sans espace, tels que l’émetteur les écrit.",
            field="local_id",
        )
    return text


def require_newer(current: Version, valid_from: datetime | None) -> None:
    """Refuses what the issuer says held before the version that is known (messages that overtook each other)."""
    if valid_from is not None and valid_from < current.valid_from:
        raise VersionOlder(
            "Une version plus récente de cette identité est déjà connue : rien n’a été changé.",
            "N’envoyez que la dernière version, avec la date depuis laquelle elle vaut.",
            field="valid_from",
        )


def unknown_source() -> SourceUnknown:
    """The refusal for a source identity that nobody sent."""
    return SourceUnknown("Cette identité source n’est pas connue.", "Vérifiez l’émetteur et le numéro (IPP).")


def received_of(traits: Traits, standing: Standing, ins: Ins | None) -> Received:
    """What was typed on the platform, written as an issuer would send it."""
    codes = traits.birth_place.codes
    return Received(
        birth_name=traits.birth_name.typed,
        first_names=(traits.given_names or traits.first_name).typed,
        birth_date=date_text(traits.birth_date),
        sex=traits.sex.value,
        birth_country=traits.birth_place.country,
        birth_postal_code=traits.birth_place.postal_code,
        birth_code=next(iter(codes)) if len(codes) == 1 else "",
        used_name=traits.used_name.typed if traits.used_name else "",
        used_first_name=traits.used_first_name.typed if traits.used_first_name else "",
        status=standing.status,
        flags=standing.flags,
        ins_matricule=ins.whole if ins else "",
        ins_oid=ins.oid.value if ins else "",
    )


def date_text(born: BirthDate) -> str:
    """What is known of a birth date: YYYY-MM-DD, YYYY-MM, or YYYY (also when only the month is missing)."""
    whole = born.value.isoformat()
    length = {Precision.EXACT: 10, Precision.DAY_UNKNOWN: 7}.get(born.precision, 4)
    return whole[:length]


def places_of(sources: Iterable[Source]) -> tuple[list[UUID], list[str]]:
    """The structures and territories that sources come from, each once, in order."""
    some = list(sources)
    structures = {source.structure for source in some if source.structure is not None}
    return sorted(structures), sorted({source.territory for source in some if source.territory})
