"""Names as typed by people, and their INSi form: what is accepted, what is refused and never silently
repaired.

The INSi form has A-Z, space, apostrophe and hyphen only. Nobody types so. What is kept is the text as typed
(Unicode NFC); the INSi form is derived from it by the three rewritings that lose no spelling: case,
diacritics of letters that have an A-Z base, and the ligatures Œ and Æ (the typographic apostrophe is read as
the straight one). Every other character is a reason to refuse, because dropping or guessing it would make
another name (Ø, Ł, ß: type what the identity document's machine-readable line says).
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from terresante_platform.refusals import Invalid

MAX_NAME_LENGTH = 100
LIGATURES = {"Œ": "OE", "œ": "OE", "Æ": "AE", "æ": "AE", "’": "'"}
BIRTH_NAME = re.compile(r"[A-Z]+(?:(?:--?|[' ])[A-Z]+)*")
FIRST_NAME = re.compile(r"[A-Z]+(?:[-' ][A-Z]+)*")
PREFIX = re.compile(r"[A-Z](?:[A-Z]|[-' ](?=[A-Z]|$)){0,2}")
PREFIX_LENGTH = 3
INSI_RULE = "INSi, format des noms"


class NameField(StrEnum):
    """Which name: the value is the field's name in requests, the property its name in French sentences."""

    BIRTH_NAME = "birth_name"
    FIRST_NAME = "first_name"
    GIVEN_NAMES = "given_names"
    USED_NAME = "used_name"
    USED_FIRST_NAME = "used_first_name"

    @property
    def label(self) -> str:
        return {
            NameField.BIRTH_NAME: "Le nom de naissance",
            NameField.FIRST_NAME: "Le premier prénom",
            NameField.GIVEN_NAMES: "La liste des prénoms",
            NameField.USED_NAME: "Le nom utilisé",
            NameField.USED_FIRST_NAME: "Le prénom utilisé",
        }[self]


class NameMissing(Invalid):
    reason = "IDENTITY_NAME_MISSING"


class NameTooLong(Invalid):
    reason = "IDENTITY_NAME_TOO_LONG"


class NameInvisibleCharacter(Invalid):
    reason = "IDENTITY_NAME_INVISIBLE_CHARACTER"


class NameCharacter(Invalid):
    reason = "IDENTITY_NAME_CHARACTER"


class NameShape(Invalid):
    reason = "IDENTITY_NAME_SHAPE"


class FirstNameNotFirst(Invalid):
    reason = "IDENTITY_FIRST_NAME_NOT_FIRST"


class PrefixShape(Invalid):
    reason = "IDENTITY_SEARCH_PREFIX"


@dataclass(frozen=True, slots=True)
class Name:
    """One name: `typed` (NFC, shown to people) and `insi` (A-Z form, compared and sent to INSi). Never
    printed.
    """

    typed: str = field(repr=False)
    insi: str = field(repr=False)


def parsed_name(typed: str, which: NameField) -> Name:
    """A name as typed -> its two forms. Raises the refusal that says what is wrong, never what was typed."""
    if len(typed) > 4 * MAX_NAME_LENGTH:
        raise _too_long(which)
    kept = unicodedata.normalize("NFC", typed)
    insi = _insi_form(kept, which)
    if max(len(kept), len(insi)) > MAX_NAME_LENGTH:
        raise _too_long(which)
    shape = BIRTH_NAME if which in {NameField.BIRTH_NAME, NameField.USED_NAME} else FIRST_NAME
    if shape.fullmatch(insi) is None:
        raise NameShape(
            f"{which.label} commence ou finit par un séparateur, ou en contient deux de suite ({INSI_RULE}).",
            "Un seul espace, tiret ou apostrophe entre deux lettres ; le double tiret n’existe que dans un nom.",
            field=which,
            rule=INSI_RULE,
        )
    return Name(kept, insi)


def parsed_prefix(typed: str, which: NameField) -> str:
    """Up to three first characters of a name, for a search (R-ID2); "" when none was given.

    Returns the comparable form (see `comparable`). More than three characters are cut, not refused: who types
    the whole name means its beginning.
    """
    if not typed:
        return ""
    if len(typed) > 4 * MAX_NAME_LENGTH:
        raise _too_long(which)
    insi = _insi_form(unicodedata.normalize("NFC", typed), which)[:PREFIX_LENGTH]
    if PREFIX.fullmatch(insi) is None:
        raise PrefixShape(
            f"{which.label} cherché doit commencer par une lettre (R-ID2).",
            "Donnez les trois premières lettres du nom, ou laissez ce champ vide.",
            field=which,
            rule="R-ID2, EXI ID 17",
        )
    return comparable(insi)


def comparable(insi: str) -> str:
    """INSi form with hyphens and apostrophes as spaces: how two spellings of one name are compared (EXI ID
    10).
    """
    return re.sub(r"[-' ]+", " ", insi)


def beginning(name: Name) -> str:
    """Its first three characters, comparable: what R-ID2 searches by."""
    return comparable(name.insi[:PREFIX_LENGTH])


def require_first_of(first: Name, all_first_names: Name) -> None:
    """EXI ID 10: the first name is the beginning of the list of first names, hyphen and apostrophe counting
    as space.
    """
    whole, beginning = comparable(all_first_names.insi).split(" "), comparable(first.insi).split(" ")
    if whole[: len(beginning)] != beginning:
        raise FirstNameNotFirst(
            "Le premier prénom n’est pas le début de la liste des prénoms (EXI ID 10).",
            "Recopiez les prénoms dans l’ordre de l’acte de naissance.",
            field=NameField.FIRST_NAME,
            rule="EXI ID 10",
        )


def _insi_form(kept: str, which: NameField) -> str:
    if not kept.strip():
        raise NameMissing(
            f"{which.label} est obligatoire (R-ID1).",
            "Saisissez-le tel qu’il figure sur le document d’identité.",
            field=which,
            rule="R-ID1",
        )
    return "".join(_rewritten(character, which) for character in kept)


def _rewritten(character: str, which: NameField) -> str:
    if character in LIGATURES:
        return LIGATURES[character]
    if character in "-' " or ("A" <= character <= "Z"):
        return character
    category = unicodedata.category(character)
    if category[0] in "CMZ":
        raise NameInvisibleCharacter(
            f"{which.label} contient un caractère invisible ou un signe qui ne s’attache à aucune lettre "
            f"({INSI_RULE}).",
            "Effacez le champ et saisissez le nom au clavier plutôt que de le coller.",
            field=which,
            rule=INSI_RULE,
        )
    base = unicodedata.normalize("NFD", character)[0]
    if category in {"Lu", "Ll"} and base.isascii() and base.isalpha():
        return base.upper()
    raise NameCharacter(
        f"{which.label} contient un caractère qu’INSi n’admet pas : ni chiffre, ni symbole, ni lettre hors "
        f"A-Z ({INSI_RULE}).",
        "Saisissez le nom tel qu’il figure dans la zone de lecture optique du document d’identité.",
        field=which,
        rule=INSI_RULE,
    )


def _too_long(which: NameField) -> NameTooLong:
    return NameTooLong(
        f"{which.label} dépasse {MAX_NAME_LENGTH} caractères ({INSI_RULE}).",
        "Vérifiez que le champ ne contient que le nom.",
        field=which,
        rule=INSI_RULE,
    )
