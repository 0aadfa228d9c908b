"""Every RPC of every running service refuses whom its contract does not name. New RPCs are covered by themselves: they
are found from the descriptors.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from grpc import aio
from terresante_dev import codes
from terresante_dev.login import Browser
from terresante_dev.story import Stage

from .forging import FORGERIES, Mint, realm_keys
from .rpcs import Rpc, every_rpc, identity, line, outcome
from .stored import JOURNALLED, stored

pytestmark = pytest.mark.timeout(300)
CERTIFICATES = ("gateway", "identity", "consent", "records", "messaging", "directory", "ops", "nats", "keycloak")
Lines = dict[tuple[str, str], aio.Channel]
"""(certificate, service) -> channel."""


@pytest_asyncio.fixture(scope="module")
async def lines(told: Stage) -> AsyncIterator[Lines]:
    """Channels to every service as every part. Nothing that goes through them in this module may change anything."""
    before = await stored(told.stack, JOURNALLED)
    async with AsyncExitStack() as held:
        yield {
            (as_, to): await held.enter_async_context(
                line(told.stack, to, identity(told.stack, as_).channel_credentials())
            )
            for as_ in CERTIFICATES
            for to in told.stack["services"]
        }
    assert await stored(told.stack, JOURNALLED) == before


@pytest_asyncio.fixture(scope="module")
async def mint(told: Stage) -> Mint:
    told.who("gp").log_in()
    return Mint(told.who("gp").token, told.stack["issuers"], await realm_keys(told.stack))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def for_people() -> list[tuple[str, Rpc]]:
    """Each RPC that people reach, with one certificate that may bring them."""
    found = []
    for rpc in every_rpc():
        assert rpc.rule is not None, rpc.name
        brings = sorted(rpc.rule.services - rpc.rule.alone)
        if rpc.rule.people and brings:
            found.append(("gateway" if "gateway" in brings else brings[0], rpc))
    return found


def test_every_rpc_of_the_contracts_is_found_with_its_rule() -> None:
    assert len(every_rpc()) >= 49
    assert {rpc.service for rpc in every_rpc()} == {"identity", "consent", "records", "messaging", "directory"}
    assert not [rpc.name for rpc in every_rpc() if rpc.rule is None]
    assert len(for_people()) >= 48


async def test_a_true_token_signed_again_passes_the_door_of_every_rpc_for_its_kind(lines: Lines, mint: Mint) -> None:
    """Without this the refusals below would prove nothing."""
    tried = 0
    for as_, rpc in for_people():
        if rpc.rule and "professional" in rpc.rule.people and not rpc.method.client_streaming:
            reason = await outcome(lines[as_, rpc.service], rpc, **bearer(mint.token()))
            assert reason not in ("TOKEN_INVALID", "LOGIN_REQUIRED", "KIND_NOT_ALLOWED", "INTERNAL"), rpc.name
            tried += 1
    assert tried >= 30


async def test_every_rpc_refuses_every_part_that_it_does_not_name(lines: Lines, mint: Mint) -> None:
    tried = 0
    for rpc in every_rpc():
        assert rpc.rule is not None
        for as_ in CERTIFICATES:
            if as_ not in rpc.rule.services:
                for sent in ({}, bearer(mint.token())):
                    assert await outcome(lines[as_, rpc.service], rpc, **sent) == "SERVICE_NOT_ALLOWED", (rpc.name, as_)
                    tried += 1
    assert tried > 700


async def test_every_rpc_for_people_refuses_a_call_without_a_token(lines: Lines) -> None:
    for as_, rpc in for_people():
        assert await outcome(lines[as_, rpc.service], rpc) == "LOGIN_REQUIRED", rpc.name


async def test_a_callers_id_in_metadata_is_no_token(lines: Lines, told: Stage) -> None:
    uid = told.who("gp").uid
    claims = {"uid": uid, "x_user": uid, "kind": "professional", "service": "gateway", "acr": "3"}
    for as_, rpc in for_people():
        assert await outcome(lines[as_, rpc.service], rpc, **claims) == "LOGIN_REQUIRED", rpc.name
        assert await outcome(lines["nats", rpc.service], rpc, **claims) == "SERVICE_NOT_ALLOWED", rpc.name


@pytest.mark.parametrize("which", FORGERIES)
async def test_every_rpc_for_people_refuses_a_token_that_is_wrong_in_one_way(
    lines: Lines, mint: Mint, which: str
) -> None:
    forged = mint.forgeries()[which]
    for as_, rpc in for_people():
        reason = await outcome(lines[as_, rpc.service], rpc, **bearer(forged.token))
        if forged.reasons == ("LOGIN_TOO_WEAK",) and rpc.rule and "professional" not in rpc.rule.people:
            assert reason == "KIND_NOT_ALLOWED", (rpc.name, reason)
        else:
            assert reason in forged.reasons, (rpc.name, reason)


async def test_every_rpc_refuses_what_keycloak_gives_for_a_password_alone(lines: Lines, told: Stage) -> None:
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
    for as_, rpc in for_people():
        assert rpc.rule is not None
        expected = "LOGIN_TOO_WEAK" if "professional" in rpc.rule.people else "KIND_NOT_ALLOWED"
        assert await outcome(lines[as_, rpc.service], rpc, **bearer(token)) == expected, rpc.name


async def test_every_rpc_refuses_the_kinds_of_people_that_it_does_not_name(lines: Lines, told: Stage) -> None:
    people = {"professional": told.who("gp"), "patient": told.who("patient"), "administrator": told.who("admin")}
    tried = 0
    for as_, rpc in for_people():
        assert rpc.rule is not None
        for kind, person in people.items():
            if kind not in rpc.rule.people:
                reason = await outcome(lines[as_, rpc.service], rpc, **bearer(person.token))
                assert reason == "KIND_NOT_ALLOWED", (rpc.name, kind, reason)
                tried += 1
    assert tried > 40


async def test_acts_that_ask_for_a_recent_login_refuse_an_old_one(lines: Lines, mint: Mint, told: Stage) -> None:
    patient = Mint(told.who("patient").token, mint.issuers, mint.keys, "patient")
    claimed = {
        "professional": mint.token(auth_time=1),
        "administrator": mint.token(auth_time=1, kind="administrator"),
        "patient": patient.token(auth_time=1),
    }
    tried = []
    for as_, rpc in for_people():
        assert rpc.rule is not None
        if rpc.rule.fresh is not None:
            for kind in rpc.rule.people:
                reason = await outcome(lines[as_, rpc.service], rpc, **bearer(claimed[kind]))
                assert reason == "LOGIN_TOO_OLD", (rpc.name, kind, reason)
                tried.append(rpc.method.name)
    assert {"OpenEmergencyAccess", "ExportJournal", "OpenAccount", "ReinstateAccount"} <= set(tried)


def _self_made(name: str) -> tuple[bytes, bytes]:
    """A certificate with the right names, of an authority of the thief's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, certificate.public_bytes(Encoding.PEM)


