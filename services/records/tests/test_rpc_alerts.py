"""Stays and thresholds through the running service."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.records.v1 import alert_service_pb2 as pb
from terresante.records.v1 import records_events_pb2 as events_pb
from terresante.records.v1 import records_service_pb2 as records_pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .conftest import MONDAY, As, Clock, People, Writing, stamp
from .test_events import EVERYBODY, announced
from .world import World

HOSPITAL, OTHER = uuid4(), uuid4()
HIDDEN_FROM_PROFESSIONALS = records_pb.Visibility(hidden_from_professionals=True)
HIDDEN_FROM_PATIENT = records_pb.Visibility(hidden_from_patient=True)


@pytest.fixture(autouse=True)
def institutions(world: World, people: People) -> None:
    """Where each acts from."""
    world.structures = {
        people.gp: OTHER,
        people.nurse: HOSPITAL,
        people.social_worker: HOSPITAL,
        people.stranger: HOSPITAL,
    }


async def reason(call: Any) -> str:
    """The reason for which a call is refused."""
    try:
        await call
    except Refusal as refused:
        return refused.reason
    raise AssertionError("it was not refused")


class Alerting:
    """Says and sets, in the world's record, as whoever calls."""

    def __init__(self, alerts: Any, world: World) -> None:
        self.alerts, self.world = alerts, world

    async def admit(self, **changes: Any) -> pb.Stay:
        said: dict[str, Any] = {
            "patient_id": str(self.world.patient),
            "kind": pb.STAY_KIND_INPATIENT,
            "unit": "Gériatrie, 2e étage",
            "from": stamp(MONDAY),
        }
        asked = pb.AdmitPatientRequest(**(said | changes))
        return (await self.alerts.AdmitPatient(asked)).stay  # type: ignore[no-any-return]

    async def discharge(self, stay: pb.Stay, **changes: Any) -> pb.Stay:
        said: dict[str, Any] = {
            "patient_id": str(self.world.patient),
            "stay_id": stay.stay_id,
            "version": stay.version,
            "until": stamp(MONDAY + timedelta(minutes=2)),
        }
        asked = pb.DischargePatientRequest(**(said | changes))
        return (await self.alerts.DischargePatient(asked)).stay  # type: ignore[no-any-return]

    async def stays(self, **page: Any) -> list[str]:
        asked = pb.ListStaysRequest(patient_id=str(self.world.patient), **page)
        return [stay.stay_id for stay in (await self.alerts.ListStays(asked)).stays]

    async def set(self, **changes: Any) -> pb.Threshold:
        said: dict[str, Any] = {"patient_id": str(self.world.patient), "code": "8867-4", "unit": "/min", "high": 100.0}
        asked = pb.SetThresholdRequest(**(said | changes))
        return (await self.alerts.SetThreshold(asked)).threshold  # type: ignore[no-any-return]

    async def end(self, id: str) -> None:
        asked = pb.EndThresholdRequest(patient_id=str(self.world.patient), threshold_id=id)
        await self.alerts.EndThreshold(asked)

    async def thresholds(self) -> list[pb.Threshold]:
        asked = pb.ListThresholdsRequest(patient_id=str(self.world.patient))
        return list((await self.alerts.ListThresholds(asked)).thresholds)


@pytest.fixture
def alerting(alerts: Any, world: World) -> Alerting:
    return Alerting(alerts, world)


