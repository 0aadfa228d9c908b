"""What the patient lets the circle and its newcomers do, and who may change it."""

from typing import Any

import pytest
from sqlalchemy import text
from terresante.consent.v1 import consent_events_pb2 as events_pb
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante_consent.wire import stamp
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .house import MONDAY, House, reason
from .test_rpc_representatives import appointed


async def test_settings_are_changed_together_or_not_at_all_each_with_its_line(house: House, published: Any) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    both = pb.ChangeCircleSettingsRequest(patient_id=str(patient), patient_may_write=True, newcomers_see_earlier=True)
    before = await published()
    with pytest.raises(Refusal) as refused:
        await house.consents.ChangeCircleSettings(both)
    house.person(patient)
    assert await reason(house.consents.ChangeCircleSettings(both)) == "NOT_PERMITTED"
    circle = (await house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))).circle
    assert (circle.patient_may_write, circle.newcomers_see_earlier, circle.version) == (False, False, 2)
    assert await published() == before

    changed = await house.sets(patient, newcomers_see_earlier=True, version=2)

    assert (changed.patient_may_write, changed.newcomers_see_earlier, changed.version) == (False, True, 3)
    assert await published() == [*before, "consent.v1.circle_settings_changed"]
    assert await reason(house.sets(patient, newcomers_see_earlier=False, version=2)) == "VERSION_STALE"
    assert (await house.sets(patient, newcomers_see_earlier=True)).version == 3, "what is so already changes nothing"
    assert len(await published()) == len(before) + 1
    lines = [(line.action, line.allowed) for line in await house.lines(patient)]
    writing, view = decisions_pb.ACTION_SET_PATIENT_WRITING, decisions_pb.ACTION_SET_NEWCOMERS_VIEW
    assert [line for line in lines if line[0] in (writing, view)] == [
        (view, True),
        (view, True),
        (writing, False),
        (view, False),
    ]
    assert refused.value.reason == "NOT_PERMITTED"


async def test_the_event_of_a_setting_bears_what_holds_then(house: House, database: Database) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)

    await house.sets(patient, patient_may_write=True)

    async with database.reading() as connection:
        sent = await connection.execute(text("select payload from outbox order by sequence desc limit 1"))
    assert events_pb.CircleSettingsChanged.FromString(sent.scalar_one()) == events_pb.CircleSettingsChanged(
        patient_id=str(patient), patient_may_write=True, changed_by=str(doctor), version=3, at=stamp(MONDAY)
    )


async def test_who_may_not_change_a_setting_and_what_is_none(house: House) -> None:
    doctor, stranger = house.directory.professional(), house.directory.professional()
    patient = await house.consented(doctor)
    assert await reason(house.sets(patient)) == "SETTINGS_EMPTY"
    assert await reason(house.sets(patient, newcomers_see_earlier=True)) == "NOT_PERMITTED"
    carer, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_read=True)
    manager, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_manage=True)
    house.professional(stranger)
    assert await reason(house.sets(patient, patient_may_write=True)) == "NOT_IN_CIRCLE"
    house.person(patient)
    assert await reason(house.sets(patient, patient_may_write=True)) == "NOT_PERMITTED"
    house.person(carer)
    assert await reason(house.sets(patient, newcomers_see_earlier=True)) == "OUTSIDE_MANDATE"
    house.person(manager)
    assert (await house.sets(patient, newcomers_see_earlier=True)).newcomers_see_earlier
    nobody = house.identity.person()
    house.person(nobody)
    assert await reason(house.sets(nobody, newcomers_see_earlier=True)) == "CONSENT_NOT_IN_FORCE"


async def test_a_repeated_change_with_its_key_answers_the_same_and_is_made_once(house: House, published: Any) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    house.professional(doctor, key="reglage-1")

    first = await house.sets(patient, patient_may_write=True, version=2)
    again = await house.sets(patient, patient_may_write=True, version=2)

    assert first == again
    assert (await published()).count("consent.v1.circle_settings_changed") == 1
