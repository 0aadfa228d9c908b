"""What the committed realms allow at most, and what Keycloak's own pages carry where they run."""

import json
import re
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from terresante_dev.codes import ledger, next_code
from terresante_dev.login import REDIRECT_URI
from terresante_dev.portal import browser_of
from terresante_dev.settings_of import PORTAL

REALMS = Path(__file__).resolve().parents[2] / "deploy" / "keycloak"
HOUR = 3_600
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self' "
) + PORTAL
"""Exact. Browsers follow a form through its redirect, so the portal is in `form-action`; in `pro` the workbench too."""


@pytest.fixture(params=["pro", "patient"])
def realm(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One of the committed realms."""
    found: dict[str, Any] = json.loads((REALMS / f"{request.param}-realm.json").read_text(encoding="utf-8"))
    return found


def policy(realm: dict[str, Any]) -> dict[str, str]:
    """The rules for passwords, by name."""
    return dict(re.findall(r"(\w+)\(([^)]*)\)", realm["passwordPolicy"]))


def test_a_password_may_be_long_and_of_any_signs_and_need_not_be_changed(realm: dict[str, Any]) -> None:
    rules = policy(realm)
    assert int(rules["length"]) >= 12
    assert int(rules["maxLength"]) >= 64
    assert not {"upperCase", "lowerCase", "digits", "specialChars", "regexPattern"} & rules.keys()
    assert "forceExpiredPasswordChange" not in rules


def test_a_one_time_code_lives_for_thirty_seconds_and_serves_once(realm: dict[str, Any]) -> None:
    assert realm["otpPolicyType"] == "totp"
    assert realm["otpPolicyPeriod"] == 30
    assert realm["otpPolicyCodeReusable"] is False
    assert realm["otpPolicyLookAheadWindow"] <= 1


def test_sessions_end_when_idle_and_in_any_case(realm: dict[str, Any]) -> None:
    assert 0 < realm["ssoSessionIdleTimeout"] <= HOUR / 2
    assert 0 < realm["ssoSessionMaxLifespan"] <= 8 * HOUR
    assert realm["rememberMe"] is False


def test_tokens_and_codes_are_short_lived_and_no_refresh_outlives_the_session(realm: dict[str, Any]) -> None:
    assert 0 < realm["accessTokenLifespan"] <= 300
    assert 0 < realm["accessCodeLifespan"] <= 60
    assert realm["revokeRefreshToken"] is True and realm["refreshTokenMaxReuse"] == 0
    assert not realm.get("offlineSessionMaxLifespanEnabled", False)


def test_no_client_may_use_a_grant_that_it_does_not_need(realm: dict[str, Any]) -> None:
    for client in realm["clients"]:
        machines = client["clientId"] == "systems"
        assert not client.get("implicitFlowEnabled")
        assert bool(client.get("directAccessGrantsEnabled")) == machines
        if machines:
            assert client["authenticationFlowBindingOverrides"] == {"direct_grant": "systems"}
            assert client["attributes"]["use.refresh.tokens"] == "false"
            assert not client["standardFlowEnabled"] and not client["serviceAccountsEnabled"]
        elif client.get("enabled", True):
            assert client["clientId"] in ("portal", "platform", "workbench")
            people = client["clientId"] != "platform"
            assert (bool(client.get("standardFlowEnabled")), bool(client.get("serviceAccountsEnabled"))) == (
                people,
                not people,
            )
            if people:
                assert client["attributes"]["pkce.code.challenge.method"] == "S256"
                assert not [uri for uri in client["redirectUris"] if "*" in uri]


def test_the_workbench_proves_itself_by_a_key_and_pushes_its_requests(realm: dict[str, Any]) -> None:
    found = [client for client in realm["clients"] if client["clientId"] == "workbench"]
    assert len(found) == (realm["realm"] == "pro")
    for client in found:
        assert not client["publicClient"] and client["clientAuthenticatorType"] == "client-jwt"
        assert client["attributes"]["require.pushed.authorization.requests"] == "true"
        assert client["attributes"]["pkce.code.challenge.method"] == "S256"


def test_nobody_registers_themselves_and_nothing_is_asked_without_tls(realm: dict[str, Any]) -> None:
    assert realm["registrationAllowed"] is realm["loginWithEmailAllowed"] is realm["resetPasswordAllowed"] is False
    assert realm["sslRequired"] == "all"
    assert realm["bruteForceProtected"] is True and realm["failureFactor"] <= 5
    assert realm["eventsEnabled"] is realm["adminEventsEnabled"] is True


def login_page(stack: dict[str, Any], name: str) -> httpx2.Response:
    """The first page of a login at the portal of a realm."""
    trust = ssl.create_default_context(cafile=stack["ca"]["issuers"])
    query = {
        "response_type": "code",
        "client_id": stack["clients"][name],
        "redirect_uri": REDIRECT_URI,
        "scope": "openid",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    with httpx2.Client(verify=trust, trust_env=False) as http:
        return http.get(f"{stack['issuers'][name]}/protocol/openid-connect/auth", params=query)


@pytest.mark.parametrize("name", ["pro", "patient"])
def test_the_login_page_is_not_kept_not_framed_and_not_told_about(stack: dict[str, Any], name: str) -> None:
    page = login_page(stack, name)
    assert page.status_code == 200 and "password" in page.text
    assert "no-store" in page.headers["cache-control"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert page.headers["x-frame-options"] == "SAMEORIGIN"
    ends = f" {stack['workbench']['url']}" if name == "pro" else ""
    example = " http://127.0.0.1:*"  # the example portal, in a sandbox only
    assert page.headers["content-security-policy"] == CONTENT_POLICY + ends + example
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert not {"server", "x-powered-by"} & set(page.headers)


@pytest.mark.parametrize(("name", "who"), [("pro", "nurse"), ("patient", "patient")])
def test_cookies_of_a_login_go_to_its_realm_over_tls_only_and_scripts_see_none_that_opens(
    stack: dict[str, Any], name: str, who: str
) -> None:
    """From the first page to the end. Scripts see hashes only. Keycloak gives no name a prefix
    (docs/security/login-pages.md).
    """
    login = stack["personas"][who]
    seen = {}
    with browser_of(stack, name) as browser:
        page = browser.open(acr_values="2")
        seen |= {cookie.name: cookie for cookie in browser.cookies}
        page = browser.submit(page, username=login["username"], password=login["password"])
        seen |= {cookie.name: cookie for cookie in browser.cookies}
        code = next_code(login["totp_secret"], ledger(Path(stack["folder"])))
        assert browser.submit(page, otp=code).code
        seen |= {cookie.name: cookie for cookie in browser.cookies}
    assert {"AUTH_SESSION_ID", "KC_RESTART", "KEYCLOAK_IDENTITY"} <= seen.keys()
    for cookie in seen.values():
        assert cookie.secure and cookie.path == f"/realms/{name}/" and not cookie.domain_specified
        assert len(f"{cookie.name}{cookie.value}") <= 4_096
    readable = {name for name, cookie in seen.items() if not cookie.has_nonstandard_attr("HttpOnly")}
    assert readable <= {"KC_AUTH_SESSION_HASH", "KEYCLOAK_SESSION"}


def test_the_login_service_speaks_tls_1_2_and_1_3_and_nothing_older(stack: dict[str, Any]) -> None:
    def spoken(version: ssl.TLSVersion) -> str | None:
        context = ssl.create_default_context(cafile=stack["ca"]["issuers"])
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        address = urlsplit(stack["issuers"]["pro"])
        with socket.create_connection((address.hostname, address.port), 10) as plain:
            try:
                with context.wrap_socket(plain, server_hostname="localhost") as line:
                    return line.version()
            except (ssl.SSLError, ConnectionError):
                return None

    assert [spoken(version) for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)] == ["TLSv1.2", "TLSv1.3"]
    with pytest.warns(DeprecationWarning):
        assert [spoken(version) for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)] == [None, None]
