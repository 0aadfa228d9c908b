"""Right calls of stays, thresholds and the settings of a circle's conversations (see `operations.py`)."""

from typing import Any

from terresante.consent.v1 import consent_service_pb2 as consent
from terresante.records.v1 import alert_service_pb2 as alerts
from terresante.records.v1 import records_service_pb2 as records

from .things import AT, CIRCLE, DOCTOR, NURSE, PATIENT, PLACE, RECORD, THING, V3, Right, at

_P: dict[str, Any] = {"patient_id": PATIENT}
STAY = alerts.Stay(
    stay_id=THING,
    kind=alerts.STAY_KIND_INPATIENT,
    place_id=PLACE,
    unit="Médecine gériatrique",
    until=at(),
    admitted_by=DOCTOR,
    discharged_by=NURSE,
    visibility=records.Visibility(hidden_from_representatives=True),
    version=3,
    **{"from": at()},
)
THRESHOLD = alerts.Threshold(threshold_id=THING, code="8480-6", unit="mm[Hg]", high=160, set_by=DOCTOR, set_at=at())
ALERTS = [
    Right("list_stays", "GET", f"{RECORD}/stays?limit=5&names=true", "patient", "records.ListStays",
        alerts.ListStaysResponse(stays=[STAY]), request=alerts.ListStaysRequest(**_P, limit=5)),
    Right("admit_patient", "POST", f"{RECORD}/stays", "professional", "records.AdmitPatient",
        alerts.AdmitPatientResponse(stay=STAY), status=201,
        json={"kind": "emergency", "unit": "Urgences", "since": AT, "visibility": {"hidden_from_patient": True}},
        request=alerts.AdmitPatientRequest(**_P, kind=alerts.STAY_KIND_EMERGENCY, unit="Urgences",
            visibility=records.Visibility(hidden_from_patient=True), **{"from": at()})),
    Right("discharge_patient", "POST", f"{RECORD}/stays/{THING}/discharge", "professional", "records.DischargePatient",
        alerts.DischargePatientResponse(stay=STAY), json={"until": AT}, headers=V3,
        request=alerts.DischargePatientRequest(**_P, stay_id=THING, version=3, until=at())),
    Right("list_thresholds", "GET", f"{RECORD}/thresholds?names=true", "patient", "records.ListThresholds",
        alerts.ListThresholdsResponse(thresholds=[THRESHOLD]), request=alerts.ListThresholdsRequest(**_P)),
    Right("set_threshold", "POST", f"{RECORD}/thresholds", "professional", "records.SetThreshold",
        alerts.SetThresholdResponse(threshold=THRESHOLD), status=201,
        json={"code": "8480-6", "unit": "mm[Hg]", "low": 90, "high": 160.5},
        request=alerts.SetThresholdRequest(**_P, code="8480-6", unit="mm[Hg]", low=90, high=160.5)),
    Right("end_threshold", "DELETE", f"{RECORD}/thresholds/{THING}", "professional", "records.EndThreshold",
        alerts.EndThresholdResponse(), status=204,
        request=alerts.EndThresholdRequest(**_P, threshold_id=THING)),
    Right("change_circle_settings", "PUT", f"{RECORD}/circle/settings", "professional", "consent.ChangeCircleSettings",
        consent.ChangeCircleSettingsResponse(circle=CIRCLE), json={"patient_may_write": True}, headers=V3,
        request=consent.ChangeCircleSettingsRequest(**_P, version=3, patient_may_write=True)),
]  # fmt: skip
