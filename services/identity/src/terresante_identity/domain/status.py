"""How far an identity may be trusted (RNIV): facts I and C, attributes, the four statuses, and what may
happen to them.

I: the traits were retrieved or verified through INSi. C: they were found consistent on a high-trust identity
device. The table
`TRANSITIONS` is the whole rule: every status with every event. The wire codes of each interface are computed
from I, C and the attributes, never stored (R-ID8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType

from terresante_platform.refusals import Conflict, Invalid

from terresante_identity.domain.ins import Ins

# Modes of validation by a high-trust device (EXI ID 19).
VALIDATION_MODES = frozenset({"AN", "CC", "CE", "CM", "CN", "CS", "LE", "PA", "PC", "TC", "DC", "AC", "IE"})


class FlagsExclusive(Conflict):
    reason = "IDENTITY_FLAGS_EXCLUSIVE"


class Flagged(Conflict):
    reason = "IDENTITY_FLAGGED"


class NoIns(Conflict):
    reason = "INS_ABSENT"


class TraitsDiffer(Conflict):
    reason = "IDENTITY_TRAITS_DIFFER"


class ValidationModeUnknown(Invalid):
    reason = "IDENTITY_VALIDATION_MODE_UNKNOWN"


class TwoActiveIns(Conflict):
    reason = "IDENTITY_TWO_ACTIVE_INS"


class Status(StrEnum):
    """RNIV statuses, exclusive. The value is the code of FR Core."""

    PROVISIONAL = "PROV"
    RETRIEVED = "RECUP"
    VALIDATED = "VALI"
    QUALIFIED = "QUAL"


class Flag(StrEnum):
    """RNIV attributes (EXI SI 09). The only combination allowed is douteuse with homonyme."""

    HOMONYM = "homonyme"
    DOUBTFUL = "douteuse"
    FICTITIOUS = "fictive"


FORCE_PROVISIONAL = frozenset({Flag.DOUBTFUL, Flag.FICTITIOUS})


@dataclass(frozen=True, slots=True)
class Standing:
    """Facts I (`retrieved`) and C (`checked`), and attributes. Holds R-ID7: an INS is present exactly if
    `retrieved`.
    """

    retrieved: bool = False
    checked: bool = False
    flags: frozenset[Flag] = frozenset()

    def __post_init__(self) -> None:
        if self.flags & FORCE_PROVISIONAL and (self.retrieved or self.checked):
            raise ValueError("a doubtful or fictitious identity is provisional")
        if Flag.FICTITIOUS in self.flags and len(self.flags) > 1:
            raise ValueError("fictitious excludes the other attributes")

    @property
    def status(self) -> Status:
        if self.retrieved:
            return Status.QUALIFIED if self.checked else Status.RETRIEVED
        return Status.VALIDATED if self.checked else Status.PROVISIONAL

    @property
    def may_call_insi(self) -> bool:
        """R-ID10: INSi is never asked about a doubtful or fictitious identity."""
        return not self.flags & FORCE_PROVISIONAL


class Event(Enum):
    """What may happen to an identity that carries neither DOUT nor FICT."""

    INSI_EQUAL = auto()  # answer 00, all strict traits equal: no acceptance needed (R-ID11)
    INSI_DIFFERENT_ACCEPTED = auto()  # answer 00, other traits, shown to a human who accepts (R-ID11)
    INSI_DIFFERENT = auto()  # answer 00, other traits, not accepted
    INSI_NONE = auto()  # answer 01
    INSI_SEVERAL = auto()  # answer 02: none is ever picked (R-ID9)
    INSI_CONFIRMED = auto()  # verification OK
    INSI_REFUTED = auto()  # verification KO
    DOCUMENT_EQUAL = auto()  # high-trust document checked, strict traits equal
    TRAITS_EDITED = auto()  # a strict trait changed by hand
    TRAITS_EDITED_AND_CHECKED = auto()  # the same, against a high-trust document


class Effect(Enum):
    """What else a transition does."""

    TAKE_INS = auto()  # matricule and OID of the answer become the identity's
    TAKE_TRAITS = auto()  # strict traits are overwritten with INSi's, the old ones kept in history
    DROP_INS = auto()  # matricule and OID are removed, kept in history
    ANOMALY = auto()  # a human must look; nothing is overwritten
    REFUSED = auto()  # the event changes nothing and the caller is told so
    NO_INS = auto()  # there is no INS that could be verified: refused


PROV, RECUP, VALI, QUAL = Status.PROVISIONAL, Status.RETRIEVED, Status.VALIDATED, Status.QUALIFIED
_NEW_INS = frozenset({Effect.TAKE_INS, Effect.TAKE_TRAITS})
_SAME_TRAITS = frozenset({Effect.TAKE_INS})
_DROP = frozenset({Effect.DROP_INS})
_ANOMALY = frozenset({Effect.ANOMALY})
_REFUSED = frozenset({Effect.REFUSED})
_NO_INS = frozenset({Effect.NO_INS})
_NOTHING: frozenset[Effect] = frozenset()

TRANSITIONS: Mapping[tuple[Status, Event], tuple[Status, frozenset[Effect]]] = MappingProxyType(
    {
        (PROV, Event.INSI_EQUAL): (RECUP, _NEW_INS),
        (RECUP, Event.INSI_EQUAL): (RECUP, _SAME_TRAITS),
        (VALI, Event.INSI_EQUAL): (QUAL, _SAME_TRAITS),
        (QUAL, Event.INSI_EQUAL): (QUAL, _SAME_TRAITS),
        (PROV, Event.INSI_DIFFERENT_ACCEPTED): (RECUP, _NEW_INS),
        (RECUP, Event.INSI_DIFFERENT_ACCEPTED): (RECUP, _NEW_INS),
        (VALI, Event.INSI_DIFFERENT_ACCEPTED): (VALI, _ANOMALY),
        (QUAL, Event.INSI_DIFFERENT_ACCEPTED): (QUAL, _ANOMALY),
        (PROV, Event.INSI_DIFFERENT): (PROV, _REFUSED),
        (RECUP, Event.INSI_DIFFERENT): (RECUP, _ANOMALY),
        (VALI, Event.INSI_DIFFERENT): (VALI, _ANOMALY),
        (QUAL, Event.INSI_DIFFERENT): (QUAL, _ANOMALY),
        (PROV, Event.INSI_NONE): (PROV, _NOTHING),
        (RECUP, Event.INSI_NONE): (RECUP, _NOTHING),
        (VALI, Event.INSI_NONE): (VALI, _NOTHING),
        (QUAL, Event.INSI_NONE): (QUAL, _NOTHING),
        (PROV, Event.INSI_SEVERAL): (PROV, _NOTHING),
        (RECUP, Event.INSI_SEVERAL): (RECUP, _NOTHING),
        (VALI, Event.INSI_SEVERAL): (VALI, _NOTHING),
        (QUAL, Event.INSI_SEVERAL): (QUAL, _NOTHING),
        (PROV, Event.INSI_CONFIRMED): (PROV, _NO_INS),
        (RECUP, Event.INSI_CONFIRMED): (RECUP, _NOTHING),
        (VALI, Event.INSI_CONFIRMED): (VALI, _NO_INS),
        (QUAL, Event.INSI_CONFIRMED): (QUAL, _NOTHING),
        (PROV, Event.INSI_REFUTED): (PROV, _NO_INS),
        (RECUP, Event.INSI_REFUTED): (PROV, _DROP),
        (VALI, Event.INSI_REFUTED): (VALI, _NO_INS),
        (QUAL, Event.INSI_REFUTED): (VALI, _DROP),
        (PROV, Event.DOCUMENT_EQUAL): (VALI, _NOTHING),
        (RECUP, Event.DOCUMENT_EQUAL): (QUAL, _NOTHING),
        (VALI, Event.DOCUMENT_EQUAL): (VALI, _NOTHING),
        (QUAL, Event.DOCUMENT_EQUAL): (QUAL, _NOTHING),
        (PROV, Event.TRAITS_EDITED): (PROV, _NOTHING),
        (RECUP, Event.TRAITS_EDITED): (PROV, _DROP),
        (VALI, Event.TRAITS_EDITED): (PROV, _NOTHING),
        (QUAL, Event.TRAITS_EDITED): (PROV, _DROP),
        (PROV, Event.TRAITS_EDITED_AND_CHECKED): (VALI, _NOTHING),
        (RECUP, Event.TRAITS_EDITED_AND_CHECKED): (VALI, _DROP),
        (VALI, Event.TRAITS_EDITED_AND_CHECKED): (VALI, _NOTHING),
        (QUAL, Event.TRAITS_EDITED_AND_CHECKED): (VALI, _DROP),
    }
)
# On a doubtful or fictitious identity, only correcting the traits is left.
ALLOWED_WHEN_FLAGGED = frozenset({Event.TRAITS_EDITED})


@dataclass(frozen=True, slots=True)
class Change:
    """The standing after an event, and what else is to be done."""

    standing: Standing
    effects: frozenset[Effect]


def after(standing: Standing, event: Event) -> Change:
    """What an event makes of a standing. Total: each pair has a change or a refusal.

    Refuses with IDENTITY_FLAGGED (INSi or a document check on a doubtful or fictitious identity, R-ID10),
    INS_ABSENT.
    """
    if not standing.may_call_insi and event not in ALLOWED_WHEN_FLAGGED:
        raise Flagged(
            "Une identité douteuse ou fictive ne peut être ni recherchée dans INSi, ni validée (R-ID10, EXI ID 26).",
            "Levez d’abord le doute ; une identité fictive reste provisoire.",
            rule="R-ID10",
        )
    status, effects = TRANSITIONS[standing.status, event]
    if Effect.NO_INS in effects:
        raise NoIns(
            "Cette identité n’a pas de matricule INS à vérifier (R-ID7).",
            "Recherchez d’abord l’INS par les traits.",
            rule="R-ID7",
        )
    after_standing = Standing(retrieved=status in {RECUP, QUAL}, checked=status in {VALI, QUAL}, flags=standing.flags)
    return Change(after_standing, effects)


def with_flags(standing: Standing, flags: frozenset[Flag]) -> Change:
    """The attributes become exactly `flags`. DOUT or FICT forces PROV and removes the INS; lifting it gives
    nothing back.
    """
    if Flag.FICTITIOUS in flags and len(flags) > 1:
        raise FlagsExclusive(
            "Une identité fictive ne peut être ni douteuse ni homonyme (EXI SI 09).",
            "Gardez fictive seule, ou douteuse avec homonyme.",
            rule="EXI SI 09",
        )
    if flags & FORCE_PROVISIONAL:
        return Change(Standing(flags=flags), _DROP if standing.retrieved else _NOTHING)
    return Change(Standing(standing.retrieved, standing.checked, flags), _NOTHING)


def require_validation_mode(mode: str) -> None:
    """EXI ID 19: the document is of a kind that may be trusted."""
    if mode not in VALIDATION_MODES:
        raise ValidationModeUnknown(
            "Ce mode de validation n’est pas un dispositif à haut niveau de confiance (EXI ID 19).",
            "Un code parmi : " + ", ".join(sorted(VALIDATION_MODES)) + ".",
            field="validation_mode",
            rule="EXI ID 19",
        )


def traits_differ(names: tuple[str, ...]) -> TraitsDiffer:
    """The refusal for strict traits that are not equal; `names` are the traits', never their values."""
    return TraitsDiffer(
        "Des traits stricts diffèrent de ceux de l’identité (R-ID11) : rien n’a été changé.",
        "Comparez avec la personne et son document, corrigez les traits, puis recommencez.",
        rule="R-ID11",
        traits=" ".join(names),
    )


def require_mergeable(survivor: Ins | None, absorbed: Ins | None) -> None:
    """Two identities with two different active INS are two people: their merge is refused."""
    if survivor is not None and absorbed is not None and survivor != absorbed:
        raise TwoActiveIns(
            "Les deux identités ont chacune un matricule INS actif, et ils diffèrent.",
            "Faites trancher par la cellule d’identitovigilance : l’un des deux est faux.",
            rule="RNIV, fusion",
        )
