"""What is known of made-up people and places: what a person would type to register them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Realm = Literal["pro", "patient"]


@dataclass(frozen=True, slots=True)
class Structure:
    """A place of work. `kind` and `territory`: codes of the directory; `finess` 9 digits, `siret` 14."""

    key: str
    name: str
    kind: str
    territory: str
    postal_code: str
    commune: str
    finess: str = ""
    siret: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody practises: a structure's `key`, and as what."""

    structure: str
    role: str


@dataclass(frozen=True, slots=True)
class Administrator:
    """Registers the people and structures of one territory."""

    key: str
    family_name: str
    given_name: str
    territory: str
    description: str


@dataclass(frozen=True, slots=True)
class Professional:
    """`profession`: a code of the directory. `title`: as a card says it. `card`: logs in with a CPS.

    `officer_of`: codes of the territories whose identity officer they are.
    """

    key: str
    family_name: str
    given_name: str
    profession: str
    title: str
    places: Sequence[Place]
    description: str
    rpps: str = ""
    card: bool = False
    officer_of: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Feeder:
    """A system that sends identities. `structure`: a structure's `key`; `issuers`: OIDs of the numbers it gives.

    `policy`: strict, suggest or auto. `host`: the common name of its certificate.
    """

    key: str
    name: str
    structure: str
    issuers: Sequence[str]
    policy: str
    host: str
    description: str


@dataclass(frozen=True, slots=True)
class Patient:
    """The five traits, in the letters that the RNIV allows. `sex`: F or M; `birth_country`: ISO alpha-2."""

    key: str
    birth_name: str
    first_name: str
    given_names: str
    birth_date: date
    sex: Literal["F", "M"]
    birth_postal_code: str
    description: str
    birth_country: str = "FR"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, each with a key of their own."""

    structures: Sequence[Structure]
    administrators: Sequence[Administrator]
    professionals: Sequence[Professional]
    patients: Sequence[Patient]
    feeders: Sequence[Feeder] = ()


@dataclass(frozen=True, slots=True)
class Login:
    """One of the `personas` of `stack.json`: all that a program needs to log in as them.

    Either `card_file` and `key_file` (and `pkcs12_file` for a browser), or `username`, `password` and
    `totp_secret` (Base32; HMAC-SHA-256, 6 digits, 30 s). `uid`: the opaque id by which the platform knows
    them. `client`: where a machine logs in, with its organisation's certificate as `card_file`; blank: a person, at the
    realm's portal. Paths are absolute.
    """

    realm: Realm
    uid: str
    description: str
    username: str = ""
    password: str = ""
    totp_secret: str = ""
    card_file: str = ""
    key_file: str = ""
    pkcs12_file: str = ""
    client: str = ""
