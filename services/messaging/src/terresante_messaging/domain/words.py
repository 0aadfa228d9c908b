"""What people write: text that a person can read, as records has it for liaison notes. Words only: no I/O, no clock."""

import unicodedata

from terresante_platform.refusals import Invalid, Stale

_ALLOWED_FORMAT = "\u200c\u200d\u00ad"
"""Joiners that some scripts and emoji need, and the soft hyphen: the only invisible characters a text may hold."""


class TextInvalid(Invalid):
    """A text nobody can read."""

    reason = "TEXT_INVALID"


class VersionStale(Stale):
    """Someone changed it since the caller read it."""

    reason = "VERSION_STALE"

    def __init__(self) -> None:
        super().__init__(
            "Cet élément a été modifié depuis que vous l’avez lu.",
            "Relisez-le, puis refaites votre modification sur sa version actuelle.",
        )


def readable_line(text: str, at_most: int) -> bool:
    """Whether `text` is one line that a person can read: 1 to `at_most` characters, none invisible or a control."""
    return 0 < len(text) <= at_most and bool(text.strip()) and not any(map(_unseen, text))


def readable_text(text: str, at_most: int) -> bool:
    """The same, over several lines: line feeds and tabs are allowed."""
    if not 0 < len(text) <= at_most or not text.strip():
        return False
    return not any(_unseen(character) for character in text if character not in "\n\r\t")


def _unseen(character: str) -> bool:
    """Controls, direction marks, zero-width marks, lone surrogates, line separators, private and unassigned
    characters."""
    if " " <= character <= "~":
        return False
    category = unicodedata.category(character)
    if category in {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}:
        return True
    return category == "Cf" and character not in _ALLOWED_FORMAT
