"""Ways to reach a structure or an offer, each with the level of those who may know it."""

from collections.abc import Iterable
from dataclasses import dataclass

from terresante_platform.refusals import Invalid

from terresante_directory.domain import words

MAX_TELECOMS = 20
MAX_VALUE = 250
MAX_LABEL = 100
MAX_CHANNEL = 40
LEVELS = (1, 2, 3)


class TelecomInvalid(Invalid):
    reason = "TELECOM_INVALID"


@dataclass(frozen=True, slots=True)
class Telecom:
    """`channel`: a code, unknown ones are kept. `confidentiality`: 1 open to all, 2 professionals, 3 administrators."""

    channel: str
    value: str
    label: str = ""
    confidentiality: int = 1


def telecoms(typed: Iterable[Telecom]) -> tuple[Telecom, ...]:
    """As kept; level 0 means 1. Raises `TelecomInvalid`."""
    kept = tuple(_telecom(each) for each in typed)
    if len(kept) > MAX_TELECOMS:
        raise TelecomInvalid("Une fiche porte 20 moyens de contact au plus.", "Retirez ceux qui ne servent plus.")
    return kept


def _telecom(typed: Telecom) -> Telecom:
    channel, value, label = words.tidy(typed.channel), words.tidy(typed.value), words.tidy(typed.label)
    fits = 0 < len(channel) <= MAX_CHANNEL and 0 < len(value) <= MAX_VALUE and len(label) <= MAX_LABEL
    if not fits or not all(map(words.is_readable, (channel, value, label))):
        raise TelecomInvalid(
            "Un moyen de contact a une nature, une valeur lisible (250 caractères au plus) et, au besoin, un libellé.",
            "Complétez-le ou retirez-le.",
        )
    level = typed.confidentiality or 1
    if level not in LEVELS:
        raise TelecomInvalid("Le niveau de confidentialité va de 1 à 3.", "Choisissez-en un de la liste.")
    return Telecom(channel, value, label, level)
