"""How an operation's arguments are read from a request: token, ids, key, query. What has another form is refused."""

import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from terresante_platform.ids import IdInvalid
from terresante_platform.refusals import Invalid, Unauthenticated
from terresante_platform.rpc.allow import LoginRequired

from terresante_gateway import reading
from terresante_gateway.exchange import Exchange
from terresante_gateway.words import UUID_PATTERN

Binder = Callable[[Exchange], Any]
_UUID = re.compile(UUID_PATTERN)
_KEY = re.compile(rb"[!-~]{8,128}")


class KeyInvalid(Invalid):
    """An `Idempotency-Key` of another form than 8 to 128 printable ASCII characters."""

    reason = "IDEMPOTENCY_KEY_INVALID"


def token(given: dict[bytes, bytes]) -> str:
    """The bearer token. Refuses with LOGIN_REQUIRED."""
    scheme, _, text = given.get(b"authorization", b"").partition(b" ")
    if not text:
        raise LoginRequired("Il faut être connecté.", "Connectez-vous, puis recommencez.")
    if scheme.lower() != b"bearer" or not text.isascii():
        raise Unauthenticated("Ce moyen de connexion n’est pas accepté.", "Envoyez « Authorization: Bearer … ».")
    return text.decode("ascii")


def key(given: dict[bytes, bytes]) -> str:
    """`Idempotency-Key`; blank without it. Refuses with IDEMPOTENCY_KEY_INVALID."""
    text = given.get(b"idempotency-key")
    if text is None:
        return ""
    if not _KEY.fullmatch(text):
        raise KeyInvalid(
            "La clé d’idempotence n’a pas la forme attendue.",
            "Envoyez 8 à 128 caractères ASCII visibles, par exemple un UUID.",
        )
    return text.decode("ascii")


def path_id(position: int, name: str, exchange: Exchange) -> str:
    """The id at that place among the path's parameters. Refuses with ID_INVALID."""
    return checked_id(exchange.ids[position], name)


def checked_id(text: str, name: str) -> str:
    """An id in canonical form, lower case. Refuses with ID_INVALID."""
    if not _UUID.fullmatch(text):
        raise IdInvalid(
            f"L’identifiant donné dans « {name} » n’est pas valable.",
            "Reprenez l’identifiant tel que la plateforme l’a donné (forme 8-4-4-4-12, en minuscules).",
            field=name,
        )
    return text


def query_binder(model: type[BaseModel]) -> Binder:
    """Reads the query string as `model`; without one, its defaults, which are made once."""
    unasked: BaseModel | None
    try:
        unasked = model()
    except ValidationError:  # it asks for something
        unasked = None

    def bind(exchange: Exchange) -> Any:
        query = exchange.scope["query_string"]
        return reading.query_as(model, query) if query or unasked is None else unasked

    return bind
