"""Imports on their way: what may be asked of one, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown

from terresante_directory.domain.facts import ActId, SubjectKind
from terresante_directory.domain.history import FieldChange
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.imports.formats import Format
from terresante_directory.domain.territories import Administrator

ImportId = NewType("ImportId", UUID)


class ImportUnknown(Unknown):
    reason = "IMPORT_UNKNOWN"


class ImportNotReady(Conflict):
    reason = "IMPORT_NOT_READY"


class ImportApplied(Conflict):
    reason = "IMPORT_APPLIED"


class LineUnknown(Unknown):
    reason = "LINE_UNKNOWN"


class ChoiceInvalid(Invalid):
    reason = "CHOICE_INVALID"


class NothingChosen(Conflict):
    reason = "NOTHING_CHOSEN"


class SourceUnknown(Invalid):
    reason = "SOURCE_UNKNOWN"


class DifferenceUnknown(Unknown):
    reason = "DIFFERENCE_UNKNOWN"


class State(StrEnum):
    """Where an import is."""

    READING = "reading"
    READY = "ready"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    DISCARDED = "discarded"


class Outcome(StrEnum):
    """What a line would do."""

    SAME = "same"
    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    ELSEWHERE = "elsewhere"


CHOOSABLE = (Outcome.NEW, Outcome.CHANGED, Outcome.GONE, Outcome.CONFLICT)


@dataclass(frozen=True, slots=True)
class Import:
    """A file on its way. `territory`: blank for all of the administrator's. `territories`: those it may change.

    `counts`: by outcome, lines and how many of them are chosen.
    """

    id: ImportId
    format: Format
    source: str
    file_name: str
    territory: str
    territories: frozenset[TerritoryCode]
    complete: bool
    encoding: str
    state: State
    at: datetime
    by: AdministratorId
    bytes_total: int
    bytes_read: int = 0
    counts: Mapping[Outcome, tuple[int, int]] = field(default_factory=dict)
    failure: str = ""
    act: ActId | None = None
    why: str = ""
    version: int = 1
    attempts: int = 0
    """How often a replica set out to do what its state asks for."""

    def must_be_seen_by(self, administrator: Administrator) -> None:
        """Raises `ImportUnknown` for one that concerns a territory of others (R-ROR4)."""
        if not self.territories <= administrator.territories:
            raise unknown_import()

    def must_be_ready(self) -> None:
        """Raises `ImportApplied`, `ImportNotReady`."""
        if self.state is State.APPLIED:
            raise ImportApplied("Cet import a déjà été appliqué.", "Pour revenir en arrière, annulez-le.")
        if self.state is not State.READY:
            raise ImportNotReady("Cet import n’est pas prêt.", "Attendez la fin de la lecture, puis regardez-le.")

    def must_be_discardable(self) -> None:
        """Raises `ImportApplied`, `ImportNotReady` while it is being applied."""
        if self.state in (State.APPLIED, State.APPLYING):
            self.must_be_ready()


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A line with what it would do to one subject (`subject` blank: new). One that tells of several stands for each.

    `seen`: the fact compared with. `choosable`: taking it makes sense.
    """

    number: int
    rank: int
    outcome: Outcome
    kind: SubjectKind | None
    key: str = ""
    subject: str = ""
    label: str = ""
    reasons: tuple[str, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    seen: str = ""
    choosable: bool = False
    chosen: bool = False


def unknown_import() -> ImportUnknown:
    return ImportUnknown("Cet import n’existe pas.", "Cherchez-le dans la liste de vos imports.")


def unknown_line() -> LineUnknown:
    return LineUnknown("Cette ligne n’existe pas dans l’import.", "Relisez la liste des lignes.")


def invalid_choice() -> ChoiceInvalid:
    return ChoiceInvalid(
        "Ces lignes ne peuvent pas être appliquées, ou le choix ne dit pas lesquelles.",
        "Choisissez des lignes nouvelles, changées, disparues ou en conflit, par numéro ou toutes d’un genre.",
    )


def nothing_chosen() -> NothingChosen:
    return NothingChosen("Aucune ligne n’est choisie.", "Choisissez les lignes à appliquer.")


def unknown_source() -> SourceUnknown:
    return SourceUnknown("Cette source n’existe pas.", "Choisissez annuaire, finess ou ror.")


def unknown_difference() -> DifferenceUnknown:
    return DifferenceUnknown("Cet écart n’existe plus : rien n’a été changé.", "Relisez la liste des écarts.")
