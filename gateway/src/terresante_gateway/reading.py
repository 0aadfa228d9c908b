"""Reads what a request brings, strictly and within limits: JSON bodies, query strings. What is doubtful is refused.

Limits: 256 KiB a JSON body (more where an operation says so), 32 levels of nesting, 20 parameters in a query. JSON
follows I-JSON (RFC 7493): UTF-8, no key twice, no NaN, no lone surrogate; and no NUL anywhere, which PostgreSQL cannot
keep.
"""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NoReturn, TypeVar, get_origin
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from terresante_platform.refusals import Invalid, TooLarge, Unsupported

from terresante_gateway.problems import FieldError, FieldsInvalid, RequestTooSlow

LARGEST_JSON = 256 * 1024
DEEPEST_JSON = 32
MOST_PARAMETERS = 20
JSON = frozenset({b"application/json", b"application/json;charset=utf-8"})
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Model = TypeVar("Model", bound=BaseModel)


class JsonInvalid(Invalid):
    """A body that is not strict JSON."""

    reason = "JSON_INVALID"


class BodyMissing(Invalid):
    """The operation needs a body."""

    reason = "BODY_MISSING"


class BodyTooLarge(TooLarge):
    """More JSON than the operation reads."""

    reason = "BODY_TOO_LARGE"


class MediaTypeUnsupported(Unsupported):
    """Not the media type that the operation reads."""

    reason = "MEDIA_TYPE_UNSUPPORTED"


class QueryInvalid(Invalid):
    """A query string that cannot be read, or that this operation does not know."""

    reason = "QUERY_INVALID"


class Disconnected(Exception):
    """The client left before its request was complete: nobody is there to be answered."""


async def json_body(
    headers: dict[bytes, bytes],
    receive: Receive,
    seconds: float,
    most: int = LARGEST_JSON,
    media_types: frozenset[bytes] = JSON,
) -> bytes:
    """The bytes of a JSON body, `most` of them at most, after its media type and announced size were accepted.

    Refuses with MEDIA_TYPE_UNSUPPORTED, BODY_TOO_LARGE, BODY_MISSING, REQUEST_TOO_SLOW.
    """
    media_type, _, parameters = headers.get(b"content-type", b"").lower().partition(b";")
    if b";".join(filter(None, (media_type.strip(), parameters.strip()))) not in media_types:
        raise MediaTypeUnsupported("Ce contenu n’est pas du JSON.", "Envoyez du JSON (Content-Type: application/json).")
    announced = headers.get(b"content-length", b"0")
    if not announced.isdigit() or len(announced) > 12 or int(announced) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(seconds):
            body = await _all(receive, most)
    except TimeoutError:
        raise RequestTooSlow(
            "Le contenu n’est pas arrivé à temps.", "Réessayez avec une meilleure connexion."
        ) from None
    if not body:
        raise BodyMissing("Cette opération demande un contenu JSON.", "Ajoutez le contenu décrit dans l’API.")
    return body


def no_body(headers: dict[bytes, bytes]) -> bool:
    """Whether the request comes without any body (RFC 9112 §6.3)."""
    return b"transfer-encoding" not in headers and headers.get(b"content-length", b"0") == b"0"


async def _all(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body"):
            return bytes(body)


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"Le contenu JSON dépasse {most // 1024} Kio.", "Envoyez moins, ou en plusieurs fois.")


def body_as(model: type[Model], body: bytes) -> Model:
    """A JSON text as `model`, strictly. Refuses with JSON_INVALID, FIELDS_INVALID."""
    strict_json(body)
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise FieldsInvalid(told(error)) from None


