"""Addresses that mail goes to, and the codes that prove whose they are. Rules only: no I/O, no clock."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from terresante_platform.refusals import Invalid, TooMany

CODE_DIGITS = 8
CODE_LASTS = timedelta(minutes=15)
CODE_TRIES = 5
CODES_AN_HOUR = 3
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")
_CODE = re.compile(rf"[0-9]{{{CODE_DIGITS}}}")
"""The dot-atoms of RFC 5322 (3.2.3), with the lengths of RFC 5321 (4.5.3.1): no quotes, no comments, ASCII only."""


class EmailInvalid(Invalid):
    """Not an address that mail can go to."""

    reason = "EMAIL_INVALID"

    def __init__(self) -> None:
        super().__init__(
            "Cette adresse électronique n’est pas valable.", "Corrigez-la : nom@domaine, sans accents ni espaces."
        )


class EmailTooOften(TooMany):
    """Three codes went out within the hour."""

    reason = "EMAIL_TOO_OFTEN"

    def __init__(self) -> None:
        super().__init__(
            f"{CODES_AN_HOUR} codes ont déjà été envoyés depuis une heure.", "Attendez une heure, puis recommencez."
        )


class CodeInvalid(Invalid):
    """Wrong, too old, or tried too often: which, is not told."""

    reason = "CODE_INVALID"

    def __init__(self) -> None:
        super().__init__(
            "Ce code n’est pas le bon, ou n’est plus valable.",
            "Vérifiez le dernier message reçu, ou demandez un nouveau code.",
        )


@dataclass(frozen=True, slots=True)
class Given:
    """A code that went out: its mark, until when it is taken, how often a wrong one was tried."""

    mark: bytes
    ends_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody's mail goes: the address confirmed, the one given last, and the code that went to it."""

    confirmed: str = ""
    given: str = ""
    code: Given | None = None
    asked: tuple[datetime, ...] = ()
    """When codes were asked for, of the last hour."""
    failed_at: datetime | None = None

    @property
    def known(self) -> str:
        """The one to show to its owner."""
        return self.confirmed or self.given


def parsed(text: str) -> str:
    """The address, its domain in lower case. Refuses with EMAIL_INVALID."""
    local, at, domain = text.strip().rpartition("@")
    fits = at and len(local) <= 64 and len(domain) <= 253 and len(local) + len(domain) + 1 <= 254
    if not fits or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise EmailInvalid
    return f"{local}@{domain.lower()}"


def shown(address: str) -> str:
    """So that its owner knows it again and nobody else learns it: m…e@…fr."""
    local, _, domain = address.rpartition("@")
    last = local[-1] if len(local) > 2 else ""
    return f"{local[0]}…{last}@…{domain.rpartition('.')[2]}"


def asked_again(asked: Sequence[datetime], now: datetime) -> list[datetime]:
    """When codes went out within the hour, with this one. Refuses with EMAIL_TOO_OFTEN."""
    recent = [at for at in asked if at > now - timedelta(hours=1)]
    if len(recent) >= CODES_AN_HOUR:
        raise EmailTooOften
    return [*recent, now]


def is_code(text: str) -> bool:
    """Whether it could be one at all."""
    return _CODE.fullmatch(text) is not None


def confirms(given: Given | None, mark: bytes, now: datetime) -> bool:
    """Whether the code with that mark is the one that went out, in time, after no more than four wrong ones."""
    if given is None or now >= given.ends_at or given.tries >= CODE_TRIES:
        return False
    return hmac.compare_digest(given.mark, mark)
