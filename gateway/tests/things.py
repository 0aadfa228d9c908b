"""The people and things of the right calls, as the services tell them, and what a right call is."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import consent_service_pb2 as consent
from terresante.consent.v1 import decision_service_pb2 as decisions
from terresante.consent.v1 import journal_service_pb2 as journal
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.records.v1 import records_service_pb2 as records

PATIENT = "0190f3c2-0000-7cc1-9d20-000000000001"
DOCTOR = "0190f3c2-0000-7cc1-9d20-000000000002"
NURSE = "0190f3c2-0000-7cc1-9d20-000000000003"
PLACE = "0190f3c2-0000-7cc1-9d20-000000000004"
PRACTICE = "0190f3c2-0000-7cc1-9d20-000000000005"
THING = "0190f3c2-0000-7cc1-9d20-000000000006"
OTHER = "0190f3c2-0000-7cc1-9d20-000000000007"
RECORD = f"/v1/patients/{PATIENT}"
AT = "2026-03-02T08:15:00.250000Z"


def at(text: str = AT) -> Timestamp:
    """A timestamp as the services send it."""
    stamp = Timestamp()
    stamp.FromDatetime(datetime.fromisoformat(text).astimezone(UTC))
    return stamp


TYPED = {
    "birth_name": "CARADEC",
    "first_name": "SOLENE",
    "birth_date": "1951-03-00",
    "sex": "F",
    "birth_country": "FR",
    "birth_postal_code": "94000",
}
TRAITS = identity.Traits(
    birth_name="CARADEC",
    first_name="SOLENE",
    birth_date=identity.BirthDate(year=1951, month=3),
    sex=identity.SEX_FEMALE,
    birth_country="FR",
    birth_postal_code="94000",
)
PERSON = identity.Person(
    person_id=PATIENT,
    traits=TRAITS,
    status=identity.IDENTITY_STATUS_QUALIFIED,
    flags=[identity.IDENTITY_FLAG_HOMONYM],
    ins_matricule="251039402812392",
    ins_oid="1.2.250.1.213.1.4.10",
    version=4,
    created_at=at(),
    registered_by=DOCTOR,
)
AGREED = consent.Consent(
    consent_id=THING,
    patient_id=PATIENT,
    form=consent.CONSENT_FORM_ORAL,
    given_at=at(),
    given_by=PATIENT,
    recorded_by=DOCTOR,
    notice_version="2026-01",
    information_given="Le partage.",
    version=2,
)
CIRCLE = consent.Circle(
    patient_id=PATIENT,
    consent_in_force=True,
    version=5,
    members=[
        consent.Member(member_id=THING, professional_id=NURSE, since=at(), invited_by=DOCTOR),
        consent.Member(member_id=OTHER, structure_id=PRACTICE, since=at(), until=at(), invited_by=PATIENT),
    ],
)
BLOCK = consent.Block(block_id=THING, professional_id=NURSE, since=at())
EMERGENCY = consent.EmergencyAccess(
    emergency_access_id=THING,
    patient_id=PATIENT,
    professional_id=DOCTOR,
    place_id=PLACE,
    reason="Patiente inconsciente aux urgences.",
    opened_at=at(),
    ends_at=at(),
)
REPRESENTATION = consent.Representation(
    representation_id=THING,
    patient_id=PATIENT,
    representative_id=OTHER,
    kind=consent.REPRESENTATION_KIND_GUARDIAN,
    since=at(),
    may_read=True,
)
DOCUMENT = records.Document(
    document_id=THING,
    patient_id=PATIENT,
    type_code="11502-2",
    category="laboratory_result",
    title="Bilan de suivi",
    dated=at(),
    published_at=at(),
    author_id=DOCTOR,
    author_place_id=PLACE,
    media_type="application/pdf",
    size=5,
    sha256="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    visibility=records.Visibility(hidden_from_patient=True),
    version=3,
    edition=1,
)
NOTE = records.Note(
    note_id=THING,
    patient_id=PATIENT,
    text="Pansement refait.",
    author_id=NURSE,
    written_at=at(),
    revised_at=at(),
    version=2,
)
OBSERVATION = records.Observation(
    observation_id=THING,
    patient_id=PATIENT,
    code_system="http://loinc.org",
    code="8310-5",
    label="Température corporelle",
    quantity=records.Quantity(value="37.50", unit="Cel"),
    observed_at=at(),
    recorded_at=at(),
    author_id=NURSE,
    category="observation",
    fhir_json=b'{"resourceType": "Observation"}',
    version=1,
)
STRUCTURE = directory.Structure(
    structure_id=PRACTICE,
    name="Cabinet des Lilas",
    kind="cabinet",
    siret="12345678901234",
    territory_code="94-ouest",
    postal_code="94200",
    commune="Ivry-sur-Seine",
    version=1,
)
DOCTOR_MESSAGE = directory.Professional(
    professional_id=DOCTOR,
    rpps="10002813839",
    family_name="Ferrandi",
    given_name="Maud",
    profession="10",
    profession_label="Médecin",
    health_professional=True,
    places=[directory.Place(place_id=PLACE, structure_id=PRACTICE, role="généraliste", since=at())],
    account_state=directory.ACCOUNT_STATE_OPEN,
    version=7,
)
NURSE_MESSAGE = directory.Professional(
    professional_id=NURSE,
    family_name="Caradec",
    given_name="Inès",
    profession="60",
    profession_label="Infirmier",
    version=1,
)
ENTRY = journal.Entry(
    entry_id=THING,
    at=at(),
    patient_id=PATIENT,
    actor_kind="professional",
    actor_id=DOCTOR,
    profession="10",
    place_id=PLACE,
    structure_id=PRACTICE,
    action=decisions.ACTION_READ,
    resource_kind=decisions.RESOURCE_KIND_DOCUMENT,
    resource_id=OTHER,
    category="laboratory_result",
    allowed=False,
    reasons=["NOT_IN_CIRCLE"],
    sentence="Ce professionnel n’est pas dans le cercle de soins.",
    policy_version="1",
    patient_sequence=12,
)
NAMES = {
    "directory.BatchGetProfessionals": directory.BatchGetProfessionalsResponse(
        professionals=[DOCTOR_MESSAGE, NURSE_MESSAGE]
    ),
    "directory.BatchGetStructures": directory.BatchGetStructuresResponse(structures=[STRUCTURE]),
    "identity.BatchGetPersons": identity.BatchGetPersonsResponse(persons=[PERSON]),
}


@dataclass(frozen=True)
class Right:
    """A call that succeeds."""

    operation: str
    method: str
    path: str
    kind: str
    rpc: str
    reply: Any
    json: Any = None
    files: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    acr: int = 2
    """How strongly who calls is logged in."""
    request: Any = None
    """The message that must reach the service; None: whatever it is (streams)."""


V3 = {"if-match": '"3"'}
