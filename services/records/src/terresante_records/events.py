"""What records announces, in the transaction of the change: ids, dates and switches. It reacts to nobody's events
(`watching.py` hears some pass)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.records.v1 import records_events_pb2 as pb
from terresante_platform import outbox

from terresante_records.domain.documents import Document
from terresante_records.domain.entries import DecisionId, Visibility
from terresante_records.domain.notes import Note
from terresante_records.domain.observations import Observation
from terresante_records.domain.stays import Stay
from terresante_records.domain.thresholds import ThresholdId
from terresante_records.wire import parts

LISTENS_TO: tuple[str, ...] = ()
DOCUMENT_PUBLISHED = "terresante.records.v1.document_published"
DOCUMENT_CHANGED = "terresante.records.v1.document_changed"
NOTE_WRITTEN = "terresante.records.v1.note_written"
OBSERVATION_RECORDED = "terresante.records.v1.observation_recorded"
PATIENT_ADMITTED = "terresante.records.v1.patient_admitted"
PATIENT_DISCHARGED = "terresante.records.v1.patient_discharged"
THRESHOLD_CROSSED = "terresante.records.v1.threshold_crossed"


async def document_published(transaction: AsyncConnection, new: Document, decision: DecisionId) -> None:
    """A document came in, of whatever edition, by that decision."""
    message = pb.DocumentPublished(
        patient_id=str(new.patient),
        document_id=str(new.id),
        author_id=str(new.published.author),
        at=parts.stamp(new.published.at),
        audience=_audience(new.visibility),
        version=new.version,
        decision_id=decision,
    )
    await outbox.add(transaction, DOCUMENT_PUBLISHED, message)


async def document_changed(transaction: AsyncConnection, changed: Document, at: datetime) -> None:
    """Its visibility is another, or it was deleted."""
    message = pb.DocumentChanged(
        patient_id=str(changed.patient),
        document_id=str(changed.id),
        at=parts.stamp(at),
        audience=pb.Audience() if changed.deleted_at else _audience(changed.visibility),
        version=changed.version,
    )
    await outbox.add(transaction, DOCUMENT_CHANGED, message)


async def note_written(transaction: AsyncConnection, new: Note, decision: DecisionId) -> None:
    """A note came in, by that decision."""
    message = pb.NoteWritten(
        patient_id=str(new.patient),
        note_id=str(new.id),
        author_id=str(new.written.author),
        at=parts.stamp(new.written.at),
        audience=_audience(new.visibility),
        decision_id=decision,
    )
    await outbox.add(transaction, NOTE_WRITTEN, message)


async def observation_recorded(transaction: AsyncConnection, new: Observation, decision: DecisionId) -> None:
    """An observation came in, by that decision."""
    message = pb.ObservationRecorded(
        patient_id=str(new.patient),
        observation_id=str(new.id),
        author_id=str(new.recorded.author),
        at=parts.stamp(new.recorded.at),
        audience=_audience(new.visibility),
        decision_id=decision,
    )
    await outbox.add(transaction, OBSERVATION_RECORDED, message)


async def patient_admitted(transaction: AsyncConnection, new: Stay, decision: DecisionId) -> None:
    """The patient came into an institution, as was said by that decision."""
    message = pb.PatientAdmitted(
        patient_id=str(new.patient),
        stay_id=str(new.id),
        author_id=str(new.admitted.author),
        at=parts.stamp(new.admitted.at),
        audience=_audience(new.visibility),
        decision_id=decision,
    )
    await outbox.add(transaction, PATIENT_ADMITTED, message)


async def patient_discharged(transaction: AsyncConnection, ended: Stay, decision: DecisionId) -> None:
    """They left it, as was said by that decision."""
    by = ended.discharged or ended.admitted
    message = pb.PatientDischarged(
        patient_id=str(ended.patient),
        stay_id=str(ended.id),
        author_id=str(by.author),
        at=parts.stamp(by.at),
        audience=_audience(ended.visibility),
        decision_id=decision,
    )
    await outbox.add(transaction, PATIENT_DISCHARGED, message)


async def threshold_crossed(
    transaction: AsyncConnection, new: Observation, threshold: ThresholdId, decision: DecisionId
) -> None:
    """An observation that came in by that decision lies outside of limits. Told to whom the observation may be told."""
    message = pb.ThresholdCrossed(
        patient_id=str(new.patient),
        observation_id=str(new.id),
        threshold_id=str(threshold),
        author_id=str(new.recorded.author),
        at=parts.stamp(new.recorded.at),
        audience=_audience(new.visibility),
        decision_id=decision,
    )
    await outbox.add(transaction, THRESHOLD_CROSSED, message)


def _audience(visibility: Visibility) -> pb.Audience:
    return pb.Audience(
        professionals=not visibility.hidden_from_professionals,
        patient=not visibility.hidden_from_patient,
        representatives=not visibility.hidden_from_representatives,
    )
