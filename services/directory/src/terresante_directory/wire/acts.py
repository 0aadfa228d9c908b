"""Acts and what they changed."""

from collections.abc import Sequence

from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_directory import wire
from terresante_directory.domain.acts import Act
from terresante_directory.domain.facts import Subject, SubjectKind
from terresante_directory.domain.history import Change, subject_invalid

WITH_CODES = (SubjectKind.COMMUNE, SubjectKind.TERRITORY)


def subject(told: pb.Subject) -> Subject:
    """Raises `SubjectInvalid` for a kind that is none; `IdInvalid`."""
    if told.kind not in list(SubjectKind) or not told.id:
        raise subject_invalid()
    kind = SubjectKind(told.kind)
    return Subject(kind, told.id if kind in WITH_CODES else str(parsed(told.id, "subject.id")))


def act_to_proto(act: Act, administrator: str, changes: Sequence[Change]) -> pb.Act:
    """`administrator`: the name of who did it, blank for the operator."""
    told = pb.Act(
        act_id=str(act.id),
        kind=act.kind.value,
        at=wire.timestamp(act.at),
        administrator_id=str(act.by or ""),
        administrator_name=administrator,
        why=act.why,
        undone_by=str(act.undone_by or ""),
        undoes=str(act.undoes or ""),
        subjects=act.subjects,
        changes=map(_change_to_proto, changes),
        territory_codes=sorted(act.territories),
    )
    if act.starts is not None:
        getattr(told, "from").FromDatetime(act.starts)
    return told


def _change_to_proto(change: Change) -> pb.ActChange:
    return pb.ActChange(
        subject=pb.Subject(kind=change.subject.kind.value, id=change.subject.id),
        label=change.label,
        valid_from=wire.timestamp(change.span.start) if change.span.start else None,
        valid_to=wire.timestamp(change.span.end) if change.span.end else None,
        fields=[pb.FieldChange(field=one.field, before=one.before, after=one.after) for one in change.fields],
    )
