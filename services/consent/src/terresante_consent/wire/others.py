"""What the directory and identity say, as the domain has it. Names are left where they belong."""

from datetime import UTC, datetime
from uuid import UUID

from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.identity.v1 import identity_events_pb2 as identity_pb

from terresante_consent.domain.joined import Merger
from terresante_consent.domain.professionals import Feeder, Mandate, Place, Professional
from terresante_consent.domain.vocabulary import PlaceId, ProfessionalId, StructureId
from terresante_consent.wire import moment


def professional(told: directory_pb.Professional, at: datetime) -> Professional:
    """What the directory said at that moment. Names are left where they belong."""
    return Professional(
        id=ProfessionalId(UUID(told.professional_id)),
        profession=told.profession,
        health_professional=told.health_professional,
        account_open=told.account_state != directory_pb.ACCOUNT_STATE_SUSPENDED,
        places=tuple(
            Place(
                PlaceId(UUID(place.place_id)),
                StructureId(UUID(place.structure_id)),
                moment(place, "until"),
                place.territory_code,
            )
            for place in told.places
        ),
        version=told.version,
        checked_at=at,
        mandate=_mandate(told.identity_mandate) if told.HasField("identity_mandate") else None,
    )


def _mandate(told: directory_pb.IdentityMandate) -> Mandate | None:
    """None for one that covers nothing."""
    made = Mandate(tuple(told.territory_codes), tuple(StructureId(UUID(id)) for id in told.structure_ids))
    return made if made.territories or made.structures else None


def feeder(told: directory_pb.Feeder, at: datetime) -> Feeder:
    """What the directory said at that moment. Its name is left where it belongs."""
    return Feeder(
        id=UUID(told.feeder_id),
        structure=StructureId(UUID(told.structure_id)),
        territory=told.territory_code,
        issuers=tuple(told.issuers),
        policy=told.policy,
        account_open=told.account_state != directory_pb.ACCOUNT_STATE_SUSPENDED,
        version=told.version,
        checked_at=at,
    )


def merged(event: identity_pb.PersonsMerged) -> Merger:
    """A merge as identity announced it. Raises ValueError for ids that are none: it can never be applied."""
    return Merger(UUID(event.act_id), UUID(event.absorbed_id), UUID(event.surviving_id), event.at.ToDatetime(UTC))


def separated(event: identity_pb.PersonsSeparated) -> Merger | None:
    """The merge that was undone, as one that has ended; None for a split. Raises ValueError as `merged`."""
    if not event.merge_act_id:
        return None
    at = event.at.ToDatetime(UTC)
    return Merger(UUID(event.merge_act_id), UUID(event.separated_id), UUID(event.from_id), since=at, until=at)
