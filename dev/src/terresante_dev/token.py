"""An access token for someone of the sandbox, for whoever calls the API by hand: `make token WHO=gp`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from terresante_dev import codes
from terresante_dev.login import Browser, LoginFailed, TokenRefused, Tokens
from terresante_dev.machine import machine_tokens
from terresante_dev.stack import NotPossible


def token(stack: Mapping[str, Any], who: str) -> str:
    """The token. `stack`: what `stack.json` says.

    The session of the last time is refreshed while it lasts; else they log in, with the card if they have
    one. A machine shows its certificate each time. Raises NotPossible.
    """
    persona = _persona(stack, who)
    if persona.get("client"):
        return _of_a_machine(stack, persona)
    with _browser(stack, persona) as browser:
        kept = Path(stack["folder"]) / "tokens" / f"{who}.json"
        tokens = _refreshed(browser, kept) or _logged_in(browser, persona)
    _keep(kept, tokens)
    return tokens.access


def _persona(stack: Mapping[str, Any], who: str) -> Mapping[str, Any]:
    personas: Mapping[str, Any] = stack["personas"] or {}
    if who not in personas:
        known = ", ".join(personas) or "personne : le bac à sable n'est pas peuplé"
        raise NotPossible(f"WHO={who} : inconnu. Il y a : {known}.")
    persona: Mapping[str, Any] = personas[who]
    return persona


def _browser(stack: Mapping[str, Any], persona: Mapping[str, Any]) -> Browser:
    realm = persona["realm"]
    card = (Path(persona["card_file"]), Path(persona["key_file"])) if persona["card_file"] else None
    return Browser(
        stack["issuers"][realm],
        Path(stack["ca"]["issuers"]),
        codes.ledger(Path(stack["folder"])),
        client_id=stack["clients"][realm],
        card=card,
    )


def _of_a_machine(stack: Mapping[str, Any], persona: Mapping[str, Any]) -> str:
    issuer, ca_file = stack["issuers"][persona["realm"]], Path(stack["ca"]["issuers"])
    try:
        certificate, key = Path(persona["card_file"]), Path(persona["key_file"])
        return machine_tokens(issuer, ca_file, certificate, key, persona["client"]).access
    except TokenRefused as refused:
        raise NotPossible(f"Le certificat n'ouvre rien : {refused}") from refused


def _refreshed(browser: Browser, kept: Path) -> Tokens | None:
    if not kept.exists():
        return None
    try:
        return browser.refresh(json.loads(kept.read_text())["refresh"])
    except TokenRefused:  # the session is over, or someone else refreshed it
        return None


def _logged_in(browser: Browser, persona: Mapping[str, Any]) -> Tokens:
    page = browser.login(persona["username"], persona["password"], persona["totp_secret"])
    if browser.tokens is None:
        raise NotPossible(f"La connexion s'est arrêtée : {page}") from LoginFailed(page)
    return browser.tokens


def _keep(file: Path, tokens: Tokens) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"refresh": tokens.refresh}))
    draft.replace(file)
