"""Words that a person can read: nothing in them is invisible, or changes how the rest is shown."""

import unicodedata

_ALLOWED_FORMAT = "\u200c\u200d\u00ad"
"""Joiners that some scripts and emoji need, and the soft hyphen: the only invisible characters a text may hold."""


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
    return category in {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"} or (category == "Cf" and character not in _ALLOWED_FORMAT)