async def test_a_stay_is_said_read_and_ended_by_a_colleague_of_that_institution(
    alerting: Alerting, being: As, people: People, clock: Clock, database: Database, world: World
) -> None:
    place = uuid4()
    being("nurse", place=str(place))
    stay = await alerting.admit()
    assert (stay.kind, stay.unit, stay.place_id) == (pb.STAY_KIND_INPATIENT, "Gériatrie, 2e étage", str(place))
    assert (stay.admitted_by, stay.discharged_by, stay.version) == (str(people.nurse), "", 1)
    assert getattr(stay, "from") == stamp(MONDAY) and not stay.HasField("until")
    clock.passes(minutes=3)
    being("social_worker")

    ended = await alerting.discharge(stay)

    assert (ended.discharged_by, ended.version) == (str(people.social_worker), 2)
    assert ended.until == stamp(MONDAY + timedelta(minutes=2))
    for reader in ("gp", "patient", "parent"):
        being(reader)
        assert await alerting.stays() == [stay.stay_id]
    admitted, discharged = await announced(database)
    about: dict[str, Any] = {"patient_id": str(world.patient), "stay_id": stay.stay_id, "audience": EVERYBODY}
    publishing = [one for one, question in zip(world.decided, world.asked, strict=True)
                  if question.action == consent_pb.ACTION_PUBLISH]  # fmt: skip
    assert admitted == events_pb.PatientAdmitted(
        author_id=str(people.nurse), at=stamp(MONDAY), decision_id=publishing[0].entry_id, **about
    )
    assert discharged == events_pb.PatientDischarged(
        author_id=str(people.social_worker), at=stamp(clock.now), decision_id=publishing[1].entry_id, **about
    )


async def test_a_stay_is_decided_on_as_a_note(alerting: Alerting, being: As, world: World) -> None:
    being("nurse")
    stay = await alerting.admit(visibility=HIDDEN_FROM_PATIENT)
    await alerting.discharge(stay, until=stamp(MONDAY))
    await alerting.stays()

    said = [(one.action, one.resource_kind, one.category, one.hidden_from_patient) for one in world.asked]
    note = consent_pb.RESOURCE_KIND_NOTE
    assert said == [
        (consent_pb.ACTION_PUBLISH, note, "liaison_note", True),
        (consent_pb.ACTION_READ, note, "liaison_note", True),
        (consent_pb.ACTION_PUBLISH, note, "liaison_note", True),
        (consent_pb.ACTION_LIST, note, "", False),
    ]
    assert world.asked[1].resource_id == stay.stay_id
    assert world.asked[3].caller_has_written
    being("patient")
    assert await alerting.stays() == []


async def test_one_stay_lasts_in_an_institution_at_a_time(alerting: Alerting, being: As) -> None:
    being("nurse")
    first = await alerting.admit()
    assert await reason(alerting.admit()) == "STAY_ALREADY"
    being("social_worker")
    assert await reason(alerting.admit()) == "STAY_ALREADY"
    being("gp")
    elsewhere = await alerting.admit()
    being("nurse")
    await alerting.discharge(first, until=stamp(MONDAY))
    again = await alerting.admit()

    assert await alerting.stays() == [again.stay_id, elsewhere.stay_id, first.stay_id]
    assert await reason(alerting.discharge(first, version=2)) == "STAY_ENDED"


async def test_that_a_hidden_stay_lasts_is_not_told_by_a_refusal(alerting: Alerting, being: As) -> None:
    being("nurse")
    hidden = await alerting.admit(visibility=HIDDEN_FROM_PROFESSIONALS)
    assert await reason(alerting.admit()) == "STAY_ALREADY"
    being("social_worker")

    shown = await alerting.admit()

    assert await alerting.stays() == [shown.stay_id]
    assert await reason(alerting.discharge(hidden)) == "STAY_UNKNOWN"


async def test_of_two_who_say_the_same_admission_or_discharge_at_once_one_does(alerting: Alerting, being: As) -> None:
    being("nurse")
    said = await asyncio.gather(*(alerting.admit() for _ in range(4)), return_exceptions=True)
    stays = [one for one in said if isinstance(one, pb.Stay)]
    assert len(stays) == 1
    assert [one.reason for one in said if isinstance(one, Refusal)] == ["STAY_ALREADY"] * 3

    until = stamp(MONDAY)
    left = await asyncio.gather(*(alerting.discharge(stays[0], until=until) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, pb.Stay) for one in left) == 1
    assert {one.reason for one in left if isinstance(one, Refusal)} <= {"STAY_ENDED", "VERSION_STALE"}


