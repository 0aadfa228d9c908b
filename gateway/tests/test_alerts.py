"""Stays, thresholds, and what the conversations of a circle allow."""

import json
from typing import Any

import pytest
from terresante.consent.v1 import consent_service_pb2 as consent
from terresante.messaging.v1 import messaging_service_pb2 as messaging
from terresante.records.v1 import alert_service_pb2 as alerts

from .alert_calls import ALERTS, STAY, THRESHOLD
from .calling import programmed, reason_of, sent
from .things import AT, CIRCLE, DOCTOR, NAMES, NURSE, OTHER, PATIENT, PLACE, PRACTICE, RECORD, THING, at

BY_ID = {right.operation: right for right in ALERTS}
STAYS = f"{RECORD}/stays"
THRESHOLDS = f"{RECORD}/thresholds"
SETTINGS = f"{RECORD}/circle/settings"


async def test_stays_say_where_and_by_whom_if_names_are_asked(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["list_stays"])

    bare = (await http.get(STAYS, headers=gateway.bearer())).json()["items"][0]
    calls = [asked.rpc for asked in services.asked]
    named = (await http.get(f"{STAYS}?names=true", headers=gateway.bearer())).json()["items"][0]

    assert calls == ["records.ListStays"]
    assert (bare["admitted_by_id"], bare["admitted_by"], bare["place"]) == (DOCTOR, None, None)
    assert (named["admitted_by"]["name"], named["discharged_by"]["name"]) == ("Maud Ferrandi", "Inès Caradec")
    assert (named["place"]["place_id"], named["place"]["structure_id"]) == (PLACE, PRACTICE)
    assert (bare["since"], bare["until"], bare["kind"]) == (AT, AT, "inpatient")


async def test_a_stay_that_lasts_has_no_end(gateway: Any, http: Any, services: Any) -> None:
    lasting = alerts.Stay()
    lasting.CopyFrom(STAY)
    lasting.ClearField("until")
    lasting.ClearField("discharged_by")
    services.answer("records.AdmitPatient", alerts.AdmitPatientResponse(stay=lasting))

    stay = (await sent(http, gateway, BY_ID["admit_patient"])).json()

    assert (stay["until"], stay["discharged_by_id"], stay["discharged_by"]) == (None, None, None)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (STAYS, {"kind": "inpatient"}, "since"),
        (STAYS, {"since": AT}, "kind"),
        (STAYS, {"kind": "hotel", "since": AT}, "kind"),
        (STAYS, {"kind": "day", "since": "hier"}, "since"),
        (STAYS, {"kind": "day", "since": AT, "unit": ""}, "unit"),
        (STAYS, {"kind": "day", "since": AT, "unit": "a" * 201}, "unit"),
        (STAYS, {"kind": "day", "since": AT, "unit": "a\u202eb"}, "unit"),
        (STAYS, {"kind": "day", "since": AT, "place_id": PLACE}, "place_id"),
        (f"{STAYS}/{THING}/discharge", {}, "until"),
        (f"{STAYS}/{THING}/discharge", {"until": None}, "until"),
        (THRESHOLDS, {"code": "8480-6", "unit": "mm[Hg]"}, ""),
        (THRESHOLDS, {"code": "8480-6", "unit": "mm[Hg]", "low": None}, ""),
        (THRESHOLDS, {"code": "8480-6", "unit": "mm[Hg]", "low": "90"}, "low"),
        (THRESHOLDS, {"code": "8480-6", "unit": "mm[Hg]", "high": True}, "high"),
        (THRESHOLDS, {"code": "", "unit": "mm[Hg]", "low": 90}, "code"),
        (THRESHOLDS, {"code": "8480-6", "unit": "a" * 65, "low": 90}, "unit"),
    ],
    ids=str,
)
async def test_an_alert_of_another_form_is_refused_by_its_field(
    gateway: Any, http: Any, path: str, body: Any, field: str
) -> None:
    answer = await http.post(path, json=body, headers=gateway.bearer() | {"if-match": '"1"'})

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert gateway.services.asked == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_a_limit_is_a_number(gateway: Any, http: Any, number: str) -> None:
    content = f'{{"code": "8480-6", "unit": "mm[Hg]", "low": {number}}}'
    headers = gateway.bearer() | {"content-type": "application/json"}

    answer = await http.post(THRESHOLDS, content=content, headers=headers)

    assert (answer.status_code, reason_of(answer)) == (400, "JSON_INVALID")
    assert gateway.services.asked == []


