"""Offers: what is typed of them, and their sheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory import wire
from terresante_directory.domain.facts import Told
from terresante_directory.domain.offers import Capacity, OfferContent, OfferFilters, Opening
from terresante_directory.domain.typed_offers import OLDEST_MONTHS
from terresante_directory.wire.contacts import position, position_to_proto, telecoms_to_proto, typed_telecoms

FARTHEST_METRES = 200_000
UNSAID_METRES = 20_000
MOST_CODES = 100


@dataclass(frozen=True, slots=True)
class Given:
    """Of where an offer is given: its structure's name, territory; distance in metres from a place asked about."""

    structure_name: str
    territory: str
    distance: float | None = None


def typed_content(told: pb.OfferContent) -> OfferContent:
    """As it was typed, nothing checked."""
    return OfferContent(
        structure_id=told.structure_id,
        name=told.name,
        field=told.field,
        type=told.type,
        activity=told.activity,
        care_modes=tuple(told.care_modes),
        age_from_months=told.age_from_months if told.HasField("age_from_months") else None,
        age_to_months=told.age_to_months if told.HasField("age_to_months") else None,
        opening=tuple(Opening(tuple(each.days), each.opens, each.closes) for each in told.opening),
        capacities=tuple(
            Capacity(each.kind, each.total, each.available if each.HasField("available") else None)
            for each in told.capacities
        ),
        telecoms=typed_telecoms(told.telecoms),
        sensitive=told.sensitive,
        intervention_communes=tuple(told.intervention_communes),
        description=told.description,
        position=position(told.position) if told.HasField("position") else None,
    )


def sheet_to_proto(told: Told, said: OfferContent, version: int, given: Given) -> pb.OfferSheet:
    """`said`: the fact's content, with the contacts that the reader may know (R-ROR1)."""
    span = told.fact.span
    return pb.OfferSheet(
        offer_id=told.fact.subject.id,
        content=_content_to_proto(said),
        closed=said.closed,
        closing_kind=said.closing_kind,
        valid_from=wire.timestamp(span.start) if span.start else None,
        valid_to=wire.timestamp(span.end) if span.end else None,
        known_from=wire.timestamp(told.known_from),
        version=version,
        act_id=str(told.fact.said_by),
        confirmed_at=wire.timestamp(datetime.fromisoformat(said.confirmed_at)),
        structure_name=given.structure_name,
        territory_code=given.territory,
        distance=given.distance,
    )


def _content_to_proto(said: OfferContent) -> pb.OfferContent:
    return pb.OfferContent(
        structure_id=said.structure_id,
        name=said.name,
        field=said.field,
        type=said.type,
        activity=said.activity,
        care_modes=said.care_modes,
        age_from_months=said.age_from_months,
        age_to_months=said.age_to_months,
        opening=[pb.OpeningHours(days=each.days, opens=each.opens, closes=each.closes) for each in said.opening],
        capacities=[
            pb.Capacity(kind=each.kind, total=each.total, available=each.available) for each in said.capacities
        ],
        telecoms=telecoms_to_proto(said.telecoms),
        sensitive=said.sensitive,
        intervention_communes=said.intervention_communes,
        description=said.description,
        position=position_to_proto(said.position),
    )


def filters(told: pb.SearchOffersRequest, words: Sequence[str], with_sensitive: bool) -> OfferFilters:
    """Raises `SearchInvalid` for an age, a place or a distance that is none; `IdInvalid`."""
    near = position(told.near) if told.HasField("near") else None
    right = 0 <= told.within_metres <= FARTHEST_METRES and (near is None or near.is_on_earth())
    if not right or not 0 <= told.age_months <= OLDEST_MONTHS or len(told.activities) + len(told.types) > MOST_CODES:
        raise wire.SearchInvalid(
            "Cette recherche n’est pas possible : un âge va de 0 à 125 ans, une distance jusqu’à 200 km d’un point "
            "de la Terre, et pas plus de 100 activités et types à la fois.",
            "Corrigez les critères.",
        )
    return OfferFilters(
        words=words,
        territory=told.territory_code,
        structure=wire.optional_id(told.structure_id, "structure_id"),
        activities=told.activities,
        types=told.types,
        age_months=told.age_months if told.HasField("age_months") else None,
        near=near,
        within_metres=told.within_metres or UNSAID_METRES,
        commune=told.commune_code,
        with_closed=told.with_closed,
        with_sensitive=with_sensitive,
    )
