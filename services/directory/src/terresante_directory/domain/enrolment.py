"""How professionals enrol by themselves: asked with an RPPS, opened by their card alone, completed by a choice.

Whoever asks is told the same, whatever the RPPS. An account that waits is inert: nobody is a professional of the
platform before having accepted the terms and chosen a place of practice that the national directory gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from terresante_platform.refusals import Conflict, Denied, Stale, TooMany, Unknown

from terresante_directory.domain import words
from terresante_directory.domain.accounts import State
from terresante_directory.domain.identifiers import PlaceId, ProfessionalId, Rpps, StructureId, TerritoryCode
from terresante_directory.domain.professionals import (
    MAX_ROLE,
    Place,
    PlaceInvalid,
    Profession,
    Professional,
    ProfessionUnknown,
)
from terresante_directory.domain.structures import Structure

WAITING = timedelta(days=30)
"""How long an inert account waits for its card."""
NEW = timedelta(days=14)
"""How long somebody who enrolled by themselves is told to administrators as new."""


class EnrolmentUnknown(Unknown):
    reason = "ENROLMENT_UNKNOWN"


class EnrolmentDone(Conflict):
    reason = "ENROLMENT_DONE"


class EnrolmentIncomplete(Denied):
    reason = "ENROLMENT_INCOMPLETE"


class TermsVersionStale(Stale):
    reason = "TERMS_VERSION_STALE"


class EnrolmentRateLimited(TooMany):
    reason = "RATE_LIMITED"


@dataclass(frozen=True, slots=True)
class Rules:
    """The data file's. `evidence`: by code, in French. `masked`: indicators whose counts under `smallest_count` are not
    told. `stale_days`: after how many an offer that nobody confirmed is doubtful."""

    evidence: Mapping[str, str]
    terms_version: str
    terms: str
    smallest_count: int
    masked: frozenset[str]
    stale_days: int


@dataclass(frozen=True, slots=True)
class KnownPractice:
    """A place of practice that the national directory gives; blank where it does not say.

    `vouched`: the territories whose own files say all of it: one for a territory tells nothing of another (R-ROR4).
    """

    structure_name: str
    finess: str = ""
    siret: str = ""
    postal_code: str = ""
    commune: str = ""
    role: str = ""
    vouched: frozenset[TerritoryCode] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class KnownProfessional:
    """Somebody whom the imported national directory knows. `profession`: its code, as ours."""

    rpps: Rpps
    family_name: str
    given_name: str
    profession: str
    places: tuple[KnownPractice, ...] = ()

    def __repr__(self) -> str:
        return "KnownProfessional(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """An enrolment by oneself. `until`: how long the account waits. `uid`: the account's, then the professional's."""

    uid: UUID
    rpps: Rpps
    asked_at: datetime
    until: datetime
    terms_version: str | None = None
    done_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Enrolment({self.uid})"


@dataclass(frozen=True, slots=True)
class Budget:
    """`burst` at once, then `per_hour` in the long run."""

    burst: int
    per_hour: int


PER_ADDRESS = Budget(5, 10)
FOR_ALL = Budget(200, 1000)
"""A region's professionals who all come in one week ask less; who leafs through a million numbers needs 40 days."""


def remaining(budget: Budget, left: float, since: timedelta) -> float:
    """What is left of a budget after one more, when `left` was so long ago. Raises `EnrolmentRateLimited`."""
    now = min(float(budget.burst), left + max(0.0, since.total_seconds()) * budget.per_hour / 3600)
    if now < 1:
        wait = int((1 - now) * 3600 / budget.per_hour) + 1
        raise EnrolmentRateLimited(
            "Trop de demandes d’inscription en peu de temps.",
            f"Recommencez dans {wait} secondes.",
            retry_after=str(wait),
        )
    return now - 1


def asked(uid: UUID, rpps: Rpps, at: datetime) -> Enrolment:
    """A new enrolment, whose account waits for the card."""
    return Enrolment(uid, rpps, at, at + WAITING)