async def test_a_limit_that_is_not_set_is_null_and_zero_is_a_limit(gateway: Any, http: Any, services: Any) -> None:
    services.answer("records.SetThreshold", alerts.SetThresholdResponse(threshold=THRESHOLD))

    threshold = (
        await http.post(THRESHOLDS, json={"code": "a", "unit": "b", "low": 0}, headers=gateway.bearer())
    ).json()

    asked = services.of("records.SetThreshold").request
    assert (asked.HasField("low"), asked.low, asked.HasField("high")) == (True, 0, False)
    assert (threshold["low"], threshold["high"]) == (None, 160)


async def test_thresholds_say_who_set_them_if_names_are_asked(gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["list_thresholds"])

    (threshold,) = (await sent(http, gateway, BY_ID["list_thresholds"])).json()["items"]

    assert (threshold["set_by_id"], threshold["set_by"]["name"]) == (DOCTOR, "Maud Ferrandi")


@pytest.mark.parametrize("operation", ["admit_patient", "set_threshold"])
async def test_an_alert_is_made_once_under_its_key(operation: str, gateway: Any, http: Any) -> None:
    right = BY_ID[operation]
    programmed(gateway, right)

    await sent(http, gateway, right, {"idempotency-key": "a-key-of-mine"})

    assert gateway.services.of(right.rpc).call.idempotency_key == "a-key-of-mine"


async def test_the_circle_says_what_its_conversations_allow(gateway: Any, http: Any, services: Any) -> None:
    for rpc, reply in NAMES.items():
        services.answer(rpc, reply)
    circle = consent.Circle()
    circle.CopyFrom(CIRCLE)
    circle.patient_may_write = True
    services.answer("consent.GetCircle", consent.GetCircleResponse(circle=circle))

    shown = (await http.get(f"{RECORD}/circle", headers=gateway.bearer())).json()

    assert (shown["patient_may_write"], shown["newcomers_see_earlier"]) == (True, False)


async def test_a_setting_that_is_not_given_stays_and_false_is_given(gateway: Any, http: Any, services: Any) -> None:
    for rpc, reply in NAMES.items():
        services.answer(rpc, reply)
    services.answer("consent.ChangeCircleSettings", consent.ChangeCircleSettingsResponse(circle=CIRCLE))

    answer = await http.put(
        SETTINGS, json={"newcomers_see_earlier": False}, headers=gateway.bearer("patient") | {"if-match": '"5"'}
    )

    assert (answer.status_code, answer.headers["etag"]) == (200, '"5"')
    asked = services.of("consent.ChangeCircleSettings").request
    assert (asked.version, asked.HasField("patient_may_write"), asked.HasField("newcomers_see_earlier")) == (
        5,
        False,
        True,
    )


@pytest.mark.parametrize("value", ["true", 1, "oui", []], ids=str)
async def test_a_setting_is_true_or_false(gateway: Any, http: Any, value: Any) -> None:
    content = json.dumps({"patient_may_write": value})
    headers = gateway.bearer() | {"if-match": '"5"', "content-type": "application/json"}

    answer = await http.put(SETTINGS, content=content, headers=headers)

    assert answer.json()["errors"][0]["field"] == "patient_may_write"
    assert gateway.services.asked == []


async def test_a_notification_says_where_to_read_its_message_and_for_whom_one_stands_in(
    gateway: Any, http: Any, services: Any
) -> None:
    told = messaging.Notification(
        notification_id=THING,
        kind=messaging.NOTIFICATION_KIND_URGENT_UNREAD,
        patient_id=PATIENT,
        about_id=OTHER,
        thread_id=PRACTICE,
        instead_of_id=NURSE,
        at=at(),
    )
    services.answer("messaging.ListNotifications", messaging.ListNotificationsResponse(notifications=[told]))

    (line,) = (await http.get("/v1/notifications", headers=gateway.bearer())).json()["items"]

    assert (line["kind"], line["thread_id"], line["instead_of_id"]) == ("urgent_unread", PRACTICE, NURSE)
