"""The life of a login account: NONE → PENDING → OPEN → SUSPENDED, decided here, done in Keycloak afterwards.

The database says what must be; Keycloak is made to agree. Two facts say how far that is: `settled` (it is
known to agree) and `turn` (counts the decisions: who carries one out sees that another came meanwhile).
Whoever acts on Keycloak holds a lease, so that two of them never mix their steps; a suspension never waits.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from terresante_platform.refusals import Conflict, Denied, Invalid, Unavailable, Unknown

from terresante_directory.domain.certificates import CertificateSubject
from terresante_directory.domain.identifiers import Rpps

LEASE = timedelta(seconds=60)
"""Longer than Keycloak is ever waited for in one go (`accounts.LONGEST`), so that no two holders overlap."""


class CallerSuspended(Denied):
    reason = "CALLER_SUSPENDED"


class AccountUnknown(Unknown):
    reason = "ACCOUNT_UNKNOWN"


class AccountSuspended(Conflict):
    reason = "ACCOUNT_SUSPENDED"


class AccountAlready(Conflict):
    reason = "ACCOUNT_ALREADY"


class AccountBusy(Conflict):
    reason = "ACCOUNT_BUSY"


class AccountCardTaken(Conflict):
    reason = "ACCOUNT_CARD_TAKEN"


class AccountMeansInvalid(Invalid):
    reason = "ACCOUNT_MEANS_INVALID"


class AccountStateInvalid(Invalid):
    reason = "ACCOUNT_STATE_INVALID"


class AccountsUnavailable(Unavailable):
    reason = "ACCOUNTS_UNAVAILABLE"


class Kind(StrEnum):
    """Whose account: the token's `kind`."""

    PROFESSIONAL = "professional"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class State(StrEnum):
    """What the account is meant to be. No row: none."""

    PENDING = "pending"
    OPEN = "open"
    SUSPENDED = "suspended"


class Means(StrEnum):
    """How its holder logs in."""

    CARD = "card"
    PASSWORD_AND_CODE = "password_and_code"  # noqa: S105 - not a password
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """A login. `uid`: the token's, of its holder. `id_nat`: what the holder's card says, if they have one.

    `certificate`: subject of the holder's certificate, in its canonical form, if the holder is a machine.
    """

    uid: UUID
    kind: Kind
    username: str
    id_nat: str | None
    means: Means
    state: State
    settled: bool
    turn: int
    leased_until: datetime | None
    certificate: str | None = None

    def __repr__(self) -> str:
        return f"Account({self.uid}, {self.state})"

    def login(self) -> "Login":
        """What Keycloak must hold of it now."""
        enabled = self.state is not State.SUSPENDED
        return Login(self.uid, self.kind, self.username, self.id_nat, self.means, enabled, self.certificate)

    def is_leased(self, at: datetime) -> bool:
        """Whether somebody is acting on Keycloak for it at that moment."""
        return self.leased_until is not None and at < self.leased_until


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """What Keycloak must hold of an account. No name: a login needs none, and what is not there cannot leak."""

    uid: UUID
    kind: Kind
    username: str
    id_nat: str | None
    means: Means
    enabled: bool
    certificate: str | None = None

    def __repr__(self) -> str:
        return f"Login({self.uid})"


def ask(
    account: Account | None,
    *,
    uid: UUID,
    kind: Kind,
    rpps: Rpps | None,
    means: Means,
    username: str,
    at: datetime,
) -> Account:
    """The account from now on, to be carried out under the lease it carries: new, or to be given a new start.

    `username` serves for a new account only. Raises `AccountSuspended`, `AccountBusy`, `AccountMeansInvalid`.
    """
    if means is Means.CARD and rpps is None:
        raise AccountMeansInvalid(
            "Sans numéro RPPS, une carte CPS ne peut pas être reconnue.",
            "Choisissez le mot de passe avec code.",
        )
    id_nat = rpps.id_nat if rpps else None
    if account is None:
        return Account(uid, kind, username, id_nat, means, State.PENDING, False, 1, at + LEASE)
    if account.state is State.SUSPENDED:
        raise suspended()
    return replace(_leased(account, at), id_nat=id_nat, means=means, settled=False, turn=account.turn + 1)


def must_be_new(account: Account | None) -> None:
    """Raises `AccountAlready` for one that is open: another letter would make worthless the one its holder has."""
    if account is not None and account.state is State.OPEN:
        raise AccountAlready(
            "Cette personne a déjà un compte ouvert : rien n’y a été changé.",
            "S’il lui faut une nouvelle lettre, refaites-la depuis son compte.",
        )


def ask_for_machine(uid: UUID, certificate: CertificateSubject, username: str) -> Account:
    """The account of a machine from now on, leased to nobody yet. Its certificate alone opens it."""
    kind, means = Kind.SYSTEM, Means.CERTIFICATE
    return Account(uid, kind, username, None, means, State.PENDING, False, 1, None, certificate.key)


def resume(account: Account, at: datetime) -> Account:
    """The same account, leased to whoever brings Keycloak to agree. Raises `AccountBusy`."""
    return _leased(account, at)