def strict_json(body: bytes) -> Any:
    """Parses JSON and refuses what parsers disagree on. Refuses with JSON_INVALID."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_constant, parse_float=_finite)
        _check_texts(found)
    except UnicodeDecodeError:
        raise _not_json("Le contenu n’est pas de l’UTF-8 valable.") from None
    except RecursionError:
        raise _not_json("Le contenu JSON est trop imbriqué.") from None
    except ValueError:
        raise _not_json("Le contenu n’est pas du JSON valable.") from None
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _not_json("Une clé JSON est donnée deux fois.")
    return found


def _constant(_: str) -> NoReturn:
    raise _not_json("NaN et Infinity ne sont pas du JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _not_json("Un nombre est trop grand.")
    return number


def _check_texts(found: Any) -> None:
    """Every text and key, at every level: no NUL, no lone surrogate; and not too many levels."""
    level = [found]
    for _ in range(DEEPEST_JSON):
        if not level:
            return
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _check_text(value)
            elif isinstance(value, dict):
                below.extend(value.keys())
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        level = below
    raise _not_json("Le contenu JSON est trop imbriqué.")


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text if character > "\ud7ff"):
        raise _not_json("Un texte contient un caractère interdit (NUL ou demi-caractère).")


def _not_json(sentence: str) -> JsonInvalid:
    return JsonInvalid(sentence, "Corrigez le contenu JSON : UTF-8, clés uniques, 32 niveaux au plus.")


def query_as(model: type[Model], query: bytes) -> Model:
    """A query string as `model`. Refuses with QUERY_INVALID, FIELDS_INVALID."""
    try:
        pairs = _pairs(query.decode("ascii")) if query else []
    except ValueError:
        raise _query("Les paramètres ne sont pas lisibles.") from None
    values: dict[str, Any] = {}
    for name, value in pairs:
        field = model.model_fields.get(name)
        if "\0" in value:
            raise _query("Un paramètre contient un caractère interdit.")
        if field is not None and get_origin(field.annotation) is list:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise _query("Un paramètre est donné deux fois.")
        else:
            values[name] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise FieldsInvalid(told(error)) from None


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(
        query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_PARAMETERS
    )


def no_query(query: bytes) -> None:
    """Refuses any parameter, with QUERY_INVALID."""
    if query:
        raise _query("Cette opération n’a pas de paramètres.")


def _query(sentence: str) -> QueryInvalid:
    return QueryInvalid(sentence, "Donnez les paramètres décrits dans l’API, une fois chacun, encodés en UTF-8.")


_SENTENCES = {
    "missing": "Ce champ est obligatoire.",
    "extra_forbidden": "Ce champ n’existe pas ici.",
    "string_type": "Un texte est attendu.",
    "string_too_short": "Ce texte est trop court ({min_length} caractères au moins).",
    "string_too_long": "Ce texte est trop long ({max_length} caractères au plus).",
    "string_pattern_mismatch": "Ce texte n’a pas la forme attendue.",
    "literal_error": "Cette valeur n’est pas dans la liste : {expected}.",
    "bool_type": "Vrai ou faux est attendu.",
    "bool_parsing": "Vrai ou faux est attendu (true, false).",
    "int_type": "Un nombre entier est attendu.",
    "int_parsing": "Un nombre entier est attendu.",
    "greater_than_equal": "Ce nombre est trop petit ({ge} au moins).",
    "less_than_equal": "Ce nombre est trop grand ({le} au plus).",
    "list_type": "Une liste est attendue.",
    "too_long": "Cette liste est trop longue ({max_length} au plus).",
    "too_short": "Cette liste est trop courte ({min_length} au moins).",
    "model_type": "Un objet JSON est attendu.",
    "model_attributes_type": "Un objet JSON est attendu.",
    "timezone_aware": "Le fuseau horaire manque (par exemple Z ou +02:00).",
    "datetime_type": "Une date et heure est attendue (RFC 3339).",
    "datetime_parsing": "Une date et heure est attendue (RFC 3339).",
    "datetime_from_date_parsing": "Une date et heure est attendue (RFC 3339).",
}


def told(error: ValidationError) -> list[FieldError]:
    """What pydantic refused, in French, without the values that were given. Unknown keys are repeated only if they
    look like field names.
    """
    found = []
    for one in error.errors(include_url=False, include_input=False)[:50]:
        context = one.get("ctx", {})
        if one["type"] == "value_error":
            sentence = str(context["error"])
        else:
            shown = {name: str(value).replace(" or ", " ou ") for name, value in context.items()}
            sentence = _SENTENCES.get(one["type"], "Cette valeur n’est pas acceptée.").format_map(shown)
        found.append(FieldError(".".join(_step(step) for step in one["loc"]), sentence))
    return found


def _step(step: int | str) -> str:
    text = str(step)
    return text if text.isascii() and text.replace("_", "").isalnum() and len(text) <= 40 else "?"