async def test_who_may_not_say_a_discharge(alerting: Alerting, being: As, world: World, people: People) -> None:
    being("nurse")
    stay = await alerting.admit()
    being("gp")
    assert await reason(alerting.discharge(stay)) == "STAY_NOT_YOURS"
    assert await reason(alerting.discharge(pb.Stay(stay_id=str(uuid4()), version=1))) == "STAY_UNKNOWN"
    being("stranger")
    for id in (stay.stay_id, str(uuid4())):
        assert await reason(alerting.discharge(pb.Stay(stay_id=id, version=1))) == "NOT_IN_CIRCLE"
    being("patient")
    assert await reason(alerting.discharge(stay)) == "KIND_NOT_ALLOWED"
    being("nurse")
    del world.members[people.nurse]
    assert await reason(alerting.discharge(stay)) == "NOT_IN_CIRCLE", "their own they may read, and not write any more"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"from": None}, "STAY_DATE_INVALID"),
        ({"from": stamp(MONDAY + timedelta(days=1))}, "STAY_DATE_INVALID"),
        ({"from": stamp(MONDAY - timedelta(days=32))}, "STAY_DATE_INVALID"),
        ({"kind": 0}, "STAY_KIND_INVALID"),
        ({"kind": 99}, "STAY_KIND_INVALID"),
        ({"unit": "a" * 201}, "UNIT_INVALID"),
        ({"patient_id": "dupont"}, "ID_INVALID"),
    ],
)
async def test_an_admission_that_makes_no_sense_changes_nothing(
    alerting: Alerting, being: As, world: World, changes: dict[str, Any], expected: str
) -> None:
    being("nurse")

    assert await reason(alerting.admit(**changes)) == expected
    assert world.asked == []
    assert await alerting.stays() == []


async def test_without_an_answer_of_consent_nothing_is_said(alerting: Alerting, being: As, world: World) -> None:
    being("nurse")
    world.structures.clear()
    assert await reason(alerting.admit()) == "CONSENT_UNAVAILABLE", "in whose name is not known"
    world.silent = True
    for call in (alerting.admit(), alerting.stays(), alerting.set(), alerting.thresholds(), alerting.end(str(uuid4()))):
        assert await reason(call) == "CONSENT_UNAVAILABLE"


async def test_a_repeated_admission_with_its_key_is_one(alerting: Alerting, being: As, database: Database) -> None:
    being("nurse", key="entree-1")
    first, again = await alerting.admit(), await alerting.admit()

    assert first == again
    assert len(await announced(database)) == 1
    assert await reason(alerting.admit(unit="Autre")) == "IDEMPOTENCY_KEY_REUSED"


async def test_stays_come_in_pages(alerting: Alerting, being: As, alerts: Any, world: World) -> None:
    being("nurse")
    made = []
    for _ in range(3):
        stay = await alerting.admit()
        await alerting.discharge(stay, until=stamp(MONDAY))
        made.append(stay.stay_id)
    first = await alerts.ListStays(pb.ListStaysRequest(patient_id=str(world.patient), limit=2))

    assert [stay.stay_id for stay in first.stays] == made[:0:-1]
    assert await alerting.stays(limit=2, cursor=first.next_cursor) == made[:1]
    assert await reason(alerting.stays(cursor="x")) == "CURSOR_INVALID"
    assert await reason(alerting.stays(limit=101)) == "LIMIT_INVALID"


async def test_a_measure_outside_of_the_limits_is_told_with_it_or_not_at_all(
    alerting: Alerting, being: As, writing: Writing, people: People, database: Database, world: World
) -> None:
    being("gp")
    threshold = await alerting.set()
    being("nurse")
    await writing.observation(quantity=records_pb.Quantity(value="100", unit="/min"))
    high = await writing.observation(
        quantity=records_pb.Quantity(value="100.5", unit="/min"), visibility=HIDDEN_FROM_PATIENT
    )
    await writing.observation(quantity=records_pb.Quantity(value="180", unit="/h"))
    await writing.observation(code="29463-7", quantity=records_pb.Quantity(value="180", unit="/min"))

    told = await announced(database)

    recorded = next(one for one in told if getattr(one, "observation_id", "") == high.observation_id)
    crossings = [one for one in told if isinstance(one, events_pb.ThresholdCrossed)]
    assert crossings == [
        events_pb.ThresholdCrossed(
            patient_id=str(world.patient),
            observation_id=high.observation_id,
            threshold_id=threshold.threshold_id,
            author_id=str(people.nurse),
            at=stamp(MONDAY),
            audience=events_pb.Audience(professionals=True, representatives=True),
            decision_id=recorded.decision_id,
        )
    ]