@pytest.mark.parametrize("which", ["a person's card", "no certificate", "a certificate of the thief's", "no TLS"])
async def test_who_has_no_certificate_of_the_platform_gets_no_line_to_any_service(
    told: Stage, mint: Mint, which: str
) -> None:
    authority = identity(told.stack, "gateway").authority.read_bytes()
    card = told.who("gp").login
    pair: dict[str, tuple[Any, Any]] = {
        "a person's card": (Path(card.key_file).read_bytes(), Path(card.card_file).read_bytes()),
        "no certificate": (None, None),
        "a certificate of the thief's": _self_made("gateway.svc"),
    }
    credentials = grpc.ssl_channel_credentials(authority, *pair[which]) if which in pair else None
    for to in told.stack["services"]:
        async with line(told.stack, to, credentials) as channel:
            for rpc in every_rpc():
                if rpc.service == to:
                    assert await outcome(channel, rpc, **bearer(mint.token())) == "UNAVAILABLE", rpc.name


@pytest.mark.parametrize("method", ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/terresante/Nothing"])
async def test_nothing_answers_that_is_not_in_the_contracts(lines: Lines, told: Stage, method: str) -> None:
    for to in told.stack["services"]:
        with pytest.raises(aio.AioRpcError) as failed:
            call: Any = lines["gateway", to].unary_unary(method)
            await call(b"", timeout=10)
        assert failed.value.code() == grpc.StatusCode.UNIMPLEMENTED
