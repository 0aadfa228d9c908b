"""Errors of whole names: which one is typed, in what order, how it is cut and joined. Each returns whether it could."""

from __future__ import annotations

from random import Random

from terresante_dev.region.damage import letters
from terresante_dev.region.typed import Typed
from terresante_dev.region.vocabulary import rows

PARTICLES = ("DE LA ", "DE ", "DU ", "DES ", "D'", "LE ", "LA ", "EL ", "BEN ", "AIT ", "DA ", "DOS ", "DI ", "VAN ")


def usage_name(who: Typed, luck: Random) -> bool:
    """The usage name is typed as birth name."""
    return _rename(who, who.usage_name)


def married_added(who: Typed, luck: Random) -> bool:
    """The usage name stands beside the birth name: DUPONT EPOUSE MARTIN, MARTIN NEE DUPONT, DUPONT-MARTIN."""
    own, other = who.birth_name, who.usage_name
    if not other or own in other:
        return False
    forms = (f"{own} EPOUSE {other}", f"{own} EP {other}", f"{other} NEE {own}", f"{own}-{other}", f"{other} {own}")
    return _rename(who, luck.choice(forms))


def particle(who: Typed, luck: Random) -> bool:
    """The particle is left out, glued, or moved behind."""
    found = next((one for one in PARTICLES if who.birth_name.startswith(one)), "")
    if not found:
        return False
    rest = who.birth_name[len(found) :]
    glued = found.replace(" ", "").replace("'", "") + rest
    return _rename(who, luck.choice((rest, glued, glued, f"{rest} {found.strip()}")))


def part_of_double(who: Typed, luck: Random) -> bool:
    """One part of a double name."""
    parts = [part for part in who.birth_name.replace("-", " ").split(" ") if len(part) > 2]
    return len(parts) > 1 and _rename(who, parts[0] if luck.random() < 0.65 else parts[-1])


def name_cut(who: Typed, luck: Random) -> bool:
    """The name ends where the field did."""
    return len(who.birth_name) > 8 and _rename(
        who, who.birth_name[: luck.randint(6, len(who.birth_name) - 2)].strip(" '-")
    )


def name_edit(who: Typed, luck: Random) -> bool:
    """One letter of the name."""
    return _rename(who, letters.edit(who.birth_name, luck))


def name_heard(who: Typed, luck: Random) -> bool:
    """The name by ear."""
    return _rename(who, letters.heard(who.birth_name, luck))


def name_scanned(who: Typed, luck: Random) -> bool:
    """The name by scanner."""
    return _rename(who, letters.scanned(who.birth_name, luck))


def swapped(who: Typed, luck: Random) -> bool:
    """Name and first name in each other's field."""
    who.birth_name, who.given = who.given[0], [who.birth_name]
    return True


def _rename(who: Typed, name: str) -> bool:
    changed = bool(name) and name != who.birth_name
    if changed:
        who.birth_name = name
    return changed


def given_edit(who: Typed, luck: Random) -> bool:
    """One letter of the first name."""
    return _regiven(who, letters.edit(who.given[0], luck))


def given_heard(who: Typed, luck: Random) -> bool:
    """The first name by ear."""
    return _regiven(who, letters.heard(who.given[0], luck))


def given_scanned(who: Typed, luck: Random) -> bool:
    """The first name by scanner."""
    return _regiven(who, letters.scanned(who.given[0], luck))


def given_cut(who: Typed, luck: Random) -> bool:
    """The first name cut, or its initial only."""
    name = who.given[0]
    return len(name) > 4 and _regiven(
        who, name[:1] if luck.random() < 0.3 else name[: luck.randint(3, len(name) - 1)].strip("-' ")
    )


def given_half(who: Typed, luck: Random) -> bool:
    """Half of a compound first name: Jean for Jean-Pierre."""
    parts = who.given[0].replace(" ", "-").split("-")
    return len(parts) > 1 and _regiven(who, parts[0] if luck.random() < 0.7 else parts[-1])


def second_given(who: Typed, luck: Random) -> bool:
    """Known by the second given name."""
    if len(who.given) < 2:
        return False
    who.given = [who.given[1]]
    return True


def given_order(who: Typed, luck: Random) -> bool:
    """All given names, in another order."""
    if len(who.given) < 2:
        return False
    who.given = [*who.given[1:], who.given[0]] if luck.random() < 0.7 else who.given[::-1]
    return True


def given_glued(who: Typed, luck: Random) -> bool:
    """Several given names in one, or a compound one without its hyphen."""
    if "-" in who.given[0]:
        return _regiven(who, who.given[0].replace("-", ""))
    if len(who.given) < 2:
        return False
    who.given = [who.given[0] + luck.choice(("", "", "-")) + who.given[1].lower()]
    return True


def nickname(who: Typed, luck: Random) -> bool:
    """A diminutive, a French form of a foreign name, or another spelling of it."""
    others = NICKNAMES.get(who.given[0].upper())
    if not others:
        return False
    return _regiven(who, luck.choice(others))


def _regiven(who: Typed, name: str) -> bool:
    changed = bool(name) and name != who.given[0]
    if changed:
        who.given[0] = name
    return changed


def _nicknames() -> dict[str, list[str]]:
    both: dict[str, list[str]] = {}
    for row in rows("nicknames.csv"):
        forms = row["forms"].split()
        for form in forms:
            both.setdefault(form, []).extend(other for other in forms if other != form)
    return both


NICKNAMES = _nicknames()