async def test_limits_replace_those_of_the_same_code_and_end(
    alerting: Alerting, being: As, writing: Writing, people: People, database: Database
) -> None:
    being("gp")
    first, other = await alerting.set(), await alerting.set(code="29463-7", unit="kg", low=50.0, high=None)
    being("nurse")
    second = await alerting.set(high=120.0)
    assert (second.set_by, second.high, second.HasField("low")) == (str(people.nurse), 120.0, False)
    assert await alerting.thresholds() == [other, second]
    await writing.observation(quantity=records_pb.Quantity(value="110", unit="/min"))
    assert await reason(alerting.end(first.threshold_id)) == "THRESHOLD_UNKNOWN"

    await alerting.end(second.threshold_id)

    assert await reason(alerting.end(second.threshold_id)) == "THRESHOLD_UNKNOWN"
    assert await alerting.thresholds() == [other]
    await writing.observation(quantity=records_pb.Quantity(value="200", unit="/min"))
    assert not any(isinstance(one, events_pb.ThresholdCrossed) for one in await announced(database))


async def test_limits_set_for_one_code_at_once_leave_one(alerting: Alerting, being: As) -> None:
    being("gp")

    made = await asyncio.gather(*(alerting.set(high=float(high)) for high in range(101, 107)))

    (left,) = await alerting.thresholds()
    assert left in made


async def test_who_may_set_and_see_limits(alerting: Alerting, being: As, world: World, people: People) -> None:
    being("gp")
    threshold = await alerting.set()
    for reader in ("patient", "parent", "nurse"):
        being(reader)
        assert await alerting.thresholds() == [threshold]
    being("social_worker")
    assert await alerting.thresholds() == []
    being("stranger")
    assert await reason(alerting.set()) == "NOT_IN_CIRCLE"
    assert await reason(alerting.end(threshold.threshold_id)) == "NOT_IN_CIRCLE"
    assert await reason(alerting.thresholds()) == "NOT_IN_CIRCLE"
    being("patient")
    assert await reason(alerting.set()) == "KIND_NOT_ALLOWED"
    del world.members[people.gp]
    being("gp")
    assert await alerting.thresholds() == [threshold], "what one set remains readable to oneself"


@pytest.mark.parametrize(
    "changes", [{"code": "pouls"}, {"unit": ""}, {"high": None}, {"high": float("nan")}, {"low": 101.0}]
)
async def test_limits_that_make_no_sense_change_nothing(
    alerting: Alerting, being: As, world: World, changes: dict[str, Any]
) -> None:
    being("gp")

    assert await reason(alerting.set(**changes)) == "THRESHOLD_INVALID"
    assert world.asked == []
    assert await alerting.thresholds() == []


async def test_a_repeated_threshold_with_its_key_is_one(alerting: Alerting, being: As) -> None:
    being("gp", key="seuil-1")

    assert await alerting.set() == await alerting.set()
    assert await reason(alerting.set(high=90.0)) == "IDEMPOTENCY_KEY_REUSED"


async def test_at_rest_neither_unit_nor_code_nor_limit_can_be_read(
    alerting: Alerting, being: As, database: Database
) -> None:
    being("nurse")
    await alerting.admit(unit="CANARI-UNITE")
    await alerting.set(code="2339-0", unit="mg/dL", high=7.654321)

    async with database.reading() as connection:
        kept = str([tuple(row) for table in ("stay", "threshold", "outbox", "idempotency_key")
                    for row in await connection.execute(text(f"select * from {table}"))])  # noqa: S608  # fmt: skip
    for secret in ("CANARI", "INPATIENT", "2339-0", "mg/dL", "7.654321"):
        assert secret not in kept
