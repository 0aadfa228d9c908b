"""Between protobuf and the domain: how each wants to be told, who is away, who is best reached."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.messaging.v1 import telling_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_messaging.domain.absences import Absence, OnCall, Period, PeriodInvalid
from terresante_messaging.domain.addressees import Addressee, Way, WayKind
from terresante_messaging.domain.emails import Address, shown
from terresante_messaging.domain.preferences import Channel, Choice, Pace, Preferences, Topic, checked, invalid
from terresante_messaging.wire.parts import stamp

_TOPICS: Mapping[int, Topic] = {pb.Topic.Value(f"TOPIC_{topic.value}"): topic for topic in Topic}
_CHANNELS: Mapping[int, Channel | None] = {pb.CHANNEL_PORTAL: None} | {
    pb.Channel.Value(f"CHANNEL_{channel.value}"): channel for channel in Channel
}
"""The portal always tells: that it is named changes nothing."""
_PACES: Mapping[int, Pace] = {int(pb.PACE_UNSPECIFIED): Pace.AT_ONCE} | {
    int(pb.Pace.Value(f"PACE_{pace.value}")): pace for pace in Pace
}
_TOPIC_CODES: Mapping[Topic, Any] = {topic: code for code, topic in _TOPICS.items()}
_CHANNEL_CODES: Mapping[Channel, Any] = {channel: code for code, channel in _CHANNELS.items() if channel}
_PACE_CODES: Mapping[Pace, Any] = {pace: code for code, pace in _PACES.items() if code}
_WAY_KINDS: Mapping[WayKind, Any] = {kind: pb.WayKind.Value(f"WAY_KIND_{kind.name}") for kind in WayKind}


def preferences(message: pb.Preferences) -> Preferences:
    """As they are wanted. Refuses with PREFERENCES_INVALID, ID_INVALID."""
    topics = [_known(_TOPICS, choice.topic) for choice in message.choices]
    wanted = Preferences(
        {topic: _choice(choice) for topic, choice in zip(topics, message.choices, strict=True)},
        message.quiet_from,
        message.quiet_until,
        message.urgent_breaks_quiet,
        message.daily_hour,
        message.urgent_minutes,
        frozenset(parsed(id, "portal_ids") for id in message.portal_ids),
        message.version,
    )
    return checked(wanted, topics)


def _choice(message: pb.Choice) -> Choice:
    channels = [_known(_CHANNELS, code) for code in message.channels]
    return Choice(frozenset(filter(None, channels)), _known(_PACES, message.pace))


def _known(words: Mapping[int, Any], code: int) -> Any:
    if code not in words:
        raise invalid("choices")
    return words[code]


def preferences_to_proto(kept: Preferences, address: Address) -> pb.Preferences:
    """All topics, chosen or not."""
    return pb.Preferences(
        choices=[
            pb.Choice(
                topic=_TOPIC_CODES[topic],
                channels=[_CHANNEL_CODES[channel] for channel in sorted(kept.choice(topic).channels)],
                pace=_PACE_CODES[kept.choice(topic).pace],
            )
            for topic in Topic
        ],
        quiet_from=kept.quiet_from,
        quiet_until=kept.quiet_until,
        urgent_breaks_quiet=kept.urgent_breaks_quiet,
        daily_hour=kept.daily_hour,
        urgent_minutes=kept.urgent_minutes,
        portal_ids=sorted(map(str, kept.portals)),
        email_shown=shown(address.known) if address.known else "",
        email_confirmed=bool(address.confirmed),
        email_failed_at=stamp(address.failed_at),
        version=kept.version,
    )


def period(message: Any) -> Period:
    """The span of a request. Refuses with PERIOD_INVALID what is not given, or is no moment."""
    return Period(_moment(getattr(message, "from")), _moment(message.until))


def _moment(message: Timestamp) -> datetime:
    if not message.seconds and not message.nanos:
        raise PeriodInvalid
    try:
        return message.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise PeriodInvalid from None


def absence_to_proto(absence: Absence) -> pb.Absence:
    """A time away."""
    return pb.Absence(
        absence_id=str(absence.id),
        until=stamp(absence.period.ends),
        delegate_professional_id=str(absence.delegate or ""),
        **{"from": stamp(absence.period.begins)},
    )


def on_call_to_proto(time: OnCall) -> pb.OnCall:
    """A time on call."""
    return pb.OnCall(
        on_call_id=str(time.id),
        structure_id=str(time.structure),
        professional_id=str(time.professional),
        until=stamp(time.period.ends),
        **{"from": stamp(time.period.begins)},
    )


def portals_to_proto(portals: Iterable[tuple[UUID, str]]) -> list[pb.Portal]:
    """Those that may be chosen."""
    return [pb.Portal(portal_id=str(id), label=label) for id, label in portals]


def addressee_to_proto(addressee: Addressee) -> pb.Addressee:
    """Somebody with the ways to reach them."""
    return pb.Addressee(
        professional_id=str(addressee.professional or ""),
        structure_id=str(addressee.structure or ""),
        away=addressee.away,
        delegate_professional_id=str(addressee.delegate or ""),
        ways=map(_way_to_proto, addressee.ways),
    )


def _way_to_proto(way: Way) -> pb.Way:
    return pb.Way(
        kind=_WAY_KINDS[way.kind],
        thread_id=str(way.thread or ""),
        professional_id=str(way.professional or ""),
        address=way.address,
        fresh_at=stamp(way.fresh_at),
        failed_at=stamp(way.failed_at),
    )
