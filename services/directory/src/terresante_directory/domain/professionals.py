"""What a professional is, where they practise and since when, and which territory answers for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from terresante_platform.refusals import Conflict, Invalid, Unknown

from terresante_directory.domain import words
from terresante_directory.domain.accounts import Account, State
from terresante_directory.domain.changing import nothing_changed
from terresante_directory.domain.identifiers import (
    Doubt,
    PlaceId,
    ProfessionalId,
    Rpps,
    StructureId,
    TerritoryCode,
    rpps,
)
from terresante_directory.domain.officers import Mandate
from terresante_directory.domain.structures import Structure
from terresante_directory.domain.territories import Administrator
from terresante_directory.domain.versions import must_be_current

MAX_ROLE = 100
MAX_PLACES = 20


class ProfessionalUnknown(Unknown):
    reason = "PROFESSIONAL_UNKNOWN"


class ProfessionalAlready(Conflict):
    reason = "PROFESSIONAL_ALREADY"


class ProfessionUnknown(Invalid):
    reason = "PROFESSION_UNKNOWN"


class PlaceUnknown(Unknown):
    reason = "PLACE_UNKNOWN"


class PlaceAlready(Conflict):
    reason = "PLACE_ALREADY"


class PlaceEnded(Conflict):
    reason = "PLACE_ENDED"


class PlaceInvalid(Invalid):
    reason = "PLACE_INVALID"


@dataclass(frozen=True, slots=True)
class Profession:
    """A profession of the data file. `health_professional`: in the sense of the 4th part of the CSP."""

    code: str
    label: str
    health_professional: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A structure where a professional practises, from `since` on and, if it has ended, before `until`.

    `continues_since`: when the place began that this one continues, its structure having become another.
    """

    id: PlaceId
    structure: StructureId
    territory: TerritoryCode
    role: str
    since: datetime
    until: datetime | None = None
    continues_since: datetime | None = None

    @property
    def seniority(self) -> datetime:
        return self.continues_since or self.since

    def stands(self, at: datetime) -> bool:
        """Whether they practise there at that moment."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, repr=False)
class Professional:
    """A person. `rpps`: None where the profession has none. `profession`: its code. `places`: ended ones too.

    `mandate`: where they are an identity officer now.
    """

    id: ProfessionalId
    rpps: Rpps | None
    family_name: str
    given_name: str
    profession: str
    places: tuple[Place, ...]
    account: State | None = None
    version: int = 1
    mandate: Mandate | None = None

    def __repr__(self) -> str:
        return f"Professional({self.id})"

    def doubts(self) -> tuple[Doubt, ...]:
        """What looks wrong in their number and does not stop anything."""
        return self.rpps.doubts() if self.rpps else ()

    def search_column(self) -> str:
        return words.search_column(self.family_name, self.given_name)

    def must_be_answered_for_by(self, administrator: Administrator) -> None:
        """Raises `TerritoryNotYours` unless the home territory is the administrator's: theirs is the account."""
        administrator.must_administer(self.home())

    def home(self) -> TerritoryCode:
        """The territory that answers for their account: of the oldest place not ended, else the last ended.

        Another territory may add a place of its own, but gets no power over an account used elsewhere.
        """
        lasting = [place for place in self.places if place.until is None]
        if lasting:
            return min(lasting, key=lambda place: (place.seniority, place.id)).territory
        return max(self.places, key=lambda place: (place.until or place.since, place.id)).territory


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A place as asked for: the structure as stored, and the role in free words."""

    id: PlaceId
    structure: Structure
    role: str


def register_professional(
    id: ProfessionalId,
    *,
    rpps_number: str,
    family_name: str,
    given_name: str,
    profession: str,
    places: Sequence[NewPlace],
    by: Administrator,
    professions: Mapping[str, Profession],
    at: datetime,
) -> Professional:
    """A new professional from what was typed, who practises from now on in the administrator's structures."""
    if not places or len(places) > MAX_PLACES:
        raise PlaceInvalid(
            "Un professionnel exerce dans au moins une structure, et 20 au plus.",
            "Indiquez ses lieux d’exercice.",
        )
    by.must_administer_all(place.structure.territory for place in places)
    professional = Professional(
        id=id,
        rpps=rpps(rpps_number) if rpps_number else None,
        family_name=words.person_name(family_name),
        given_name=words.person_name(given_name),
        profession=_profession(profession, professions),
        places=(),
    )
    for place in places:
        professional = _practising_also(professional, place, at)
    return professional


