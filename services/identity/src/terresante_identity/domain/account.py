"""How a patient gets a login: a single-use starting code, handed over in person, that expires and may not be
had at will.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, TooMany, Unavailable

from terresante_identity.domain.identity import PersonId, ProfessionalId

ActivationId = NewType("ActivationId", UUID)
# Handed over at a consultation, used at home: a long week-end must fit. Three codes a day: lost, mistyped,
# and once more.
LIFETIME = timedelta(hours=72)
ISSUED_PER_DAY = 3
# Longer than Keycloak is ever waited for: of two codes issued at once only one would open the account.
BEING_ISSUED = timedelta(seconds=60)
# No 0, O, 1, I, L, U: read aloud and copied by hand without doubt. 16 of 30 signs: 78 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_GROUPS = 4


class ActivationAlreadyDone(Conflict):
    reason = "ACTIVATION_ALREADY_DONE"


class ActivationBusy(Conflict):
    reason = "ACTIVATION_BUSY"


class AccountsUnavailable(Unavailable):
    reason = "ACCOUNTS_UNAVAILABLE"


class ActivationRateLimited(TooMany):
    reason = "ACTIVATION_RATE_LIMITED"


@dataclass(frozen=True, slots=True)
class Activation:
    """That a code was issued; `confirmed_at`: when Keycloak had it. The code itself is in Keycloak only, hashed, as a
    password to be replaced at first use.
    """

    id: ActivationId
    person: PersonId
    issued_at: datetime
    expires_at: datetime
    issued_by: ProfessionalId
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None

    def open(self, at: datetime) -> bool:
        """Whether its code may still be used."""
        return self.ended_at is None and at < self.expires_at


def issued(
    id: ActivationId,
    person: PersonId,
    *,
    earlier: Sequence[Activation],
    by: ProfessionalId,
    at: datetime,
    account_in_use: bool,
    replace: bool = False,
) -> Activation:
    """A new code. It replaces the one before: only the last one issued opens the account.

    `earlier`: all activations of that person; `account_in_use`: the patient has already set a password and a
    one-time code; `replace`: the patient lost one of them, and the account starts again. That counts as any other code:
    it puts a person out of their account. Refuses with ACTIVATION_ALREADY_DONE, ACTIVATION_BUSY,
    ACTIVATION_RATE_LIMITED.
    """
    if account_in_use and not replace:
        raise already_done()
    if any(one.confirmed_at is None and one.ended_at is None and at - one.issued_at < BEING_ISSUED for one in earlier):
        raise ActivationBusy(
            "Un code d’activation est en train d’être émis pour ce patient.", "Réessayez dans une minute."
        )
    recent = [one for one in earlier if at - one.issued_at < timedelta(days=1)]
    if len(recent) >= ISSUED_PER_DAY:
        raise ActivationRateLimited(
            f"{ISSUED_PER_DAY} codes d’activation ont déjà été émis pour ce patient en 24 heures.",
            "Utilisez le dernier code remis, ou recommencez demain.",
        )
    return Activation(id, person, at, at + LIFETIME, by)


def already_done() -> ActivationAlreadyDone:
    """The refusal of a second start that nobody asked for: the account is in use."""
    return ActivationAlreadyDone(
        "Ce patient a déjà activé son compte.",
        "S’il a perdu son mot de passe ou son téléphone, redemandez un code en le disant (« replace ») : "
        "ses sessions et ses anciens moyens de connexion prendront fin.",
    )


def accounts_unavailable() -> AccountsUnavailable:
    """The refusal while Keycloak does not answer: nothing was issued."""
    return AccountsUnavailable(
        "Le service des comptes ne répond pas : aucun code n’a été émis.", "Réessayez dans quelques minutes."
    )


def code_of(random: bytes) -> str:
    """A code in groups of four from random bytes, each sign equally likely. Raises ValueError if 64 are too few."""
    return _grouped(random, CODE_GROUPS, 4)


def username_of(random: bytes) -> str:
    """A login name from random bytes: it says nothing, and nobody can lock out somebody whose id they know."""
    return f"patient-{_grouped(random, 2, 5).lower()}"


def _grouped(random: bytes, groups: int, size: int) -> str:
    """Bytes of 240 and more are skipped: 240 is the last multiple of 30 signs below 256."""
    signs = [ALPHABET[byte % len(ALPHABET)] for byte in random if byte < 256 - 256 % len(ALPHABET)]
    if len(signs) < groups * size:
        raise ValueError("not enough random bytes")
    return "-".join("".join(signs[at * size : (at + 1) * size]) for at in range(groups))
