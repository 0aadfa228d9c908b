"""One right call per operation: what a portal sends, what the services answer, what reaches the services.

Every test that must hold for all operations goes through this list; `test_routes.py` proves that it misses none.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import consent_service_pb2 as consent
from terresante.consent.v1 import decision_service_pb2 as decisions
from terresante.consent.v1 import journal_service_pb2 as journal
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.messaging.v1 import messaging_service_pb2 as messaging
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


async def swallow(messages: Any) -> records.PublishDocumentResponse:
    """A records service that reads a whole upload."""
    async for _ in messages:
        pass
    return records.PublishDocumentResponse(document=DOCUMENT)


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
    request: Any = None
    """The message that must reach the service; None: whatever it is (streams)."""


V3 = {"if-match": '"3"'}
FORM = [
    ("description", (None, '{"type_code": "11502-2", "title": "Bilan", "dated": "2026-03-02T08:15:00Z"}')),
    ("content", ("scan.pdf", b"%PDF-", "application/pdf")),
]
_P = {"patient_id": PATIENT}
RIGHT = [
    Right("get_me", "GET", "/v1/me", "administrator", "directory.GetAdministrator",
        directory.GetAdministratorResponse(administrator_id=OTHER, name="Maud Ferrandi", territory_codes=["94-ouest"]),
        request=directory.GetAdministratorRequest()),
    Right("list_my_patients", "GET", "/v1/patients?limit=10", "professional", "consent.ListMyPatients",
        consent.ListMyPatientsResponse(patients=[consent.MyPatient(patient_id=PATIENT, since=at())]),
        request=consent.ListMyPatientsRequest(limit=10)),
    Right("search_persons", "POST", "/v1/patients/search", "professional", "identity.SearchPersons",
        identity.SearchPersonsResponse(candidates=[identity.Candidate(person=PERSON, same=True)], more=True),
        json={"traits": TYPED}, request=identity.SearchPersonsRequest(traits=TRAITS, limit=20)),
    Right("create_person", "POST", "/v1/patients", "professional", "identity.CreatePerson",
        identity.CreatePersonResponse(person=PERSON), json={"traits": TYPED, "confirm_distinct_from": [OTHER]},
        status=201, request=identity.CreatePersonRequest(traits=TRAITS, confirm_distinct_from=[OTHER])),
    Right("get_patient", "GET", RECORD, "patient", "identity.BatchGetPersons",
        identity.BatchGetPersonsResponse(persons=[PERSON]),
        request=identity.BatchGetPersonsRequest(person_ids=[PATIENT])),
    Right("check_identity_document", "POST", f"{RECORD}/identity-checks", "professional",
        "identity.CheckIdentityDocument", identity.CheckIdentityDocumentResponse(person=PERSON),
        json={"validation_mode": "CN", "traits": TYPED}, headers=V3,
        request=identity.CheckIdentityDocumentRequest(person_id=PATIENT, version=3, validation_mode="CN",
            traits=TRAITS)),
    Right("record_insi_answer", "POST", f"{RECORD}/insi-answers", "professional", "identity.RecordInsiAnswer",
        identity.RecordInsiAnswerResponse(person=PERSON), json={"code": "01", "accepted": True}, headers=V3,
        request=identity.RecordInsiAnswerRequest(person_id=PATIENT, version=3, code="01", accepted=True)),
    Right("flag_identity", "PUT", f"{RECORD}/identity-flags", "professional", "identity.FlagIdentity",
        identity.FlagIdentityResponse(person=PERSON), json={"flags": ["douteuse", "homonyme"]}, headers=V3,
        request=identity.FlagIdentityRequest(person_id=PATIENT, version=3,
            flags=[identity.IDENTITY_FLAG_DOUBTFUL, identity.IDENTITY_FLAG_HOMONYM])),
    Right("issue_activation", "POST", f"{RECORD}/activation", "professional", "identity.IssueActivation",
        identity.IssueActivationResponse(username="p-123", activation_code="QX7", expires_at=at(), login_url="https://x"),
        json={"replace": True}, status=201,
        request=identity.IssueActivationRequest(person_id=PATIENT, replace=True)),
    Right("list_consents", "GET", f"{RECORD}/consents", "patient", "consent.ListConsents",
        consent.ListConsentsResponse(consents=[AGREED]), request=consent.ListConsentsRequest(**_P)),
    Right("record_consent", "POST", f"{RECORD}/consents", "professional", "consent.RecordConsent",
        consent.RecordConsentResponse(consent=AGREED, circle=CIRCLE), status=201,
        json={"form": "oral", "given_at": "2026-03-02T09:15:00.25+01:00", "notice_version": "2026-01",
            "information_given": "Le partage.", "given_by": OTHER, "given_as": "parent", "represents_until": AT},
        request=consent.RecordConsentRequest(**_P, form=consent.CONSENT_FORM_ORAL, given_at=at(),
            notice_version="2026-01", information_given="Le partage.", given_by=OTHER,
            given_as=consent.REPRESENTATION_KIND_PARENT, represents_until=at())),
    Right("withdraw_consent", "POST", f"{RECORD}/consents/{THING}/withdrawal", "patient", "consent.WithdrawConsent",
        consent.WithdrawConsentResponse(consent=AGREED),
        request=consent.WithdrawConsentRequest(**_P, consent_id=THING)),
    Right("get_circle", "GET", f"{RECORD}/circle", "patient", "consent.GetCircle",
        consent.GetCircleResponse(circle=CIRCLE), request=consent.GetCircleRequest(**_P)),
    Right("invite_member", "POST", f"{RECORD}/circle/members", "professional", "consent.InviteMember",
        consent.InviteMemberResponse(circle=CIRCLE), status=201, headers=V3,
        json={"professional_id": NURSE, "explicit_agreement": True, "agreement_form": "written"},
        request=consent.InviteMemberRequest(**_P, professional_id=NURSE, explicit_agreement=True,
            agreement_form=consent.CONSENT_FORM_WRITTEN, circle_version=3)),
    Right("remove_member", "DELETE", f"{RECORD}/circle/members/{THING}", "patient", "consent.RemoveMember",
        consent.RemoveMemberResponse(circle=CIRCLE), request=consent.RemoveMemberRequest(**_P, member_id=THING)),
    Right("list_blocks", "GET", f"{RECORD}/blocks", "patient", "consent.ListBlocks",
        consent.ListBlocksResponse(blocks=[BLOCK]), request=consent.ListBlocksRequest(**_P)),
    Right("block_professional", "POST", f"{RECORD}/blocks", "patient", "consent.BlockProfessional",
        consent.BlockProfessionalResponse(block=BLOCK), json={"professional_id": NURSE}, status=201,
        request=consent.BlockProfessionalRequest(**_P, professional_id=NURSE)),
    Right("lift_block", "DELETE", f"{RECORD}/blocks/{THING}", "patient", "consent.LiftBlock",
        consent.LiftBlockResponse(block=BLOCK), request=consent.LiftBlockRequest(**_P, block_id=THING)),
    Right("list_emergency_accesses", "GET", f"{RECORD}/emergency-accesses", "patient", "consent.ListEmergencyAccesses",
        consent.ListEmergencyAccessesResponse(emergency_accesses=[EMERGENCY]),
        request=consent.ListEmergencyAccessesRequest(**_P)),
    Right("open_emergency_access", "POST", f"{RECORD}/emergency-accesses", "professional",
        "consent.OpenEmergencyAccess", consent.OpenEmergencyAccessResponse(emergency_access=EMERGENCY), status=201,
        json={"reason": "Patiente inconsciente aux urgences."},
        request=consent.OpenEmergencyAccessRequest(**_P, reason="Patiente inconsciente aux urgences.")),
    Right("close_emergency_access", "DELETE", f"{RECORD}/emergency-accesses/{THING}", "professional",
        "consent.CloseEmergencyAccess", consent.CloseEmergencyAccessResponse(emergency_access=EMERGENCY),
        request=consent.CloseEmergencyAccessRequest(**_P, emergency_access_id=THING)),
    Right("list_representatives", "GET", f"{RECORD}/representatives", "patient", "consent.ListRepresentatives",
        consent.ListRepresentativesResponse(representations=[REPRESENTATION]),
        request=consent.ListRepresentativesRequest(**_P)),
    Right("appoint_representative", "POST", f"{RECORD}/representatives", "patient", "consent.AppointRepresentative",
        consent.AppointRepresentativeResponse(representation=REPRESENTATION), status=201,
        json={"person_id": OTHER, "kind": "trusted_person", "until": AT, "may_read": True},
        request=consent.AppointRepresentativeRequest(**_P, representative_id=OTHER, until=at(), may_read=True,
            kind=consent.REPRESENTATION_KIND_TRUSTED_PERSON)),
    Right("end_representation", "DELETE", f"{RECORD}/representatives/{THING}", "patient", "consent.EndRepresentation",
        consent.EndRepresentationResponse(representation=REPRESENTATION),
        request=consent.EndRepresentationRequest(**_P, representation_id=THING)),
    Right("list_documents", "GET", f"{RECORD}/documents?category=letter&category=oncology&total=true", "professional",
        "records.ListDocuments", records.ListDocumentsResponse(documents=[DOCUMENT], total=41),
        request=records.ListDocumentsRequest(**_P, categories=["letter", "oncology"], limit=50, with_total=True)),
    Right("get_document", "GET", f"{RECORD}/documents/{THING}", "patient", "records.GetDocument",
        records.GetDocumentResponse(document=DOCUMENT),
        request=records.GetDocumentRequest(**_P, document_id=THING)),
    Right("set_document_visibility", "PUT", f"{RECORD}/documents/{THING}/visibility", "professional",
        "records.SetDocumentVisibility", records.SetDocumentVisibilityResponse(document=DOCUMENT), headers=V3,
        json={"hidden_from_patient": True},
        request=records.SetDocumentVisibilityRequest(**_P, document_id=THING, version=3,
            visibility=records.Visibility(hidden_from_patient=True))),
    Right("delete_document", "DELETE", f"{RECORD}/documents/{THING}", "professional", "records.DeleteDocument",
        records.DeleteDocumentResponse(), headers=V3, status=204,
        request=records.DeleteDocumentRequest(**_P, document_id=THING, version=3)),
    Right("publish_document", "POST", f"{RECORD}/documents", "professional", "records.PublishDocument", swallow,
        files=FORM, status=201),
    Right("read_content", "GET", f"{RECORD}/documents/{THING}/content", "patient", "records.ReadContent",
        [records.ReadContentResponse(document=DOCUMENT), records.ReadContentResponse(chunk=b"hello")],
        request=records.ReadContentRequest(**_P, document_id=THING)),
    Right("list_notes", "GET", f"{RECORD}/notes", "professional", "records.ListNotes",
        records.ListNotesResponse(notes=[NOTE]), request=records.ListNotesRequest(**_P, limit=50)),
    Right("write_note", "POST", f"{RECORD}/notes", "professional", "records.WriteNote",
        records.WriteNoteResponse(note=NOTE), json={"text": "Pansement refait.\nPlaie propre. 👩‍⚕️", "urgent": True},
        status=201, request=records.WriteNoteRequest(**_P, text="Pansement refait.\nPlaie propre. 👩‍⚕️", urgent=True,
            visibility=records.Visibility())),
    Right("revise_note", "PUT", f"{RECORD}/notes/{THING}", "professional", "records.ReviseNote",
        records.ReviseNoteResponse(note=NOTE), json={"text": "Autre texte."}, headers=V3,
        request=records.ReviseNoteRequest(**_P, note_id=THING, version=3, text="Autre texte.")),
    Right("list_observations", "GET", f"{RECORD}/observations?code=8310-5", "professional",
        "records.ListObservations", records.ListObservationsResponse(observations=[OBSERVATION]),
        request=records.ListObservationsRequest(**_P, codes=["8310-5"], limit=50)),
    Right("record_observation", "POST", f"{RECORD}/observations", "professional", "records.RecordObservation",
        records.RecordObservationResponse(observation=OBSERVATION), status=201,
        json={"code_system": "http://loinc.org", "code": "8310-5", "label": "Température corporelle",
            "quantity": {"value": "37.50", "unit": "Cel"}, "observed_at": AT, "fhir_json": '{"a" : 1}'},
        request=records.RecordObservationRequest(**_P, code_system="http://loinc.org", code="8310-5",
            label="Température corporelle", quantity=records.Quantity(value="37.50", unit="Cel"), observed_at=at(),
            visibility=records.Visibility(), fhir_json=b'{"a" : 1}')),
    Right("list_journal", "GET", f"{RECORD}/journal?limit=5", "patient", "consent.ListEntries",
        journal.ListEntriesResponse(entries=[ENTRY]), request=journal.ListEntriesRequest(**_P, limit=5)),
    Right("export_journal", "GET", f"{RECORD}/journal/proof", "patient", "consent.ExportJournal",
        [journal.ExportJournalResponse(chunk=b'{"entries":'), journal.ExportJournalResponse(chunk=b"[]}")],
        request=journal.ExportJournalRequest(**_P)),
    Right("get_decision", "GET", f"{RECORD}/decisions/{THING}", "patient", "consent.GetDecision",
        decisions.GetDecisionResponse(
            decision=decisions.Decision(reasons=["NOT_IN_CIRCLE"], sentence="Non.", entry_id=THING, policy_version="1"),
            at=at(), facts={"member": "false"}, would_flip={"member": "true"}, action=decisions.ACTION_LIST),
        request=decisions.GetDecisionRequest(**_P, entry_id=THING)),
    Right("list_notifications", "GET", "/v1/notifications?unread_only=true", "patient", "messaging.ListNotifications",
        messaging.ListNotificationsResponse(unread=3, notifications=[messaging.Notification(notification_id=THING,
            kind=messaging.NOTIFICATION_KIND_EMERGENCY_OPENED, patient_id=PATIENT, at=at())]),
        request=messaging.ListNotificationsRequest(unread_only=True, limit=50)),
    Right("mark_notifications_read", "POST", "/v1/notifications/read", "patient", "messaging.MarkRead",
        messaging.MarkReadResponse(unread=2), json={"ids": [THING]},
        request=messaging.MarkReadRequest(notification_ids=[THING])),
    Right("search_professionals", "GET", "/v1/professionals?text=fer&profession=10", "professional",
        "directory.SearchProfessionals", directory.SearchProfessionalsResponse(professionals=[DOCTOR_MESSAGE]),
        request=directory.SearchProfessionalsRequest(text="fer", profession="10", limit=50)),
    Right("register_professional", "POST", "/v1/professionals", "administrator", "directory.RegisterProfessional",
        directory.RegisterProfessionalResponse(professional=DOCTOR_MESSAGE), status=201,
        json={"rpps": "10002813839", "family_name": "Ferrandi", "given_name": "Maud", "profession": "10",
            "places": [{"structure_id": PRACTICE, "role": "généraliste"}]},
        request=directory.RegisterProfessionalRequest(rpps="10002813839", family_name="Ferrandi", given_name="Maud",
            profession="10", places=[directory.NewPlace(structure_id=PRACTICE, role="généraliste")])),
    Right("get_professional", "GET", f"/v1/professionals/{DOCTOR}", "patient", "directory.BatchGetProfessionals",
        directory.BatchGetProfessionalsResponse(professionals=[DOCTOR_MESSAGE]),
        request=directory.BatchGetProfessionalsRequest(professional_ids=[DOCTOR])),
    Right("add_place", "POST", f"/v1/professionals/{DOCTOR}/places", "administrator", "directory.AddPlace",
        directory.AddPlaceResponse(professional=DOCTOR_MESSAGE), status=201, headers=V3,
        json={"structure_id": PRACTICE, "role": "généraliste"},
        request=directory.AddPlaceRequest(professional_id=DOCTOR, version=3,
            place=directory.NewPlace(structure_id=PRACTICE, role="généraliste"))),
    Right("end_place", "DELETE", f"/v1/professionals/{DOCTOR}/places/{PLACE}", "administrator", "directory.EndPlace",
        directory.EndPlaceResponse(professional=DOCTOR_MESSAGE), headers=V3,
        request=directory.EndPlaceRequest(professional_id=DOCTOR, place_id=PLACE, version=3)),
    Right("open_account", "POST", f"/v1/professionals/{DOCTOR}/account", "administrator", "directory.OpenAccount",
        directory.OpenAccountResponse(professional=DOCTOR_MESSAGE, username="maud.ferrandi", starting_password="x9"),
        status=201, json={"means": "password_and_code"},
        request=directory.OpenAccountRequest(professional_id=DOCTOR, means=directory.LOGIN_MEANS_PASSWORD_AND_CODE)),
    Right("suspend_account", "POST", f"/v1/professionals/{DOCTOR}/account/suspension", "administrator",
        "directory.SuspendAccount", directory.SuspendAccountResponse(professional=DOCTOR_MESSAGE), status=201,
        request=directory.SuspendAccountRequest(professional_id=DOCTOR)),
    Right("reinstate_account", "DELETE", f"/v1/professionals/{DOCTOR}/account/suspension", "administrator",
        "directory.ReinstateAccount", directory.ReinstateAccountResponse(professional=DOCTOR_MESSAGE),
        request=directory.ReinstateAccountRequest(professional_id=DOCTOR)),
    Right("search_structures", "GET", "/v1/structures?territory_code=94-ouest", "administrator",
        "directory.SearchStructures", directory.SearchStructuresResponse(structures=[STRUCTURE]),
        request=directory.SearchStructuresRequest(territory_code="94-ouest", limit=50)),
    Right("register_structure", "POST", "/v1/structures", "administrator", "directory.RegisterStructure",
        directory.RegisterStructureResponse(structure=STRUCTURE), status=201,
        json={"name": "Cabinet des Lilas", "kind": "cabinet", "siret": "12345678901234",
            "territory_code": "94-ouest", "postal_code": "94200", "commune": "Ivry-sur-Seine"},
        request=directory.RegisterStructureRequest(name="Cabinet des Lilas", kind="cabinet", siret="12345678901234",
            territory_code="94-ouest", postal_code="94200", commune="Ivry-sur-Seine")),
    Right("get_structure", "GET", f"/v1/structures/{PRACTICE}", "patient", "directory.BatchGetStructures",
        directory.BatchGetStructuresResponse(structures=[STRUCTURE]),
        request=directory.BatchGetStructuresRequest(structure_ids=[PRACTICE])),
    Right("list_territories", "GET", "/v1/territories", "patient", "directory.ListTerritories",
        directory.ListTerritoriesResponse(territories=[directory.Territory(code="94-ouest", started=True)]),
        request=directory.ListTerritoriesRequest()),
    Right("list_document_types", "GET", "/v1/document-types", "professional", "records.ListDocumentTypes",
        records.ListDocumentTypesResponse(types=[records.DocumentType(code="11502-2", label="Biologie")]),
        request=records.ListDocumentTypesRequest()),
]  # fmt: skip