def add_place(
    professional: Professional, place: NewPlace, *, version: int, by: Administrator, at: datetime
) -> Professional:
    """They practise there too from now on. Only an administrator of that structure's territory says so."""
    by.must_administer(place.structure.territory)
    must_be_current(professional.version, version)
    return replace(_practising_also(professional, place, at), version=professional.version + 1)


def end_place(
    professional: Professional, place: PlaceId, *, version: int, by: Administrator, at: datetime
) -> Professional:
    """They no longer practise there from now on; the place stays in their past."""
    ended = next((kept for kept in professional.places if kept.id == place), None)
    if ended is None:
        raise PlaceUnknown("Ce lieu d’exercice n’existe pas.", "Relisez les lieux d’exercice du professionnel.")
    by.must_administer(ended.territory)
    must_be_current(professional.version, version)
    if ended.until is not None:
        raise PlaceEnded("Ce lieu d’exercice a déjà pris fin.")
    until = max(at, ended.since)
    places = tuple(replace(kept, until=until) if kept.id == place else kept for kept in professional.places)
    return replace(professional, places=places, version=professional.version + 1)


@dataclass(frozen=True, slots=True, repr=False)
class Corrected:
    """What is right of a professional, as typed; `rpps` blank for none."""

    rpps: str
    family_name: str
    given_name: str
    profession: str

    def __repr__(self) -> str:
        return "Corrected(…)"


def corrected(
    professional: Professional,
    typed: Corrected,
    *,
    version: int,
    by: Administrator,
    professions: Mapping[str, Profession],
) -> Professional:
    """The professional with the right number, names and profession. For the territory that answers for the account.

    A profession that the data file no longer has may stay.

    Raises `TerritoryNotYours`, `VersionStale`, `VersionRequired`, `ProfessionalNameInvalid`, `RppsInvalid`,
    `ProfessionUnknown`, `NothingChanged`.
    """
    professional.must_be_answered_for_by(by)
    must_be_current(professional.version, version)
    kept = typed.profession == professional.profession
    right = replace(
        professional,
        rpps=rpps(typed.rpps) if typed.rpps else None,
        family_name=words.person_name(typed.family_name),
        given_name=words.person_name(typed.given_name),
        profession=typed.profession if kept else _profession(typed.profession, professions),
    )
    if right == professional:
        raise nothing_changed()
    return right


def with_account(professional: Professional, account: Account) -> Professional:
    """The professional after a decision on their account: a new version if its state is another one."""
    if account.state is professional.account:
        return professional
    return replace(professional, account=account.state, version=professional.version + 1)


def with_mandate(professional: Professional, mandate: Mandate | None) -> Professional:
    """The professional after their mandate changed: another version."""
    return replace(professional, mandate=mandate, version=professional.version + 1)


def already_registered() -> ProfessionalAlready:
    """The refusal for an RPPS that another professional has."""
    return ProfessionalAlready(
        "Un professionnel est déjà inscrit avec ce numéro RPPS.",
        "Recherchez-le et ajoutez-lui un lieu d’exercice au lieu de le créer de nouveau.",
    )


def unknown_professional() -> ProfessionalUnknown:
    return ProfessionalUnknown("Ce professionnel n’existe pas.", "Cherchez-le dans l’annuaire par son nom.")


def place_already() -> PlaceAlready:
    return PlaceAlready("Ce professionnel exerce déjà dans cette structure.", "Relisez sa fiche.")


def _practising_also(professional: Professional, new: NewPlace, at: datetime) -> Professional:
    new.structure.must_be_open()
    if any(kept.structure == new.structure.id and kept.until is None for kept in professional.places):
        raise place_already()
    if sum(kept.until is None for kept in professional.places) >= MAX_PLACES:
        raise PlaceInvalid("Un professionnel exerce dans 20 structures au plus.", "Mettez fin à un lieu d’exercice.")
    place = Place(new.id, new.structure.id, new.structure.territory, typed_role(new.role), since=at)
    return replace(professional, places=(*professional.places, place))


def _profession(code: str, professions: Mapping[str, Profession]) -> str:
    if code not in professions:
        raise ProfessionUnknown("Cette profession n’existe pas.", "Choisissez-en une de la liste.")
    return code


def typed_role(text: str) -> str:
    """As kept. Raises `PlaceInvalid`."""
    role = words.tidy(text)
    if len(role) > MAX_ROLE or not words.is_readable(text):
        raise PlaceInvalid("Un rôle s’écrit en 100 caractères lisibles au plus.", "Corrigez-le ou laissez-le vide.")
    return role
