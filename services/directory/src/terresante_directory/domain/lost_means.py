"""What somebody lost of how they log in, a card or the phone with their codes; and what was done to accounts, and why.

Keycloak cannot refuse a card by the day it was made: its X.509 step knows the number that a card bears, which the next
card bears too. So a lost card's number is taken away from the account in Keycloak, and no card opens it, until an
administrator who saw the new card opens the account by card again (`OpenAccount`). By then its authority must have
revoked the lost one, or both open it: the administrator is told so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from terresante_platform.refusals import Invalid

from terresante_directory.domain.accounts import Account, AccountMeansInvalid, Kind, Login, Means, State, suspended
from terresante_directory.domain.acts import WhyInvalid, why
from terresante_directory.domain.identifiers import TerritoryCode


class EvidenceInvalid(Invalid):
    reason = "EVIDENCE_INVALID"


class AccountActKind(StrEnum):
    """What was done to an account, or to what somebody may do. `started`: Keycloak has a start to hand over."""

    OPENED = "opened"
    STARTED = "started"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    PHONE_REPLACED = "phone_replaced"
    CARD_LOST = "card_lost"
    CARD_SEEN = "card_seen"
    ADMINISTRATOR_NAMED = "administrator_named"
    ADMINISTRATOR_ENDED = "administrator_ended"
    CORRESPONDENT_NAMED = "correspondent_named"
    CORRESPONDENT_ENDED = "correspondent_ended"
    ENROLLED_ALONE = "enrolled_alone"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class AccountAct:
    """Who did it, when and why; never a secret. `by` None: nobody but the platform. `evidence`: how an identity was
    checked."""

    uid: UUID
    kind: AccountActKind
    by: UUID | None
    at: datetime
    why: str = ""
    evidence: str = ""
    territories: frozenset[TerritoryCode] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class Remembered:
    """An act read again. `holder`: name of whose account it is; `doer`: of who did it, blank for the platform."""

    id: UUID
    act: AccountAct
    holder: str
    holder_kind: Kind
    doer: str

    def __repr__(self) -> str:
        return f"Remembered({self.id})"


@dataclass(frozen=True, slots=True)
class Loss:
    """`card`: since when no card opens the account. `phone`: since when a new phone is to be asked of its holder."""

    card: datetime | None = None
    phone: datetime | None = None

    def login(self, account: Account) -> Login:
        """What Keycloak must hold of the account: not the number of a lost card."""
        login = account.login()
        return replace(login, id_nat=None) if self.card else login


def known_evidence(code: str, evidence: Mapping[str, str]) -> str:
    """How an identity was checked, of the data file's list. Raises `EvidenceInvalid`."""
    if code not in evidence:
        raise EvidenceInvalid(
            "Cette façon de vérifier une identité n’est pas admise.",
            f"Choisissez parmi : {', '.join(evidence.values())}.",
        )
    return code


def given_why(text: str) -> str:
    """A reason that must be given. Raises `WhyInvalid`."""
    kept = why(text)
    if not kept:
        raise WhyInvalid("Un motif est obligatoire.", "Écrivez en quelques mots pourquoi.")
    return kept


def lose_phone(account: Account) -> Account:
    """The account whose holder is to enrol another phone. Raises `AccountSuspended`, `AccountMeansInvalid`."""
    if account.means is not Means.PASSWORD_AND_CODE:
        raise AccountMeansInvalid(
            "Ce compte s’ouvre par une carte : il n’y a pas de téléphone à remplacer.",
            "Si la carte est perdue, déclarez sa perte.",
        )
    if account.state is State.SUSPENDED:
        raise suspended()
    return to_be_settled(account)


def lose_card(account: Account) -> Account:
    """The account that its card opens no more. Raises `AccountMeansInvalid`."""
    if account.id_nat is None:
        raise AccountMeansInvalid(
            "Aucune carte n’ouvre ce compte : il n’a pas de numéro RPPS.",
            "Si le téléphone est perdu, faites-le remplacer.",
        )
    return to_be_settled(account)


def to_be_settled(account: Account) -> Account:
    """Another decision, which whoever acts on Keycloak for this account sees and carries out too."""
    return replace(account, settled=False, turn=account.turn + 1)