def asked_again(enrolment: Enrolment, at: datetime) -> Enrolment:
    """It waits longer, unless it is done."""
    return enrolment if enrolment.done_at else replace(enrolment, asked_at=at, until=at + WAITING)


def must_wait(enrolment: Enrolment | None, at: datetime) -> Enrolment:
    """The enrolment that is to be completed. Raises `EnrolmentUnknown`, `EnrolmentDone`."""
    if enrolment is None:
        raise unknown_enrolment()
    if enrolment.done_at is not None:
        raise EnrolmentDone("Votre inscription est déjà faite.", "Utilisez la plateforme avec votre carte.")
    if at >= enrolment.until:
        raise unknown_enrolment()
    return enrolment


def must_be_complete(enrolment: Enrolment | None) -> None:
    """Raises `EnrolmentIncomplete` for whose account is still inert; whom an administrator enrolled has none to do."""
    if enrolment is not None and enrolment.done_at is None:
        raise EnrolmentIncomplete(
            "Votre inscription n’est pas terminée.",
            "Acceptez les conditions et choisissez votre lieu d’exercice, puis recommencez.",
        )


def accepted(enrolment: Enrolment, version: str, rules: Rules, at: datetime) -> Enrolment:
    """Done: they accepted the terms. Raises `TermsVersionStale` if they read others."""
    if version != rules.terms_version:
        raise TermsVersionStale("Les conditions ont changé depuis votre lecture.", "Relisez-les, puis acceptez-les.")
    return replace(enrolment, terms_version=version, done_at=at)


def structure_of(
    place: KnownPractice,
    by_finess: Sequence[tuple[StructureId, TerritoryCode]],
    by_siret: Sequence[tuple[StructureId, TerritoryCode]],
) -> StructureId | None:
    """Which structure the place is, of the open ones that have its number; None unless it is sure, and vouched for.

    A SIRET that several structures share says of none that they practise there.
    """
    same = by_finess or by_siret
    if len(same) != 1:
        return None
    id, territory = same[0]
    return id if territory in place.vouched else None


def place_chosen(structure: Structure, known: Sequence[StructureId]) -> Structure:
    """Raises `PlaceInvalid` unless the national directory says that they practise there."""
    if structure.id not in known:
        raise PlaceInvalid(
            "L’Annuaire Santé ne vous connaît pas dans cette structure.",
            "Choisissez un des lieux proposés, ou demandez à l’administrateur du territoire de vous inscrire.",
        )
    structure.must_be_open()
    return structure


def joined(
    enrolment: Enrolment,
    known: KnownProfessional,
    place: tuple[PlaceId, Structure, str],
    professions: Mapping[str, Profession],
    at: datetime,
) -> Professional:
    """The professional whom the national directory names, in the place they chose. `place`: its id, where, the role.

    Raises `ProfessionUnknown` for a profession that the platform does not take, `PlaceInvalid` for a bad role.
    """
    if known.profession not in professions:
        raise ProfessionUnknown(
            "Votre profession n’est pas encore accueillie par la plateforme.",
            "Adressez-vous à l’administrateur de votre territoire.",
        )
    id, structure, role = place
    kept = words.tidy(role)
    if len(kept) > MAX_ROLE or not words.is_readable(kept):
        raise PlaceInvalid("Un rôle s’écrit en 100 caractères lisibles au plus.", "Corrigez-le ou laissez-le vide.")
    return Professional(
        id=ProfessionalId(enrolment.uid),
        rpps=enrolment.rpps,
        family_name=known.family_name,
        given_name=known.given_name,
        profession=known.profession,
        places=(Place(id, structure.id, structure.territory, kept, since=at),),
        account=State.OPEN,
    )


def unknown_enrolment() -> EnrolmentUnknown:
    return EnrolmentUnknown(
        "Aucune inscription ne vous attend.", "Demandez votre inscription avec votre numéro RPPS, puis revenez."
    )