def anew(account: Account, at: datetime) -> Account:
    """The same account, to be given the start that nobody was handed, under the lease it carries.

    Raises `AccountBusy`.
    """
    return replace(_leased(account, at), settled=False, turn=account.turn + 1)


def suspend(account: Account) -> Account:
    """Suspended whatever else is going on; again is the same."""
    if account.state is State.SUSPENDED and account.settled:
        return account
    return replace(account, state=State.SUSPENDED, settled=False, turn=account.turn + 1)


def give_up(account: Account) -> Account:
    """Suspended, and without its card, which may open another account from now on."""
    return replace(suspend(account), id_nat=None, settled=False, turn=account.turn + 2)


def reinstate(account: Account, at: datetime) -> Account:
    """Open again if it was suspended; what is left to do is leased to the caller. Raises `AccountBusy`."""
    if account.state is not State.SUSPENDED:
        return account if account.settled else _leased(account, at)
    return replace(_leased(account, at), state=State.OPEN, settled=False, turn=account.turn + 1)


def reopen(account: Account) -> Account:
    """Open again if it was suspended, whoever acts on Keycloak meanwhile: they see the turn, and go on."""
    if account.state is not State.SUSPENDED:
        return account
    return replace(account, state=State.OPEN, settled=False, turn=account.turn + 1)


def awaiting(account: Account, rpps: Rpps) -> Account:
    """An inert account that waits for that card, again if it was shut and had given it up."""
    return replace(reopen(account), id_nat=rpps.id_nat)


def renumbered(account: Account, rpps: Rpps | None) -> Account:
    """The account after its holder's number was corrected: another card opens it as soon as Keycloak is told.

    Raises `AccountMeansInvalid` when only a card opens it and there is no number any more.
    """
    if account.means is Means.CARD and rpps is None:
        raise AccountMeansInvalid(
            "Ce compte ne s’ouvre que par la carte : le numéro RPPS ne peut pas être retiré.",
            "Rouvrez d’abord le compte avec mot de passe et code.",
        )
    return replace(account, id_nat=rpps.id_nat if rpps else None, settled=False, turn=account.turn + 1)


def carried_out(account: Account, turn: int) -> Account:
    """After Keycloak did what decision number `turn` asked: settled, unless a later decision was taken."""
    if account.turn != turn:
        return account
    state = State.OPEN if account.state is State.PENDING else account.state
    return replace(account, state=state, settled=True, leased_until=None)


def suspension_carried_out(account: Account, turn: int, at: datetime) -> Account:
    """As `carried_out`, without the lease: left unsettled while a holder may still undo it unknowingly."""
    return account if account.is_leased(at) else carried_out(account, turn)


def released(account: Account) -> Account:
    """Nobody acts on it any more; what is not settled will be tried again."""
    return replace(account, leased_until=None)


def renewed(account: Account, at: datetime) -> Account:
    """The same account, its lease begun again by its holder."""
    return replace(account, leased_until=at + LEASE)


def means_invalid() -> AccountMeansInvalid:
    return AccountMeansInvalid("Ce moyen de connexion n’existe pas.", "Choisissez la carte, ou mot de passe et code.")


def state_invalid() -> AccountStateInvalid:
    return AccountStateInvalid("Un compte s’ouvre ou se suspend, rien d’autre.", "Choisissez l’un des deux.")


def suspended() -> AccountSuspended:
    return AccountSuspended("Ce compte est suspendu.", "Rétablissez-le avant d’en rouvrir l’accès.")


def unknown_account() -> AccountUnknown:
    return AccountUnknown("Ce professionnel n’a pas de compte.", "Ouvrez-lui d’abord un compte.")


def must_not_be_suspended(account: Account | None) -> None:
    """Raises `CallerSuspended` for a caller whose account is suspended, whatever their token still says."""
    if account is not None and account.state is State.SUSPENDED:
        raise CallerSuspended("Votre compte est suspendu.", "Adressez-vous à l’administrateur de votre territoire.")


def card_taken() -> AccountCardTaken:
    """The refusal for a card number that another account has: with two, Keycloak refuses the card to both."""
    return AccountCardTaken(
        "La carte de cette personne ouvre déjà un autre compte.", "Gardez un seul compte par numéro RPPS."
    )


def unavailable() -> AccountsUnavailable:
    return AccountsUnavailable(
        "Le service des comptes ne répond pas : la demande est gardée et sera achevée dès son retour.",
        "Rien n’est à refaire, sauf s’il faut un mot de passe de départ : redemandez-le dans quelques minutes.",
    )


def left_alone() -> AccountsUnavailable:
    """The refusal for one of many that was not begun: the service of accounts is away, or took all the time."""
    return AccountsUnavailable(
        "Ce compte n’a pas été ouvert : le service des comptes ne répond pas, ou trop lentement.",
        "Rien n’a changé. Recommencez pour cette personne dans quelques minutes.",
    )


def _leased(account: Account, at: datetime) -> Account:
    if account.is_leased(at):
        raise AccountBusy("Une opération est en cours sur ce compte.", "Réessayez dans une minute.")
    return replace(account, leased_until=at + LEASE)
