"""`make token WHO=…`: a token by card or by password and code, the session used again while it lasts."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from terresante_dev import pki
from terresante_dev.personas.numbers import finess, rpps
from terresante_dev.stack import NotPossible
from terresante_dev.token import token
from terresante_directory.domain.certificates import certificate_subject

from .conftest import PASSWORD, Realm


@pytest.fixture(scope="module")
def stack(pro: Realm) -> dict[str, Any]:
    """What `stack.json` would say."""
    number = rpps(70_000)
    _, user_id = pro.account(idNat=f"8{number}")
    pro.admin.update_user(user_id, {**pro.admin.get_user(user_id), "requiredActions": []})
    card = pki.issue_card(pro.keycloak.cards, number, "MOREAU", "LEA")
    username, secret = pro.person()
    certificate = pki.issue_organisation(pro.keycloak.cards, finess(70), "HÔPITAL", "dpi.example", name="token-machine")
    pro.system(certificate_subject(pki.subject_of(certificate)).key)
    blank = dict.fromkeys(("username", "password", "totp_secret", "card_file", "key_file"), "")
    return {
        "folder": str(pro.folder),
        "issuers": {"pro": pro.keycloak.issuer("pro")},
        "clients": {"pro": "portal"},
        "ca": {"issuers": str(pro.keycloak.pki / "ca.pem")},
        "personas": {
            "gp": {**blank, "realm": "pro", "card_file": str(card.certificate), "key_file": str(card.key)},
            "nurse": {
                **blank,
                "realm": "pro",
                "username": username,
                "password": PASSWORD,
                "totp_secret": secret,
            },
            "feeder": {
                **blank,
                "realm": "pro",
                "client": "systems",
                "card_file": str(certificate.certificate),
                "key_file": str(certificate.key),
            },
            "stranger": {
                **blank,
                "realm": "pro",
                "client": "systems",
                "card_file": str(card.certificate),
                "key_file": str(card.key),
            },
        },
    }


@pytest.mark.parametrize(("who", "acr"), [("gp", "3"), ("nurse", "2")])
def test_each_gets_the_level_of_their_means_and_keeps_the_session(stack: dict[str, Any], who: str, acr: str) -> None:
    first, second = (_claims(token(stack, who)) for _ in range(2))

    assert first["acr"] == second["acr"] == acr
    assert first["sid"] == second["sid"]
    assert first["jti"] != second["jti"]


def test_a_system_gets_its_token_by_its_certificate_each_time(stack: dict[str, Any]) -> None:
    first, second = (_claims(token(stack, "feeder")) for _ in range(2))

    assert (first["kind"], first["acr"]) == ("system", "3")
    assert first["uid"] == second["uid"]
    assert first["jti"] != second["jti"]
    assert not (Path(stack["folder"]) / "tokens" / "feeder.json").exists()


def test_a_certificate_that_opens_nothing_is_told_so(stack: dict[str, Any]) -> None:
    with pytest.raises(NotPossible, match="certificat"):
        token(stack, "stranger")


def test_a_session_that_is_over_is_begun_anew(stack: dict[str, Any], pro: Realm) -> None:
    before = _claims(token(stack, "gp"))
    pro.admin.user_logout(before["sub"])

    assert _claims(token(stack, "gp"))["sid"] != before["sid"]


def test_only_the_owner_reads_the_kept_session(stack: dict[str, Any]) -> None:
    token(stack, "gp")

    assert (Path(stack["folder"]) / "tokens" / "gp.json").stat().st_mode & 0o077 == 0


def test_an_unknown_name_is_answered_with_the_known_ones(stack: dict[str, Any]) -> None:
    with pytest.raises(NotPossible, match="gp, nurse"):
        token(stack, "nobody")


def _claims(access: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(access.split(".")[1] + "=="))
    return claims
