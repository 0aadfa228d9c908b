"""Feeders: systems of structures (a hospital's records, a laboratory) that send the identities they know.

An administrator registers a feeder, says which numbers are its own and how far its identities are linked without a
human; it logs in by its organisation's certificate, by an account of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown

from terresante_directory.domain import words
from terresante_directory.domain.accounts import Account, State
from terresante_directory.domain.certificates import CertificateSubject
from terresante_directory.domain.identifiers import StructureId, TerritoryCode
from terresante_directory.domain.structures import Structure
from terresante_directory.domain.territories import Administrator

FeederId = NewType("FeederId", UUID)

OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
MAX_OID = 64
MAX_ISSUERS = 20
MAX_NAME = 200
INS = "1.2.250.1.213.1.4"
"""Arc of the authorities that give the INS (NIR, NIA, tests): a national number is nobody's own."""


class FeederNameInvalid(Invalid):
    reason = "FEEDER_NAME_INVALID"


class FeederUnknown(Unknown):
    reason = "FEEDER_UNKNOWN"


class IssuerInvalid(Invalid):
    reason = "ISSUER_INVALID"


class IssuerTaken(Conflict):
    reason = "ISSUER_TAKEN"


class FeedingPolicyUnknown(Invalid):
    reason = "FEEDING_POLICY_UNKNOWN"


class Policy(StrEnum):
    """How far a feeder's identities are linked without a human; what each means is identity's affair."""

    STRICT = "strict"
    SUGGEST = "suggest"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Feeder:
    """A system of a structure. `issuers`: OIDs of the numbers it gives, in the order written. `subject`: RFC 4514."""

    id: FeederId
    name: str
    structure: StructureId
    territory: TerritoryCode
    issuers: tuple[str, ...]
    policy: Policy
    subject: str
    account: State | None = None
    version: int = 1


def register_feeder(
    id: FeederId,
    *,
    name: str,
    structure: Structure,
    issuers: Sequence[str],
    policy: str,
    subject: CertificateSubject,
    by: Administrator,
) -> Feeder:
    """A new feeder from what was typed. Its structure's territory must be the administrator's (R-ROR4)."""
    by.must_administer(structure.territory)
    return Feeder(
        id=id,
        name=_name(name),
        structure=structure.id,
        territory=structure.territory,
        issuers=_issuers(issuers),
        policy=known_policy(policy),
        subject=subject.text,
        account=State.PENDING,
    )


def changed(feeder: Feeder, account: Account, policy: Policy | None = None) -> Feeder:
    """The feeder after a decision on its account or policy (None: stays): a new version if anything is another."""
    after = replace(feeder, account=account.state, policy=policy or feeder.policy)
    return feeder if after == feeder else replace(after, version=feeder.version + 1)


def known_policy(text: str) -> Policy:
    """Raises `FeedingPolicyUnknown`."""
    try:
        return Policy(text)
    except ValueError:
        raise FeedingPolicyUnknown(
            "Cette politique de rapprochement n’existe pas.", "Choisissez strict, suggest ou auto."
        ) from None


def issuer_taken() -> IssuerTaken:
    """The refusal for an OID that another feeder, anywhere in the region, gives numbers under."""
    return IssuerTaken(
        "Un autre système donne déjà des numéros sous l’un de ces OID.",
        "Vérifiez les OID auprès de la structure : chacun n’appartient qu’à un système.",
    )


def unknown_feeder() -> FeederUnknown:
    return FeederUnknown("Ce système n’existe pas.", "Relisez la liste des systèmes.")


def _name(text: str) -> str:
    name = words.tidy(text)
    if not words.search_words(name) or len(name) > MAX_NAME or not words.is_readable(text):
        raise FeederNameInvalid(
            "Le nom d’un système a de 1 à 200 caractères lisibles.", "Donnez le nom sous lequel il est connu."
        )
    return name


def _issuers(texts: Sequence[str]) -> tuple[str, ...]:
    issuers = tuple(dict.fromkeys(map(_oid, texts)))
    if not issuers or len(issuers) > MAX_ISSUERS:
        raise IssuerInvalid(
            "Un système donne des numéros sous 1 à 20 OID.", "Indiquez l’OID de ses identifiants de patient (IPP)."
        )
    return issuers


def _oid(text: str) -> str:
    oid = text.strip().removeprefix("urn:oid:")
    if len(oid) > MAX_OID or OID.fullmatch(oid) is None or f"{oid}.".startswith(f"{INS}."):
        raise IssuerInvalid(
            "Cet OID n’est pas celui d’identifiants propres à un système.",
            "Recopiez l’OID de ses identifiants de patient (IPP), comme 1.2.250.1.999.1.2 ; jamais celui de l’INS.",
        )
    return oid
