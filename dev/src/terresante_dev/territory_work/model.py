"""What a made-up directory consists of. Keys are stable: the same (size, seed, day) gives the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

NAMESPACE = UUID("6d8f7f0e-3b0e-5a57-9c1d-1f5f0c7e2a11")


def id_of(key: str) -> UUID:
    """The id that a database may give to the thing of that key: always the same."""
    return uuid5(NAMESPACE, key)


@dataclass(frozen=True, slots=True)
class Address:
    """`commune`: COG code; `town`: as posted, upper case without accents. Degrees."""

    number: str
    street_kind: str
    street: str
    postal_code: str
    commune: str
    town: str
    longitude: float
    latitude: float

    @property
    def line(self) -> str:
        return f"{self.number} {self.street_kind} {self.street}"


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """EJ. `finess` is "" for practices, `siren` always there. `closed`: the day from which it no longer is."""

    key: str
    name: str
    legal_status: str
    finess: str
    siren: str
    territory: str
    address: Address
    opened: date
    closed: date | None


@dataclass(frozen=True, slots=True)
class Site:
    """EG. `category`: FINESS category, "" for practices without FINESS. `sector`: TRE_R02. `entity`: key of its EJ."""

    key: str
    entity: str
    name: str
    category: str
    sector: str
    finess: str
    siret: str
    territory: str
    address: Address
    phone: str
    opened: date
    closed: date | None


@dataclass(frozen=True, slots=True)
class InternalOrganisation:
    """OI. `kind`: 1 pole, 2 service, 3 functional unit, 4 elementary unit. `parent`: key of a site or another OI."""

    key: str
    parent: str
    site: str
    name: str
    kind: str
    opened: date
    closed: date | None


@dataclass(frozen=True, slots=True)
class Offer:
    """Of a site or an internal organisation (`structure`). Codes of the directory's value sets; ages in whole
    years, None without limit. `confirmed`: when somebody last said that it is true.
    """

    key: str
    structure: str
    name: str
    field: str
    type: str
    activity: str
    care_mode: str
    age_low: int | None
    age_high: int | None
    phone: str
    confidentiality: str
    capacity: int | None
    sensitive: bool
    opened: date
    closed: date | None
    closing_kind: str
    confirmed: date


@dataclass(frozen=True, slots=True)
class Professional:
    """`rpps` is "" for professions without one; `skill`: ordinal specialty (SM…) of a doctor, else ""."""

    key: str
    rpps: str
    civility: str
    family_name: str
    given_name: str
    profession: str
    skill: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a professional practises or did: `since` included, `until` excluded. `mode`: L town, S employed."""

    professional: str
    site: str
    role: str
    mode: str
    since: date
    until: date | None


@dataclass(frozen=True)
class Territory:
    """`example`: its communes are example data, its name too if it isn't one of the fourteen."""

    code: str
    name: str
    communes: tuple[str, ...]


@dataclass(frozen=True)
class Directory:
    """As known on `day`, with its past."""

    day: date
    territories: tuple[Territory, ...]
    entities: tuple[LegalEntity, ...]
    sites: tuple[Site, ...]
    organisations: tuple[InternalOrganisation, ...]
    offers: tuple[Offer, ...]
    professionals: tuple[Professional, ...]
    places: tuple[Place, ...]

    @property
    def structures(self) -> int:
        """EJ, EG and OI together."""
        return len(self.entities) + len(self.sites) + len(self.organisations)
