"""What tokens say, who can get them, and when they stop being renewed."""

import base64
import json
import ssl
from typing import Any

import httpx2
import pytest
from terresante_dev.login import Browser, TokenRefused

from .conftest import PASSWORD, Realm

EVERY_SERVICE = {"gateway", "identity", "consent", "records", "messaging", "directory"}
ALLOWED = {"exp", "iat", "auth_time", "jti", "iss", "aud", "sub", "typ", "azp", "sid", "acr", "amr", "scope"}


def test_a_token_names_services_a_kind_and_an_opaque_id_and_nobody(pro: Realm, patient: Realm) -> None:
    for realm, kind in ((pro, "professional"), (patient, "patient")):
        with _logged_in(realm) as browser:
            assert browser.tokens
            claims = browser.tokens.claims

        assert set(claims) == ALLOWED | {"uid", "kind"}
        assert set(claims["aud"]) == EVERY_SERVICE
        assert claims["kind"] == kind
        assert claims["iss"] == realm.keycloak.issuer(realm.name)
        assert claims["typ"] == "Bearer"
        assert claims["exp"] - claims["iat"] == 300


def test_tokens_are_signed_with_es256_and_no_other_key_is_published(pro: Realm) -> None:
    with _logged_in(pro) as browser:
        assert browser.tokens
        header = json.loads(base64.urlsafe_b64decode(browser.tokens.access.split(".")[0] + "=="))

    keys = _get(pro, "/protocol/openid-connect/certs").json()["keys"]

    assert header["alg"] == "ES256"
    assert {key["alg"] for key in keys if key["use"] == "sig"} == {"ES256"}


def test_a_refresh_token_serves_once_and_its_reuse_ends_the_session(pro: Realm) -> None:
    with _logged_in(pro) as browser:
        assert browser.tokens
        first = browser.tokens.refresh
        assert browser.refresh().claims["acr"] == "2"
        newest = browser.tokens.refresh

        with pytest.raises(TokenRefused, match="invalid_grant"):
            browser.refresh(first)
        with pytest.raises(TokenRefused, match="invalid_grant"):
            browser.refresh(newest)


def test_a_session_ends_with_logout(pro: Realm) -> None:
    with _logged_in(pro) as browser:
        assert browser.tokens
        held = browser.tokens.refresh
        browser.logout()

        with pytest.raises(TokenRefused, match="invalid_grant"):
            browser.refresh(held)


def test_the_platform_ends_the_sessions_of_a_suspended_account(pro: Realm) -> None:
    with _logged_in(pro) as browser:
        assert browser.tokens
        pro.admin.user_logout(browser.tokens.claims["sub"])

        with pytest.raises(TokenRefused, match="invalid_grant"):
            browser.refresh()


def test_a_code_is_worth_nothing_without_its_verifier_and_nothing_twice(pro: Realm) -> None:
    with _logged_in(pro) as browser:
        page = browser.open()
        assert page.code
        with pytest.raises(TokenRefused, match="invalid_grant"):
            browser.exchange(page.code, verifier="x" * 64)

        again = browser.open()
        assert again.code
        browser.exchange(again.code)
        with pytest.raises(TokenRefused, match="invalid_grant"):
            browser.exchange(again.code)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"scope": "openid profile"}, "invalid_scope"),
        ({"scope": "openid offline_access"}, "invalid_scope"),
    ],
)
def test_the_portal_cannot_ask_for_less_safety_or_more_data(pro: Realm, parameters: dict[str, str], error: str) -> None:
    with pro.browser() as browser:
        assert browser.open(**parameters).error == error


def test_a_login_ends_at_the_registered_address_only(pro: Realm) -> None:
    with pro.browser() as browser:
        page = browser.open(redirect_uri="https://ailleurs.example/callback")

    assert page.status == 400
    assert page.code is None


@pytest.mark.parametrize("client", ["portal", "admin-cli"])
def test_no_application_may_take_a_password_itself(pro: Realm, client: str) -> None:
    username, secret = pro.person()

    answer = _post(
        pro,
        "/protocol/openid-connect/token",
        grant_type="password",
        client_id=client,
        username=username,
        password=PASSWORD,
        totp=secret,
    )

    assert answer.status_code in {400, 401}
    assert "access_token" not in answer.json()


@pytest.mark.parametrize(
    ("client", "path"),
    [
        ("account", "/realms/pro/account/"),
        ("account-console", "/realms/pro/account/"),
        ("security-admin-console", "/admin/pro/console/"),
    ],
)
def test_the_consoles_of_keycloak_are_closed(pro: Realm, client: str, path: str) -> None:
    """Else a password alone would open the page where a second telephone is enrolled."""
    page = _get(
        pro,
        "/protocol/openid-connect/auth",
        client_id=client,
        response_type="code",
        redirect_uri=pro.keycloak.issuer("pro").replace("/realms/pro", path),
        code_challenge="A" * 43,
        code_challenge_method="S256",
    )

    assert page.status_code in {400, 403}
    assert 'type="password"' not in page.text


def _logged_in(realm: Realm) -> Browser:
    username, secret = realm.person()
    browser = realm.browser()
    page = browser.login(username, PASSWORD, secret)
    assert page.code, page
    return browser


def _client(realm: Realm) -> httpx2.Client:
    trust = ssl.create_default_context(cafile=str(realm.keycloak.pki / "ca.pem"))
    return httpx2.Client(verify=trust, trust_env=False, base_url=realm.keycloak.issuer(realm.name))


def _get(realm: Realm, path: str, **query: str) -> Any:
    with _client(realm) as client:
        return client.get(path, params=query)


def _post(realm: Realm, path: str, **data: str) -> Any:
    with _client(realm) as client:
        return client.post(path, data=data)
