"""What of the settings must be right before anything is served."""

from typing import Any

import pytest
from pydantic import ValidationError
from terresante_gateway.settings import Settings

GIVEN: dict[str, Any] = {
    "LISTEN": "127.0.0.1:0",
    "TLS_CERT_FILE": "/tls/cert.pem",
    "TLS_KEY_FILE": "/tls/key.pem",
    "TLS_CA_FILE": "/tls/ca.pem",
    "ISSUERS": "{}",
    "CURSOR_KEY_FILE": "/cursor.key",
    "PUBLIC_URL": "https://api.test",
    **{f"{name}_ADDRESS": "dns:///x" for name in ("IDENTITY", "CONSENT", "RECORDS", "MESSAGING", "DIRECTORY")},
}


def settings(monkeypatch: pytest.MonkeyPatch, **more: str) -> Settings:
    """As a process would read them."""
    for name, value in (GIVEN | more).items():
        monkeypatch.setenv(f"TERRESANTE_GATEWAY_{name}", value)
    return Settings()


def test_no_proxy_is_trusted_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch).trusted_proxies == []


def test_proxies_are_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings(monkeypatch, TRUSTED_PROXIES='["10.0.0.0/8", "fd00::1"]', PROXY_HEADER="forwarded")

    assert [str(one) for one in told.trusted_proxies] == ["10.0.0.0/8", "fd00::1/128"]
    assert told.proxy_header == "forwarded"


@pytest.mark.parametrize(
    "wrong",
    [{"TRUSTED_PROXIES": '["everybody"]'}, {"TRUSTED_PROXIES": '["10.0.0.1/8"]'}, {"PROXY_HEADER": "x-real-ip"}],
    ids=str,
)
def test_what_is_no_network_and_no_known_header_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    with pytest.raises(ValidationError):
        settings(monkeypatch, **wrong)
