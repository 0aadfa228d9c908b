"""Accounts, administrators and enrolments as callers see them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_directory import wire
from terresante_directory.domain.accounts import Account, State, state_invalid
from terresante_directory.domain.acts import moment, moment_invalid
from terresante_directory.domain.desk import Listed
from terresante_directory.domain.enrolment import KnownPractice
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.lost_means import Remembered
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
        difference=listed.difference or "",
        with_card=listed.with_card,
        card_lost=wire.timestamp(listed.loss.card) if listed.loss.card else None,
        phone_asked=wire.timestamp(listed.loss.phone) if listed.loss.phone else None,
    )


def administrators_account_to_proto(administrator: Administrator, account: Account) -> pb.Account:
    return pb.Account(
        name=administrator.name,
        state=wire.STATES[account.state],
        means=MEANS[account.means],
        settled=account.settled,
    )


def account_act_to_proto(remembered: Remembered, evidence: Mapping[str, str]) -> pb.AccountAct:
    """`evidence`: French words by code; a code that the data file has no more is told as it is."""
    act = remembered.act
    return pb.AccountAct(
        act_id=str(remembered.id),
        account_id=str(act.uid),
        holder_name=remembered.holder,
        holder_kind=remembered.holder_kind.value,
        kind=act.kind.value,
        at=wire.timestamp(act.at),
        by_name=remembered.doer,
        by_holder=act.by == act.uid,
        why=act.why,
        evidence=evidence.get(act.evidence, act.evidence),
        territory_codes=sorted(act.territories),
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
