"""Imports between protobuf and the domain."""

from collections.abc import Iterable, Mapping
from typing import Any

from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror

from terresante_directory import wire
from terresante_directory.domain.imports import reasons
from terresante_directory.domain.imports.formats import Format, unknown_format
from terresante_directory.domain.imports.states import Import, ImportLine, Outcome, State, invalid_choice

FORMATS: Mapping[int, Format] = {
    pb.SOURCE_FORMAT_ANNUAIRE: Format.ANNUAIRE,
    pb.SOURCE_FORMAT_FINESS: Format.FINESS,
    pb.SOURCE_FORMAT_ROR_FHIR: Format.ROR_FHIR,
    pb.SOURCE_FORMAT_OWN_TABLE: Format.OWN_TABLE,
}
STATES: Mapping[State, Any] = {
    State.READING: pb.IMPORT_STATE_READING,
    State.READY: pb.IMPORT_STATE_READY,
    State.APPLYING: pb.IMPORT_STATE_APPLYING,
    State.APPLIED: pb.IMPORT_STATE_APPLIED,
    State.FAILED: pb.IMPORT_STATE_FAILED,
    State.DISCARDED: pb.IMPORT_STATE_DISCARDED,
}
OUTCOMES: Mapping[int, Outcome] = {
    pb.LINE_OUTCOME_SAME: Outcome.SAME,
    pb.LINE_OUTCOME_NEW: Outcome.NEW,
    pb.LINE_OUTCOME_CHANGED: Outcome.CHANGED,
    pb.LINE_OUTCOME_GONE: Outcome.GONE,
    pb.LINE_OUTCOME_CONFLICT: Outcome.CONFLICT,
    pb.LINE_OUTCOME_REJECTED: Outcome.REJECTED,
    pb.LINE_OUTCOME_ELSEWHERE: Outcome.ELSEWHERE,
}
_FORMAT: Mapping[Format, Any] = {format: value for value, format in FORMATS.items()}
_OUTCOME: Mapping[Outcome, Any] = {outcome: value for value, outcome in OUTCOMES.items()}


def states(values: Iterable[int]) -> list[State]:
    """Those asked for, all if none is. Raises `ChoiceInvalid` for what is none."""
    named = {value: state for state, value in STATES.items()}
    asked = list(values)
    if any(value not in named for value in asked):
        raise invalid_choice()
    return [named[value] for value in asked] or list(State)


def source_format(value: int) -> Format:
    """Raises `SourceFormatUnknown`."""
    if value not in FORMATS:
        raise unknown_format()
    return FORMATS[value]


def outcome(value: int) -> Outcome:
    """Raises `ChoiceInvalid` for what is none."""
    if value not in OUTCOMES:
        raise invalid_choice()
    return OUTCOMES[value]


def line_position(cursor: str) -> tuple[int, int]:
    """The line after which a page begins. Raises `CursorInvalid`."""
    if not cursor:
        return 0, -1
    number, _, rank = cursor.partition(".")
    if not (number.isdecimal() and rank.isdecimal() and len(cursor) <= 24 and cursor.isascii()):
        raise wire.cursor_invalid()
    if int(number) >= 1 << 63 or int(rank) >= 1 << 15:
        raise wire.cursor_invalid()
    return int(number), int(rank)


def import_to_proto(of: Import, administrator: str) -> pb.Import:
    counts = [
        pb.LineCount(outcome=_OUTCOME[one], lines=of.counts[one][0], chosen=of.counts[one][1])
        for one in Outcome
        if one in of.counts
    ]
    return pb.Import(
        import_id=str(of.id),
        format=_FORMAT[of.format],
        file_name=of.file_name,
        territory_code=of.territory,
        state=STATES[of.state],
        at=wire.timestamp(of.at),
        administrator_name=administrator,
        bytes_read=of.bytes_read,
        bytes_total=of.bytes_total,
        counts=counts,
        failure=of.failure,
        act_id=str(of.act or ""),
        version=of.version,
    )


def line_to_proto(line: ImportLine) -> pb.ImportLine:
    return pb.ImportLine(
        number=line.number,
        outcome=_OUTCOME[line.outcome],
        chosen=line.chosen,
        subject=ror.Subject(kind=line.kind.value, id=line.subject) if line.kind else None,
        label=line.label,
        reasons=line.reasons,
        sentence=reasons.sentence(line.reasons),
        fields=[ror.FieldChange(field=one.field, before=one.before, after=one.after) for one in line.fields],
    )
