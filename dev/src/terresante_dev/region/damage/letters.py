"""Slips of fingers, ears and scanners inside one name."""

from __future__ import annotations

from random import Random

# Rows of a French keyboard: a finger lands beside the key.
KEYBOARD = ("AZERTYUIOP", "QSDFGHJKLM", "WXCVBN")
NEIGHBOURS = {
    key: [row[at] for at in (place - 1, place + 1) if 0 <= at < len(row)]
    for row in KEYBOARD
    for place, key in enumerate(row)
}


def _pairs(told: str) -> tuple[tuple[str, str], ...]:
    return tuple((old, new) for old, _, new in (pair.partition(">") for pair in told.split()))


SCANNED = _pairs("RN>M M>RN I>L L>I O>Q U>V V>U CL>D H>N E>F B>R II>H O>D G>C")
HEARD = _pairs(
    "EAU>O AULT>O AUX>O AUD>O OT>O AU>O PH>F F>PH QU>K K>C C>K SS>S S>SS LL>L L>LL NN>N N>NN TT>T T>TT MM>M M>MM RR>R "
    "R>RR Y>I I>Y TH>T T>TH AIN>IN EIN>IN IN>AIN EN>AN AN>EN AI>E EI>E Z>S S>Z OU>U U>OU W>OU OUA>WA DJ>J GU>G CH>SH "
    "SH>CH KH>K DH>D H> EE>E O>OU A>E E>A ET>E ER>E E>ET"
)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def insert(name: str, luck: Random) -> str:
    """One letter more: twice the same, or a neighbour on the keyboard."""
    at = _letter(name, luck)
    key = name[at].upper()
    more = key if luck.random() < 0.5 else luck.choice(NEIGHBOURS.get(key) or _ALPHABET)
    return name[: at + 1] + _cased(more, name[at]) + name[at + 1 :]


def delete(name: str, luck: Random) -> str:
    """One letter less; never the last one."""
    at = _letter(name, luck)
    return name[:at] + name[at + 1 :] if len(name) > 2 else name


def substitute(name: str, luck: Random) -> str:
    """Another letter, mostly a neighbour on the keyboard."""
    at = _letter(name, luck)
    near = NEIGHBOURS.get(name[at].upper(), ())
    other = luck.choice(near) if near and luck.random() < 0.7 else luck.choice(_ALPHABET)
    return name[:at] + _cased(other, name[at]) + name[at + 1 :]


def transpose(name: str, luck: Random) -> str:
    """Two neighbouring letters in the wrong order."""
    places = [
        at for at in range(len(name) - 1) if name[at].lower() != name[at + 1].lower() and name[at : at + 2].isalpha()
    ]
    if not places:
        return name
    at = luck.choice(places)
    return name[:at] + _cased(name[at + 1], name[at]) + _cased(name[at], name[at + 1]) + name[at + 2 :]


def edit(name: str, luck: Random) -> str:
    """One of the four."""
    return luck.choice((insert, delete, substitute, substitute, transpose))(name, luck)


def scanned(name: str, luck: Random) -> str:
    """Letters that a scanner takes for others, or an accent that it loses with its letter."""
    return _replaced(name, SCANNED, luck)


def heard(name: str, luck: Random) -> str:
    """The name as somebody spells it who only heard it."""
    return _replaced(name, HEARD, luck)


def _replaced(name: str, pairs: tuple[tuple[str, str], ...], luck: Random) -> str:
    upper = name.upper()
    fitting = [pair for pair in pairs if pair[0] in upper]
    if not fitting or len(upper) != len(name):
        return name
    old, new = luck.choice(fitting)
    places = [at for at in range(len(upper)) if upper.startswith(old, at)]
    at = luck.choice(places)
    made = name[:at] + _cased(new, name[at]) + name[at + len(old) :]
    return made if len(made) > 1 else name


def _letter(name: str, luck: Random) -> int:
    places = [at for at, one in enumerate(name) if one.isalpha()]
    # People look at the first letter while they type it.
    return luck.choice(places[1:]) if len(places) > 1 and luck.random() < 0.9 else luck.choice(places)


def _cased(new: str, beside: str) -> str:
    return new.upper() if beside.isupper() else new.lower()
