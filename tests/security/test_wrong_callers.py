"""Wrong tokens and wrong certificates on the running platform: refused by every route and every service."""

import base64
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from terresante.consent.v1.decision_service_pb2 import ACTION_LIST, RESOURCE_KIND_DOCUMENT, DecideManyRequest, Question
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.directory.v1.directory_service_pb2 import BatchGetProfessionalsRequest
from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from terresante.records.v1.records_service_pb2 import ListDocumentsRequest
from terresante.records.v1.records_service_pb2_grpc import RecordsServiceStub

from terresante_dev.story import Stage
from terresante_platform import calls
from terresante_platform.calls import Call, Caller
from terresante_platform.refusals import Refusal
from terresante_platform.rpc import client
from terresante_platform.tls import Identity

pytestmark = pytest.mark.timeout(300)


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forgeries(token: str) -> dict[str, str]:
    header, claims, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    return {
        "alg none": f"{_part({'alg': 'none', 'kid': kid, 'typ': 'JWT'})}.{claims}.",
        "another person": f"{header}.{_part({**said, 'uid': str(uuid4())})}.{signature}",
        "a stronger login": f"{header}.{_part({**said, 'acr': '9'})}.{signature}",
        "a later end": f"{header}.{_part({**said, 'exp': said['exp'] + 10_000})}.{signature}",
        "HS256": f"{_part({'alg': 'HS256', 'kid': kid})}.{claims}.{signature}",
        "a cut signature": token[:-2],
        "nothing": "",
        "words": "bonjour",
    }


def operations(told: Stage) -> list[tuple[str, str]]:
    """Every operation of the API that needs a login, with some id in its path."""
    spec = told.gateway.call("GET", "/openapi.json").body
    return [
        (method.upper(), path)
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and operation["x-authz"]["kinds"]
    ]


def test_every_operation_refuses_who_has_no_token_or_a_forged_one(told: Stage) -> None:
    gp = told.who("gp")
    forged = forgeries(gp.token)
    found = operations(told)
    assert len(found) > 45
    for method, path in found:
        address = "/".join(str(uuid4()) if part.startswith("{") else part for part in path.split("/"))
        for name, token in forged.items():
            headers = {"authorization": f"Bearer {token}"} if token else {}
            answer = told.gateway.call(method, address, None, **headers)
            assert answer.status == 401, f"{method} {path} with {name}: {answer}"
            assert "bearer" in answer.headers["www-authenticate"].lower()


def test_every_operation_refuses_kinds_of_people_that_it_does_not_name(told: Stage) -> None:
    spec = told.gateway.call("GET", "/openapi.json").body
    people = {"professional": told.who("gp"), "patient": told.who("patient"), "administrator": told.who("admin")}
    tried = 0
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            kinds = operation["x-authz"]["kinds"]
            for kind, person in people.items() if kinds else ():
                if kind in kinds:
                    continue
                address = "/".join(str(uuid4()) if part.startswith("{") else part for part in path.split("/"))
                answer = person.call(method.upper(), address)
                assert (answer.status, answer.reason) == (403, "KIND_NOT_ALLOWED"), (
                    f"{method} {path} as {kind}: {answer}"
                )
                tried += 1
    assert tried > 40


def test_an_id_token_is_no_access_token(told: Stage) -> None:
    gp = told.who("gp")
    with gp.browser() as browser:
        browser.login(gp.login.username, gp.login.password, gp.login.totp_secret)
        assert browser.tokens is not None
        answer = told.gateway.call("GET", "/v1/me", authorization=f"Bearer {browser.tokens.id}")
    assert (answer.status, answer.reason) == (401, "TOKEN_INVALID")


def test_a_callers_id_in_a_header_is_nothing(told: Stage) -> None:
    patient = told.who("patient").uid
    answer = told.gateway.call("GET", "/v1/me", x_user=patient, x_forwarded_user=patient, uid=patient)
    assert answer.status == 401


def test_a_place_that_is_not_the_callers_is_refused(told: Stage) -> None:
    answer = told.who("gp").call("GET", told.path("/documents"), terresante_place=told.who("nurse").place)
    assert answer.reason in ("PLACE_UNKNOWN", "NO_PLACE_OF_PRACTICE")


def identity(told: Stage, name: str) -> Identity:
    folder = Path(told.stack["certificates"])
    return Identity(folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem")


async def ask(told: Stage, peer: str, as_: str, stub: Any, method: str, request: Any, person: Any = None) -> str:
    """The reason of the refusal; `answered` if there was none."""
    caller = None
    if person is not None:
        caller = Caller(uuid4(), "professional", 3, 0.0, 0.0, person.token)
    calls.enter(Call(caller=caller))
    try:
        async with client.connected(told.stack["services"][peer], peer, identity(told, as_)) as channel:
            await getattr(stub(channel), method)(request)
    except Refusal as refusal:
        return str(refusal.reason)
    return "answered"


def question(told: Stage) -> DecideManyRequest:
    asked = Question(patient_id=told.made["patient"], action=ACTION_LIST, resource_kind=RESOURCE_KIND_DOCUMENT)
    return DecideManyRequest(questions=[asked])


async def test_a_person_cannot_ask_consent_for_a_decision_by_themselves(told: Stage) -> None:
    reason = await ask(told, "consent", "gateway", DecisionServiceStub, "DecideMany", question(told), told.who("gp"))
    assert reason == "SERVICE_NOT_ALLOWED"


async def test_a_service_without_a_person_gets_no_decision(told: Stage) -> None:
    assert await ask(told, "consent", "records", DecisionServiceStub, "DecideMany", question(told)) == "LOGIN_REQUIRED"


@pytest.mark.parametrize("as_", ["consent", "identity", "messaging", "directory", "ops", "nats", "keycloak", "records"])
async def test_only_the_gateway_may_read_the_record(told: Stage, as_: str) -> None:
    request = ListDocumentsRequest(patient_id=told.made["patient"])
    assert (
        await ask(told, "records", as_, RecordsServiceStub, "ListDocuments", request, told.who("gp"))
        == "SERVICE_NOT_ALLOWED"
    )


@pytest.mark.parametrize("as_", ["records", "messaging", "identity", "ops"])
async def test_the_directory_answers_only_whom_it_names(told: Stage, as_: str) -> None:
    request = BatchGetProfessionalsRequest(professional_ids=[told.who("gp").uid])
    assert (
        await ask(told, "directory", as_, DirectoryServiceStub, "BatchGetProfessionals", request)
        == "SERVICE_NOT_ALLOWED"
    )


async def test_a_persons_card_is_no_services_certificate(told: Stage) -> None:
    card = told.who("gp").login
    credentials = grpc.ssl_channel_credentials(
        identity(told, "gateway").authority.read_bytes(),
        Path(card.key_file).read_bytes(),
        Path(card.card_file).read_bytes(),
    )
    address = told.stack["services"]["records"].split(",")[0]
    options = (("grpc.ssl_target_name_override", "records.svc"),)
    async with grpc.aio.secure_channel(address, credentials, options) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await RecordsServiceStub(channel).ListDocuments(ListDocumentsRequest(), timeout=5)
    assert failed.value.code() == grpc.StatusCode.UNAVAILABLE
