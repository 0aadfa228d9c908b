"""Passwords and one-time codes: what each gives, what is refused, how a new account is taken into use."""

import pytest
from terresante_dev.codes import ledger, next_code
from terresante_dev.login import NO_VERIFIER, TokenRefused, start_page

from .conftest import PASSWORD, START, Realm


def test_a_password_and_a_code_give_level_2(pro: Realm) -> None:
    username, secret = pro.person()

    with pro.browser() as browser:
        assert browser.login(username, PASSWORD, secret).code
        assert browser.tokens
        assert browser.tokens.claims["acr"] == "2"
        assert browser.tokens.claims["amr"] == ["pwd", "otp"]


def test_a_password_alone_gives_level_1_at_most(pro: Realm) -> None:
    """No enrolment is offered at login either: a stolen password must not enrol the thief's telephone."""
    with pro.browser() as browser:
        page = browser.login(pro.passworded(), PASSWORD)

        assert page.code, page
        assert browser.tokens
        assert browser.tokens.claims["acr"] == "1"
        assert browser.tokens.claims["amr"] == ["pwd"]


def test_who_has_a_code_is_asked_for_it_even_if_the_portal_asks_for_less(pro: Realm) -> None:
    username, _ = pro.person()

    with pro.browser() as browser:
        page = browser.login(username, PASSWORD, acr_values="1")

    assert page.asks("otp")


def test_the_password_does_not_suffice_to_enrol_a_second_telephone(pro: Realm) -> None:
    username, _ = pro.person()

    with pro.browser() as browser:
        page = browser.login(username, PASSWORD, acr_values="1", kc_action="CONFIGURE_TOTP")

    assert page.asks("otp")
    assert not page.asks("totpSecret")


def test_a_session_of_level_1_has_that_level_in_its_token(pro: Realm) -> None:
    """The client for tests of refusals: one that asks for a password only."""
    username, _ = pro.person()

    with pro.browser(client="portal-low") as browser:
        assert browser.login(username, PASSWORD).code
        assert browser.tokens
        assert browser.tokens.claims["acr"] == "1"
        assert browser.tokens.claims["azp"] == "portal-low"


def test_a_wrong_code_is_refused(pro: Realm) -> None:
    username, _ = pro.person()

    with pro.browser() as browser:
        page = browser.login(username, PASSWORD, code="000000")

    assert page.asks("otp")
    assert "Le code à usage unique est faux ou a déjà servi." in page.text


def test_a_code_that_was_used_is_refused(pro: Realm) -> None:
    username, secret = pro.person()
    code = next_code(secret, ledger(pro.folder))
    with pro.browser() as browser:
        assert browser.login(username, PASSWORD, code=code).code

    with pro.browser() as browser:
        page = browser.login(username, PASSWORD, code=code)

    assert page.asks("otp")
    assert "Le code à usage unique est faux ou a déjà servi." in page.text


def test_five_wrong_passwords_close_the_account_to_the_right_one(pro: Realm) -> None:
    username, other = pro.passworded(), pro.passworded()
    wrong = [_text(pro, username, f"mot de passe numéro {number}") for number in range(5)]

    with pro.browser() as browser:
        right = browser.login(username, PASSWORD)

    assert not right.code
    assert {right.text, *wrong} == {right.text}, "the answer tells that the account is closed"
    assert pro.enter(username=other).code


def test_an_unknown_user_gets_the_answer_of_a_wrong_password(pro: Realm) -> None:
    username = pro.passworded()

    assert _text(pro, username, "un faux mot de passe") == _text(pro, "nobody-at-all", "un faux mot de passe")


def test_a_new_account_chooses_its_password_then_its_code(patient: Realm) -> None:
    username, _ = patient.account()

    with patient.browser() as browser:
        page = browser.submit(browser.open(), username=username, password=START)
        assert page.asks("password-new")
        assert "Choisissez votre mot de passe" in page.text
        page = browser.submit(page, **{"password-new": PASSWORD, "password-confirm": PASSWORD})
        assert page.asks("totpSecret")
        assert "Choisissez votre second facteur" in page.text


def test_a_new_account_is_open_at_level_2_after_its_first_login_and_the_starting_password_is_dead(
    patient: Realm,
) -> None:
    username, _ = patient.account()
    with patient.browser() as browser:
        secret = browser.activate(username, START, PASSWORD)

    with patient.browser() as browser:
        assert browser.login(username, PASSWORD, secret).code
        assert browser.tokens
        assert browser.tokens.claims["acr"] == "2"
    with patient.browser() as browser:
        assert browser.login(username, START).asks("password")


def test_a_first_login_begins_at_the_page_that_a_letter_names(patient: Realm) -> None:
    """Nobody's code comes of it: the portal, where it ends, logs in anew."""
    username, _ = patient.account()
    start = start_page(patient.keycloak.issuer("patient"), redirect_uri=patient.keycloak.redirect_uri)

    with patient.browser() as browser:
        assert browser.visit(start).asks("password")
        secret = browser.activate(username, START, PASSWORD, start)
        page = browser.visit(start)
        assert page.asks("otp"), "the session is there"
        code = browser.submit(page, otp=next_code(secret, ledger(patient.folder))).code
        assert code
        with pytest.raises(TokenRefused):
            browser.exchange(code, NO_VERIFIER)

    assert patient.enter(username=username, totp_secret=secret).code


def test_a_short_password_is_refused_in_french(patient: Realm) -> None:
    username, _ = patient.account()

    with patient.browser() as browser:
        page = browser.submit(browser.open(), username=username, password=START)
        page = browser.submit(page, **{"password-new": "court", "password-confirm": "court"})

    assert page.asks("password-new")
    assert "12 caractères" in page.text


def _text(realm: Realm, username: str, password: str) -> str:
    with realm.browser() as browser:
        page = browser.login(username, password)
        assert not page.code
        return page.text
