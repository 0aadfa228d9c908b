"""Who may not, and what a refusal looks like: for every operation, and for every kind of refusal."""

import base64
from typing import Any
from uuid import uuid4

import pytest
from terresante_gateway import app
from terresante_platform import refusals
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.allow import LoginTooOld

from .calling import programmed, reason_of, sent
from .operations import RIGHT
from .things import RECORD, THING, Right

_, OPERATIONS = app.described(app.State())
KINDS = {one.operation_id: one.declared.authz.kinds for one in OPERATIONS}
every_operation = pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.operation)
READ = next(right for right in RIGHT if right.operation == "get_document")


@every_operation
async def test_without_a_token_nothing_is_asked_of_anybody(right: Right, gateway: Any, http: Any) -> None:
    programmed(gateway, right)

    answer = await http.request(right.method, right.path, json=right.json, files=right.files, headers=right.headers)

    assert (answer.status_code, reason_of(answer)) == (401, "LOGIN_REQUIRED")
    assert answer.headers["www-authenticate"] == 'Bearer realm="terresante"'
    assert gateway.services.asked == []


@every_operation
async def test_a_password_alone_opens_nothing(right: Right, gateway: Any, http: Any) -> None:
    programmed(gateway, right)

    answer = await sent(http, gateway, right, gateway.bearer(right.kind, acr=1))

    assert (answer.status_code, reason_of(answer)) == (401, "LOGIN_TOO_WEAK")
    challenge = answer.headers["www-authenticate"]
    asked = f'error="insufficient_user_authentication", acr_values="{right.acr}"'
    assert challenge == f'Bearer realm="terresante", {asked}'
    assert gateway.services.asked == []


@every_operation
async def test_kinds_of_people_not_in_its_authz_are_refused(right: Right, gateway: Any, http: Any) -> None:
    programmed(gateway, right)

    for kind in {"professional", "administrator", "patient", "system"} - set(KINDS[right.operation]):
        answer = await sent(http, gateway, right, gateway.bearer(kind))
        assert (answer.status_code, reason_of(answer)) == (403, "KIND_NOT_ALLOWED"), kind

    assert gateway.services.asked == []


@every_operation
async def test_the_services_refusal_is_the_answer(right: Right, gateway: Any, http: Any) -> None:
    programmed(gateway, right)
    gateway.services.answer(right.rpc, refusals.Conflict("Non, pour telle raison.", "Faites ceci.", part="x"))

    answer = await sent(http, gateway, right)

    assert (answer.status_code, reason_of(answer)) == (409, "STATE_CONFLICT")
    problem = answer.json()
    assert (problem["detail"], problem["todo"]) == ("Non, pour telle raison.", "Faites ceci.")
    assert problem["details"] == {"part": "x"}
    assert "instance" not in problem


@every_operation
async def test_a_fault_of_a_service_is_503_and_says_nothing_of_it(right: Right, gateway: Any, http: Any) -> None:
    programmed(gateway, right)
    gateway.services.answer(right.rpc, lambda _: 1 / 0)

    answer = await sent(http, gateway, right)

    assert answer.status_code == 503
    assert reason_of(answer) == f"{right.rpc.split('.')[0].upper()}_FAULT"
    assert "division" not in answer.text
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"aud": ["consent", "records"]}, "TOKEN_INVALID"),
        ({"exp": 1}, "TOKEN_INVALID"),
        ({"iss": "https://login.test/realms/patient"}, "TOKEN_INVALID"),
        ({"iss": "https://elsewhere.test"}, "TOKEN_INVALID"),
        ({"acr": None}, "TOKEN_INVALID"),
        ({"acr": "silver"}, "TOKEN_INVALID"),
        ({"auth_time": None}, "TOKEN_INVALID"),
        ({"uid": "not-an-id"}, "TOKEN_INVALID"),
        ({"typ": "ID"}, "TOKEN_INVALID"),
        ({"kind": "patient"}, "TOKEN_INVALID"),
    ],
)
async def test_a_token_that_proves_nothing_is_refused(gateway: Any, http: Any, more: Any, reason: str) -> None:
    issuer = gateway.pro
    claims = {"kind": "professional"} | more
    kind = claims.pop("kind")
    token = issuer.token(kind, uuid4(), 2, **claims)

    answer = await http.get("/v1/me", headers={"authorization": f"Bearer {token}"})

    assert (answer.status_code, reason_of(answer)) == (401, reason)
    assert answer.headers["www-authenticate"] == 'Bearer realm="terresante", error="invalid_token"'
    assert gateway.services.asked == []


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Basic dXNlcjpwYXNz", "Bearer a.b", "Bearer a.b.c", "bearer " + "x" * 3000, "Bearer é"],
)
async def test_what_is_no_token_is_401(gateway: Any, http: Any, authorization: str) -> None:
    answer = await http.get("/v1/me", headers={"authorization": authorization.encode("utf-8")})

    assert answer.status_code == 401
    assert reason_of(answer) in {"LOGIN_REQUIRED", "TOKEN_INVALID"}
    assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_an_algorithm_that_the_key_does_not_have_is_refused(gateway: Any, http: Any) -> None:
    token = gateway.pro.token("professional", uuid4())
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"x"}').rstrip(b"=").decode()

    answer = await http.get("/v1/me", headers={"authorization": f"Bearer {none}.{token.split('.')[1]}."})

    assert (answer.status_code, reason_of(answer)) == (401, "TOKEN_INVALID")


