"""What the door refuses of people who search, register and read, and to whom: nothing is looked at then."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.json_format import MessageToJson
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_platform.refusals import Refusal

from .by_hand import NOBODY, Create, traits
from .willing_consent import WillingConsent


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"birth_name": ""}, "IDENTITY_NAME_MISSING"),
        ({"birth_name": "L3fevre"}, "IDENTITY_NAME_CHARACTER"),
        ({"first_name": "Lou\u202eise"}, "IDENTITY_NAME_INVISIBLE_CHARACTER"),
        ({"first_name": "A" * 500}, "IDENTITY_NAME_TOO_LONG"),
        ({"birth_date": pb.BirthDate(year=2001, month=2, day=31)}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": pb.BirthDate(year=2027, month=1, day=1)}, "IDENTITY_BIRTH_DATE_IN_FUTURE"),
        ({"birth_date": pb.BirthDate(year=1850, month=1, day=1)}, "IDENTITY_BIRTH_DATE_TOO_EARLY"),
        ({"birth_date": None}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"sex": pb.SEX_UNSPECIFIED}, "IDENTITY_SEX_MISSING"),
        ({"sex": 99}, "IDENTITY_SEX_MISSING"),
        ({"birth_country": "FRA"}, "IDENTITY_BIRTH_COUNTRY_UNKNOWN"),
        ({"birth_postal_code": "94999"}, "IDENTITY_BIRTH_POSTAL_CODE_UNKNOWN"),
    ],
)
async def test_wrong_traits_are_refused_with_the_rule_and_nothing_is_kept_or_journalled(
    service: Any, doctor: UUID, published: Any, consent: WillingConsent, change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await service.CreatePerson(pb.CreatePersonRequest(traits=traits(**change)))

    assert refused.value.reason == reason
    assert refused.value.details["rule"]
    assert refused.value.todo
    assert await published() == []
    assert consent.asked == []


@pytest.mark.parametrize(
    "request_",
    [
        pb.SearchPersonsRequest(traits=traits(), limit=51),
        pb.SearchPersonsRequest(traits=traits(), limit=-1),
        pb.SearchPersonsRequest(),
        pb.CreatePersonRequest(traits=traits(), confirm_distinct_from=["not-an-id"]),
        pb.BatchGetPersonsRequest(person_ids=["\x00"]),
        pb.CheckIdentityDocumentRequest(person_id="x"),
        pb.RecordInsiAnswerRequest(person_id=""),
        pb.FlagIdentityRequest(person_id=NOBODY, flags=[pb.IDENTITY_FLAG_UNSPECIFIED]),
        pb.IssueActivationRequest(person_id="../" + NOBODY),
    ],
    ids=lambda request: type(request).__name__,
)
async def test_what_can_never_be_right_is_invalid(service: Any, doctor: UUID, request_: Any) -> None:
    with pytest.raises(Refusal) as refused:
        await getattr(service, type(request_).__name__.removesuffix("Request"))(request_)

    assert refused.value.kind == "INVALID"


EVERY_RPC = [
    pb.SearchPersonsRequest(traits=traits()),
    pb.CreatePersonRequest(traits=traits()),
    pb.BatchGetPersonsRequest(person_ids=[NOBODY]),
    pb.CheckIdentityDocumentRequest(person_id=NOBODY, traits=traits()),
    pb.RecordInsiAnswerRequest(person_id=NOBODY, code="01"),
    pb.FlagIdentityRequest(person_id=NOBODY),
    pb.IssueActivationRequest(person_id=NOBODY),
]


@pytest.mark.parametrize("request_", EVERY_RPC, ids=lambda request: type(request).__name__)
@pytest.mark.parametrize(
    ("kind", "acr", "reason"),
    [
        (None, 2, "LOGIN_REQUIRED"),
        ("professional", 1, "LOGIN_TOO_WEAK"),
        ("administrator", 3, "KIND_NOT_ALLOWED"),
        ("patient", 2, "KIND_NOT_ALLOWED"),
    ],
)
async def test_who_may_not_call_is_refused_before_anything_is_looked_at(
    service: Any, calling_as: Any, consent: WillingConsent, request_: Any, kind: str | None, acr: int, reason: str
) -> None:
    if kind == "patient" and isinstance(request_, pb.BatchGetPersonsRequest):
        kind, reason = "administrator", "KIND_NOT_ALLOWED"  # a patient may read who they are
    calling_as(kind, uuid4(), acr=acr)

    with pytest.raises(Refusal) as refused:
        await getattr(service, type(request_).__name__.removesuffix("Request"))(request_)

    assert refused.value.reason == reason
    assert consent.asked == []


async def test_a_patient_reads_who_they_are(
    service: Any, doctor: UUID, create: Create, calling_as: Any, consent: WillingConsent
) -> None:
    louise = await create()
    calling_as("patient", UUID(louise.person_id))

    reply = await service.BatchGetPersons(pb.BatchGetPersonsRequest(person_ids=[louise.person_id]))

    assert reply.persons[0].traits.first_name == "Louise"
    assert consent.asked[-1].patient_id == louise.person_id


@pytest.mark.parametrize(
    ("action", "request_of"),
    [
        (consent_pb.ACTION_SEARCH_PERSONS, lambda _: pb.SearchPersonsRequest(traits=traits())),
        (consent_pb.ACTION_CREATE_PERSON, lambda _: pb.CreatePersonRequest(traits=traits(first_name="Anne"))),
        (
            consent_pb.ACTION_CHANGE_IDENTITY,
            lambda id: pb.CheckIdentityDocumentRequest(person_id=id, version=1, validation_mode="PA", traits=traits()),
        ),
        (
            consent_pb.ACTION_CHANGE_IDENTITY,
            lambda id: pb.RecordInsiAnswerRequest(person_id=id, version=1, code="01"),
        ),
        (
            consent_pb.ACTION_CHANGE_IDENTITY,
            lambda id: pb.FlagIdentityRequest(person_id=id, version=1, flags=[pb.IDENTITY_FLAG_DOUBTFUL]),
        ),
        (consent_pb.ACTION_ISSUE_ACTIVATION, lambda id: pb.IssueActivationRequest(person_id=id)),
    ],
    ids=["search", "create", "document", "insi", "flag", "activation"],
)
async def test_nothing_happens_when_consent_says_no_or_does_not_answer(
    service: Any,
    doctor: UUID,
    create: Create,
    consent: WillingConsent,
    published: Any,
    realm: Any,
    action: int,
    request_of: Callable[[str], Any],
) -> None:
    louise = await create()
    consent.refused.add(action)
    request = request_of(louise.person_id)

    with pytest.raises(Refusal) as refused:
        await getattr(service, type(request).__name__.removesuffix("Request"))(request)

    assert refused.value.reason == "ACCESS_REFUSED"
    assert refused.value.sentence == "Aucun consentement n’est en vigueur."
    assert refused.value.details == {"decision": "entry", "reasons": "CONSENT_NOT_IN_FORCE"}
    assert await published() == ["identity.v1.person_created", "identity.v1.source_moved"]
    assert realm.users == {}


async def test_a_candidate_is_shown_without_their_number(service: Any, doctor: UUID, create: Create) -> None:
    louise = await create()
    retrieved = await service.RecordInsiAnswer(
        pb.RecordInsiAnswerRequest(
            person_id=louise.person_id,
            version=1,
            code="00",
            ins_matricule="251059406801264",
            ins_oid="1.2.250.1.213.1.4.10",
            traits=traits(birth_place_codes=["94068"]),
        )
    )

    found = await service.SearchPersons(pb.SearchPersonsRequest(traits=traits()))

    assert retrieved.person.ins_matricule == "251059406801264"
    assert "2510594" not in MessageToJson(found)
