"""Accounts, administrators and enrolments as callers see them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_directory import wire
from terresante_directory.domain.accounts import State, state_invalid
from terresante_directory.domain.acts import moment, moment_invalid
from terresante_directory.domain.desk import Listed, Series
from terresante_directory.domain.enrolment import KnownPractice
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.territories import Administrator

MEANS = {means: value for value, means in wire.MEANS.items()}
STATES = {value: state for state, value in wire.STATES.items()}


def asked_state(value: int) -> tuple[State | None, bool]:
    """The state asked for, and whether those without an account are. Raises `AccountStateInvalid`."""
    if value == 0:
        return None, False
    if value not in STATES:
        raise state_invalid()
    state = STATES[value]  # type: ignore[index]
    return state, state is None


def optional_moment(told: Timestamp, present: bool, now: datetime) -> datetime | None:
    """Raises `MomentInvalid`."""
    try:
        return moment(told.ToDatetime(UTC), now) if present else None
    except (ValueError, OverflowError):
        raise moment_invalid() from None


def account_to_proto(listed: Listed, professions: Mapping[str, Profession]) -> pb.Account:
    code = listed.profession
    return pb.Account(
        professional_id=str(listed.professional),
        name=listed.name,
        profession_label=professions.get(code, Profession(code, code, False)).label,
        state=wire.STATES[listed.state],
        means=MEANS[listed.means] if listed.means else 0,  # type: ignore[arg-type]
        settled=listed.settled,
        last_login=wire.timestamp(listed.last_login) if listed.last_login else None,
        locked=listed.locked,
    )


def administrator_to_proto(administrator: Administrator, state: State | None) -> pb.Administrator:
    return pb.Administrator(
        administrator_id=str(administrator.id),
        name=administrator.name,
        territory_codes=sorted(administrator.territories),
        account_state=wire.STATES[state],
    )


def known_place_to_proto(place: KnownPractice, structure: StructureId | None) -> pb.KnownPlace:
    return pb.KnownPlace(
        structure_name=place.structure_name,
        finess=place.finess,
        siret=place.siret,
        postal_code=place.postal_code,
        commune=place.commune,
        structure_id=str(structure or ""),
    )


def series_to_proto(series: Series, professions: Mapping[str, Profession]) -> pb.IndicatorSeries:
    label = professions[series.label].label if series.label in professions else series.label
    return pb.IndicatorSeries(
        kind=series.kind,
        label=label,
        points=[
            pb.IndicatorPoint(week=wire.timestamp(one.week), value=one.value, masked=one.masked)
            for one in series.points
        ],
    )
