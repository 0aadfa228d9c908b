"""Tokens: nothing but a whole, current, rightly signed token of a known issuer is somebody."""

import asyncio
import base64
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from terresante_platform.testing.issuer import Issuer, verifier_of
from terresante_platform.tokens import FETCH_SECONDS, KeysUnavailable, TokenInvalid, Verifier


async def test_a_right_token_is_its_person(pro: Issuer) -> None:
    someone = uuid4()

    caller = await verifier_of("consent", pro).caller(pro.token("professional", someone, 3, 10))

    assert (caller.id, caller.kind, caller.strength) == (someone, "professional", 3)
    assert time.time() - caller.authenticated_at < 12


async def test_a_machine_logged_in_when_its_token_was_given_and_a_person_says_when(pro: Issuer) -> None:
    verifier = verifier_of("consent", pro)

    machine = await verifier.caller(pro.token("system", uuid4(), 3, auth_time=None))

    assert time.time() - machine.authenticated_at < 2
    with pytest.raises(TokenInvalid):
        await verifier.caller(pro.token("professional", uuid4(), 3, auth_time=None))


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _hmac(header: Any, payload: Any, secret: bytes) -> str:
    signed = f"{_part(header)}.{_part(payload)}"
    mac = hmac.new(secret, signed.encode(), "sha256").digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def forged(pro: Issuer) -> dict[str, str]:
    right = pro.token("professional", uuid4())
    header, claims, signature = right.split(".")
    payload = json.loads(base64.urlsafe_b64decode(claims + "=="))
    other = ECKey.generate_key("P-256")
    return {
        "no signature": f"{_part({'alg': 'none', 'kid': pro.key.kid})}.{claims}.",
        "alg none in capitals": f"{_part({'alg': 'NONE', 'kid': pro.key.kid})}.{claims}.",
        "public key as HMAC secret": _hmac(
            {"alg": "HS256", "kid": pro.key.kid}, payload, pro.key.as_pem(private=False)
        ),
        "another key under the same id": jwt.encode({"alg": "ES256", "kid": pro.key.kid}, payload, other),
        "claims changed": f"{header}.{_part({**payload, 'uid': str(uuid4())})}.{signature}",
        "signature cut": right[:-4],
        "two parts": f"{header}.{claims}",
        "empty": "",
        "not base64": "é.é.é",
        "deep": f"{_part({'alg': 'ES256', 'kid': 'x'})}.{base64.urlsafe_b64encode(b'[' * 100_000).decode()}.x",
        "unknown key": jwt.encode({"alg": "ES256", "kid": "other"}, payload, pro.key),
        "key id missing": jwt.encode({"alg": "ES256"}, payload, pro.key),
    }


@pytest.mark.parametrize("trick", sorted(forged(Issuer("https://x", []))))
async def test_a_tampered_token_is_nobody(pro: Issuer, trick: str) -> None:
    with pytest.raises(TokenInvalid):
        await verifier_of("consent", pro).caller(forged(pro)[trick])


async def test_a_token_is_refused_once_its_time_is_over_even_if_it_was_seen_before(pro: Issuer) -> None:
    clock = [time.time()]
    verifier = Verifier({pro.url: pro.kinds}, "consent", pro.fetch, lambda: clock[0])
    token = pro.token("professional", uuid4())
    await verifier.caller(token)

    clock[0] += 306

    with pytest.raises(TokenInvalid):
        await verifier.caller(token)


class Flaky:
    """An issuer whose pages may be down; counts how often it is asked."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.up = True
        self.asked = 0

    async def fetch(self, url: str) -> dict[str, Any]:
        self.asked += 1
        if not self.up:
            raise httpx2.ConnectError("down")
        return await self.issuer.fetch(url)


async def test_people_logged_in_go_on_while_the_issuer_is_down(pro: Issuer) -> None:
    flaky = Flaky(pro)
    verifier = Verifier({pro.url: pro.kinds}, "consent", flaky.fetch)
    await verifier.prepare()
    flaky.up = False

    assert (await verifier.caller(pro.token("professional", uuid4()))).kind == "professional"


async def test_with_no_keys_at_all_the_answer_is_unavailable_not_invalid(pro: Issuer) -> None:
    flaky = Flaky(pro)
    flaky.up = False
    verifier = Verifier({pro.url: pro.kinds}, "consent", flaky.fetch)

    with pytest.raises(KeysUnavailable):
        await verifier.caller(pro.token("professional", uuid4()))


async def test_unknown_keys_make_one_fetch_not_a_flood(pro: Issuer) -> None:
    flaky = Flaky(pro)
    verifier = Verifier({pro.url: pro.kinds}, "consent", flaky.fetch)
    await verifier.prepare()
    before = flaky.asked
    for number in range(50):
        with pytest.raises(TokenInvalid):
            await verifier.caller(jwt.encode({"alg": "ES256", "kid": f"k{number}"}, {"iss": pro.url}, pro.key))

    assert flaky.asked - before == 0


async def test_while_the_issuer_hangs_everybody_is_answered_after_one_wait(pro: Issuer) -> None:
    asked = 0

    async def hang(_: str) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        await asyncio.Event().wait()
        raise AssertionError

    verifier = Verifier({pro.url: pro.kinds}, "consent", hang)
    token = pro.token("professional", uuid4())
    began = time.monotonic()

    answers = await asyncio.gather(*(verifier.caller(token) for _ in range(5)), return_exceptions=True)

    assert [type(one) for one in answers] == [KeysUnavailable] * 5
    assert asked == 1
    assert time.monotonic() - began < 2 * FETCH_SECONDS


async def test_who_comes_from_another_issuer_than_the_one_that_hangs_does_not_wait(
    pro: Issuer, patients: Issuer
) -> None:
    hung = asyncio.Event()

    async def fetch(url: str) -> dict[str, Any]:
        if url.startswith(pro.url):
            hung.set()
            await asyncio.Event().wait()
        return await patients.fetch(url)

    verifier = Verifier({pro.url: pro.kinds, patients.url: patients.kinds}, "consent", fetch)
    waiting = asyncio.ensure_future(verifier.caller(pro.token("professional", uuid4())))
    await hung.wait()

    assert (await verifier.caller(patients.token("patient", uuid4()))).kind == "patient"
    assert not waiting.done()
    with pytest.raises(KeysUnavailable):
        await waiting