async def test_an_identity_in_a_header_is_nobodys(gateway: Any, http: Any) -> None:
    headers = {"x-user": THING, "x-caller-id": THING, "x-forwarded-user": THING, "x-ssl-client-dn": "CN=gp"}

    answer = await http.get("/v1/me", headers=headers)

    assert (answer.status_code, reason_of(answer)) == (401, "LOGIN_REQUIRED")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("Invalid", 400),
        ("Unauthenticated", 401),
        ("Denied", 403),
        ("Unknown", 404),
        ("Conflict", 409),
        ("Stale", 412),
        ("TooLarge", 413),
        ("Unsupported", 415),
        ("Unprocessable", 422),
        ("PreconditionMissing", 428),
        ("TooMany", 429),
        ("Unavailable", 503),
    ],
)
async def test_each_kind_of_refusal_has_its_status(gateway: Any, http: Any, kind: str, status: int) -> None:
    refusal: Refusal = getattr(refusals, kind)("Une phrase.", "Une chose à faire.")
    gateway.services.answer(READ.rpc, refusal)

    answer = await sent(http, gateway, READ)

    assert (answer.status_code, reason_of(answer)) == (status, refusal.reason)
    assert ("retry-after" in answer.headers) == (status in (429, 503))
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_service_says_after_how_long_to_come_back(gateway: Any, http: Any) -> None:
    gateway.services.answer(READ.rpc, refusals.TooMany("Trop.", "Attendez.", retry_after="47"))

    answer = await sent(http, gateway, READ)

    assert answer.headers["retry-after"] == "47"


async def test_an_act_that_needs_a_fresh_login_says_how_fresh(gateway: Any, http: Any) -> None:
    gateway.services.answer(
        "consent.OpenEmergencyAccess", LoginTooOld("Reconnectez-vous.", "Oui.", acr="2", max_age="300")
    )

    answer = await http.post(
        f"{RECORD}/emergency-accesses", json={"reason": "Inconsciente aux urgences."}, headers=gateway.bearer()
    )

    assert (answer.status_code, reason_of(answer)) == (401, "LOGIN_TOO_OLD")
    assert answer.headers["www-authenticate"].endswith(
        'error="insufficient_user_authentication", acr_values="2", max_age="300"'
    )


async def test_details_that_are_no_numbers_never_reach_a_header(gateway: Any, http: Any) -> None:
    gateway.services.answer(READ.rpc, LoginTooOld("Non.", "", acr='2", x="y', max_age="1\r\nset-cookie: a"))

    answer = await sent(http, gateway, READ)

    assert answer.headers["www-authenticate"] == ('Bearer realm="terresante", error="insufficient_user_authentication"')


async def test_an_unknown_path_is_a_problem_and_echoes_nothing(gateway: Any, http: Any) -> None:
    answer = await http.get("/v1/patients-nommes-durand", headers=gateway.bearer())

    assert (answer.status_code, reason_of(answer)) == (404, "ROUTE_UNKNOWN")
    assert "durand" not in answer.text


@pytest.mark.parametrize("path", [f"{RECORD}/documents/", "/v1", "//v1/me", f"{RECORD}/documents/{THING}/x/y/z"])
async def test_paths_have_one_spelling(gateway: Any, http: Any, path: str) -> None:
    answer = await http.get(f"{gateway.url}{path}", headers=gateway.bearer())

    assert (answer.status_code, reason_of(answer)) == (404, "ROUTE_UNKNOWN")


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "TRACE", "OPTIONS", "DELETE"])
async def test_another_method_is_told_which_ones_there_are(gateway: Any, http: Any, method: str) -> None:
    answer = await http.request(method, f"{RECORD}/documents", headers=gateway.bearer())

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    if method != "HEAD":
        assert reason_of(answer) == "METHOD_NOT_ALLOWED"
