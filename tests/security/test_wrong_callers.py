"""Every route of the running gateway refuses wrong tokens and the kinds of people that it does not name. The routes are
those of its OpenAPI: a new one is covered by itself.
"""

import select
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from terresante_dev import codes
from terresante_dev.login import Browser
from terresante_dev.portal import Answer, Gateway
from terresante_dev.story import Stage

from .asking import ROLES
from .forging import FORGERIES, Mint, realm_keys
from .stored import JOURNALLED, stored

pytestmark = pytest.mark.timeout(300)


@pytest_asyncio.fixture(scope="module")
async def mint(told: Stage) -> AsyncIterator[Mint]:
    """From the GP's token. No request of this module may change anything."""
    told.who("gp").log_in()
    before = await stored(told.stack, JOURNALLED)
    yield Mint(told.who("gp").token, told.stack["issuers"], await realm_keys(told.stack))
    assert await stored(told.stack, JOURNALLED) == before


@pytest.fixture(scope="module")
def guarded(spec: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, address with some ids in it, and description of every operation that needs a login."""
    return [
        (method.upper(), "/".join(str(uuid4()) if part.startswith("{") else part for part in path.split("/")), one)
        for path, item in spec["paths"].items()
        for method, one in item.items()
        if one["x-authz"]["kinds"]
    ]


def refused(answer: Answer, status: int, *reasons: str) -> bool:
    """Whether it is that refusal, whole."""
    return (
        answer.status == status
        and answer.reason in reasons
        and answer.headers["content-type"] == "application/problem+json"
        and bool(answer.body["detail"] and answer.body["todo"] and answer.body["trace_id"])
    )


def test_every_operation_but_those_that_show_nobody_needs_a_login(spec: dict[str, Any], guarded: list[Any]) -> None:
    open_to_all = {
        path for path, item in spec["paths"].items() for operation in item.values() if not operation["x-authz"]["kinds"]
    }
    assert open_to_all == {"/health", "/ready", "/v1/enrolments"}
    assert len(guarded) > 45
    assert {one["x-authz"]["acr"] for _, _, one in guarded} <= {2, 3}


def test_a_true_token_signed_again_passes(told: Stage, mint: Mint) -> None:
    """Without this the refusals below would prove nothing."""
    assert told.gateway.call("GET", "/v1/me", authorization=f"Bearer {mint.token()}").status == 200
    assert told.gateway.call("GET", "/v1/me", authorization=f"bearer {mint.token()}").status == 200


@pytest.mark.parametrize("which", FORGERIES)
def test_every_operation_refuses_a_token_that_is_wrong_in_one_way(
    told: Stage, mint: Mint, guarded: list[Any], which: str
) -> None:
    forged = mint.forgeries()[which]
    for method, address, operation in guarded:
        answer = told.gateway.call(method, address, None, authorization=f"Bearer {forged.token}")
        if forged.reasons == ("LOGIN_TOO_WEAK",) and "professional" not in operation["x-authz"]["kinds"]:
            assert refused(answer, 403, "KIND_NOT_ALLOWED"), f"{method} {address}: {answer}"
            continue
        assert refused(answer, 401, *forged.reasons), f"{method} {address}: {answer}"
        challenge = answer.headers["www-authenticate"]
        weak = forged.reasons == ("LOGIN_TOO_WEAK",)
        stronger = f'error="insufficient_user_authentication", acr_values="{operation["x-authz"]["acr"]}"'
        assert (stronger in challenge) == weak
        assert ('error="invalid_token"' in challenge) != weak


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Basic Z3A6Z3A="},
        {"x_user": "{uid}", "x_forwarded_user": "{uid}", "uid": "{uid}", "kind": "professional", "acr": "3"},
        {"x_ssl_client_cert": "{card}", "x_forwarded_client_cert": "{card}"},
        {"cookie": "access_token={token}; Authorization=Bearer {token}"},
        {"x_authorization": "Bearer {token}", "proxy_authorization": "Bearer {token}"},
    ],
    ids=["nothing", "blank", "no token", "basic", "an id", "a card", "a cookie", "another header"],
)
def test_every_operation_refuses_who_has_no_token_where_it_belongs(
    told: Stage, mint: Mint, guarded: list[Any], headers: dict[str, str]
) -> None:
    card = "".join(Path(told.who("gp").login.card_file).read_text().split())
    values = {"uid": told.who("gp").uid, "card": card, "token": mint.token()}
    sent = {name: text.format(**values) for name, text in headers.items()}
    for method, address, _ in guarded:
        answer = told.gateway.call(method, address, None, **sent)
        reasons = ("TOKEN_INVALID", "LOGIN_REQUIRED") if sent.get("authorization") else ("LOGIN_REQUIRED",)
        assert answer.status == 401 and answer.reason != "LOGIN_TOO_WEAK", f"{method} {address}: {answer}"
        assert answer.reason in (*reasons, "UNAUTHENTICATED"), f"{method} {address}: {answer}"
        assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_a_token_in_the_address_or_the_body_is_no_login(told: Stage, mint: Mint) -> None:
    token = mint.token()
    assert told.gateway.call("GET", f"/v1/me?access_token={token}").status == 401
    assert told.gateway.call("POST", "/v1/patients/search", {"access_token": token}).status == 401


def test_two_tokens_in_one_request_are_refused(told: Stage, mint: Mint) -> None:
    pairs = [("authorization", f"Bearer {token}") for token in (mint.token(), mint.forgeries()["expired"].token)]
    for headers in (pairs, pairs[::-1]):
        answer = told.gateway.http.get("/v1/me", headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (400, "HEADER_REPEATED")


def test_every_operation_refuses_the_kinds_of_people_that_it_does_not_name(told: Stage, guarded: list[Any]) -> None:
    people = {kind: told.who(who) for kind, who in ROLES.items()}
    tried = 0
    for method, address, operation in guarded:
        for kind, person in people.items():
            if kind not in operation["x-authz"]["kinds"]:
                answer = person.call(method, address)
                assert refused(answer, 403, "KIND_NOT_ALLOWED"), f"{method} {address} as {kind}: {answer}"
                tried += 1
    assert tried > 40


def test_a_password_alone_opens_no_operation(told: Stage, guarded: list[Any]) -> None:
    """What Keycloak itself gives for it, not what the mint makes."""
    nurse = told.who("nurse").login
    browser = Browser(
        told.stack["issuers"]["pro"],
        Path(told.stack["ca"]["issuers"]),
        codes.ledger(Path(told.stack["folder"])),
        client_id="portal-low",
    )
    with browser:
        browser.login(nurse.username, nurse.password)
        assert browser.tokens is not None
        token = browser.tokens.access
    for method, address, operation in guarded:
        answer = told.gateway.call(method, address, None, authorization=f"Bearer {token}")
        if "professional" in operation["x-authz"]["kinds"]:
            assert refused(answer, 401, "LOGIN_TOO_WEAK"), f"{method} {address}: {answer}"
        else:
            assert refused(answer, 403, "KIND_NOT_ALLOWED"), f"{method} {address}: {answer}"


def test_an_old_login_is_refused_by_exactly_the_operations_that_say_so(
    told: Stage, mint: Mint, spec: dict[str, Any], guarded: list[Any]
) -> None:
    patient = Mint(told.who("patient").token, mint.issuers, mint.keys, "patient")
    old = {
        "professional": mint.token(auth_time=1),
        "administrator": mint.token(auth_time=1, kind="administrator"),
        "patient": patient.token(auth_time=1),
    }
    asked = 0
    for method, address, operation in guarded:
        limit = operation["x-authz"].get("max_age")
        if limit is None:
            continue
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for kind in operation["x-authz"]["kinds"]:
            answer = told.gateway.call(
                method, address, content.get("example"), authorization=f"Bearer {old[kind]}", if_match='"1"'
            )
            assert refused(answer, 401, "LOGIN_TOO_OLD"), f"{method} {address} as {kind}: {answer}"
            assert f'max_age="{limit}"' in answer.headers["www-authenticate"]
            asked += 1
    assert asked >= 4


def test_an_id_token_is_no_access_token(told: Stage) -> None:
    gp = told.who("gp")
    with gp.browser() as browser:
        browser.login(gp.login.username, gp.login.password, gp.login.totp_secret)
        assert browser.tokens is not None
        for token in (browser.tokens.id, browser.tokens.refresh):
            answer = told.gateway.call("GET", "/v1/me", authorization=f"Bearer {token}")
            assert refused(answer, 401, "TOKEN_INVALID")


def test_an_issuer_that_a_token_names_is_never_asked(told: Stage, mint: Mint) -> None:
    """Neither for its description nor for its keys: who is asked is in the settings."""
    with socket.create_server(("127.0.0.1", 0)) as thief:
        address = f"https://127.0.0.1:{thief.getsockname()[1]}/realms/pro"
        token = mint.token(
            iss=address, header={"jku": f"{address}/certs", "x5u": f"{address}/x5u", "kid": f"{address}"}
        )
        answer = told.gateway.call("GET", "/v1/me", authorization=f"Bearer {token}")
        assert refused(answer, 401, "TOKEN_INVALID")
        assert select.select([thief], [], [], 0.3)[0] == []


@pytest.mark.parametrize("whose", ["nurse", "nobody"])
def test_a_place_that_is_not_the_callers_opens_nothing(told: Stage, whose: str) -> None:
    place = told.who("nurse").place if whose == "nurse" else str(uuid4())
    answer = told.who("gp").call("GET", told.path("/documents"), terresante_place=place)
    assert refused(answer, 400, "PLACE_UNKNOWN"), answer


def test_a_token_is_good_at_every_replica_and_a_wrong_one_at_none(told: Stage, mint: Mint) -> None:
    for number in range(len(told.stack["gateway"]["urls"])):
        gateway = Gateway(told.stack, number)
        assert gateway.call("GET", "/v1/me", authorization=f"Bearer {mint.token()}").status == 200
        assert gateway.call("GET", "/v1/me", authorization=f"Bearer {mint.token('aud')}").status == 401
        gateway.close()
