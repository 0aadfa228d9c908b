"""News as they travel, and what consent is asked about them."""

from collections.abc import Sequence

from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import conversation_service_pb2 as pb

from terresante_messaging.domain.news import Line
from terresante_messaging.domain.notifications import OF_CONTENT, Kind, Topic
from terresante_messaging.domain.people import PatientId
from terresante_messaging.wire import parts
from terresante_messaging.wire.notifications import topic_to_proto

_KINDS = tuple(sorted(OF_CONTENT))


def question(patient: PatientId) -> decisions_pb.ListTellableRequest:
    """What of the news of that patient's record may the caller be told? The messages come last."""
    topics = [topic_to_proto(Topic(patient, kind)) for kind in _KINDS]
    topics.append(decisions_pb.Topic(patient_id=str(patient), resource_kind=decisions_pb.RESOURCE_KIND_MESSAGE))
    return decisions_pb.ListTellableRequest(topics=topics)


def told(tellable: Sequence[bool]) -> frozenset[Kind]:
    """The kinds of contents that may be told, by the answers to `question`."""
    return frozenset(kind for kind, allowed in zip(_KINDS, tellable, strict=False) if allowed)


def line_to_proto(line: Line) -> pb.NewsLine:
    """A line."""
    return pb.NewsLine(
        kind=pb.NewsKind.Value(f"NEWS_KIND_{line.kind.value}"),
        actor_id=str(line.actor) if line.actor else "",
        about_id=str(line.about),
        thread_id=str(line.thread) if line.thread else "",
        count=line.count,
        urgent=line.urgent,
        at=parts.stamp(line.at),
    )
