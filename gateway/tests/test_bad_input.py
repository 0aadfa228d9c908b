"""What no operation takes: each is 4xx with a problem that says what to do, and no service hears of it."""

import json
from typing import Any

import pytest

from .calling import programmed, reason_of, sent
from .operations import RIGHT
from .refusing import CREATE, NOTE, refused
from .things import PLACE, RECORD, THING, TYPED, Right

WITH_BODY = [right for right in RIGHT if right.json is not None]
LIST = f"{RECORD}/documents"
every_body = pytest.mark.parametrize("right", WITH_BODY, ids=lambda right: right.operation)


@every_body
async def test_an_unknown_field_is_refused_by_name(right: Right, gateway: Any, http: Any) -> None:
    answer = await refused(http, gateway, right, json.dumps(right.json | {"surprise": 1}).encode())

    assert (answer.status_code, answer.json()["reason"]) == (400, "FIELDS_INVALID")
    assert {"field": "surprise", "problem": "Ce champ n’existe pas ici."} in answer.json()["errors"]


@pytest.mark.parametrize("right", [NOTE, CREATE], ids=lambda right: right.operation)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"{}{}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\\u0000"}',
        b'{"a": "\xc0\xaf"}',
        b'{"a": "\x01"}',
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'<?xml version="1.0"?><a/>',
    ],
    ids=lambda content: repr(content[:24]),
)
async def test_what_is_not_strict_json_is_refused(right: Right, content: bytes, gateway: Any, http: Any) -> None:
    answer = await refused(http, gateway, right, content)

    assert answer.status_code == 400
    assert answer.json()["reason"] in {"JSON_INVALID", "FIELDS_INVALID", "BODY_MISSING"}
    assert answer.json()["todo"]


async def test_the_reason_of_bad_json_is_said(gateway: Any, http: Any) -> None:
    said = {
        b'{"text": "a", "text": "b"}': "Une clé JSON est donnée deux fois.",
        b'{"text": NaN}': "NaN et Infinity ne sont pas du JSON.",
        b"[" * 10_000 + b"]" * 10_000: "Le contenu JSON est trop imbriqué.",
        b'{"text": "\xff"}': "Le contenu n’est pas de l’UTF-8 valable.",
        b'{"text": "\\u0000"}': "Un texte contient un caractère interdit (NUL ou demi-caractère).",
    }

    for content, sentence in said.items():
        answer = await refused(http, gateway, NOTE, content)
        assert (answer.json()["reason"], answer.json()["detail"]) == ("JSON_INVALID", sentence)


@every_body
@pytest.mark.parametrize(
    "media", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "text/json"]
)
async def test_another_media_type_is_415(right: Right, media: str, gateway: Any, http: Any) -> None:
    answer = await refused(http, gateway, right, json.dumps(right.json).encode(), media)

    assert (answer.status_code, answer.json()["reason"]) == (415, "MEDIA_TYPE_UNSUPPORTED")


async def test_json_with_its_charset_is_json(gateway: Any, http: Any) -> None:
    programmed(gateway, NOTE)

    answer = await sent(http, gateway, NOTE, {"content-type": "application/json; charset=utf-8"})

    assert answer.status_code == 201


@pytest.mark.parametrize("right", [NOTE, CREATE], ids=lambda right: right.operation)
async def test_20_megabytes_are_refused_before_they_are_read(right: Right, gateway: Any, http: Any) -> None:
    answer = await refused(http, gateway, right, b'{"a": "' + b"x" * 20_000_000 + b'"}')

    assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")


async def test_a_body_that_hides_its_size_is_cut_off(gateway: Any, http: Any) -> None:
    async def endless() -> Any:
        for _ in range(200):
            yield b" " * 65_536

    programmed(gateway, NOTE)
    headers = gateway.bearer() | {"content-type": "application/json"}
    answer = await http.post(NOTE.path, content=endless(), headers=headers)

    assert (answer.status_code, reason_of(answer)) == (413, "BODY_TOO_LARGE")
    assert gateway.services.asked == []


async def test_a_body_that_stops_coming_is_408(gateway: Any) -> None:
    reader, writer = await gateway.raw()
    token = gateway.bearer()["authorization"]
    writer.write(
        f"POST {NOTE.path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n"
        "content-type: application/json\r\ncontent-length: 100\r\n\r\n{".encode()
    )

    head = await reader.readuntil(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 408 ")
    writer.close()


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.operation)
async def test_an_unknown_parameter_is_refused(right: Right, gateway: Any, http: Any) -> None:
    programmed(gateway, right)
    path = right.path + ("&" if "?" in right.path else "?") + "surprise=1"
    headers = gateway.bearer(right.kind, acr=right.acr) | right.headers

    answer = await http.request(right.method, path, json=right.json, files=right.files, headers=headers)

    assert answer.status_code == 400
    assert reason_of(answer) in {"FIELDS_INVALID", "QUERY_INVALID"}
    assert gateway.services.asked == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=1.5",
        "limit=1&limit=2",
        "limit=",
        "total=maybe",
        "cursor=%FF",
        "cursor=%00",
        "limit",
        "limit=%ED%A0%80",
        "category=" + "x" * 65,
        "category=%E2%80%AE",
        "&".join(f"category=c{number}" for number in range(30)),
        "cursor=" + "a" * 1025,
    ],
)
async def test_parameters_are_read_strictly(gateway: Any, http: Any, query: str) -> None:
    answer = await http.get(f"{LIST}?{query}", headers=gateway.bearer())

    assert answer.status_code == 400
    assert reason_of(answer) in {"FIELDS_INVALID", "QUERY_INVALID"}
    assert gateway.services.asked == []


@pytest.mark.parametrize(
    "id",
    [
        "1",
        "null",
        THING.upper(),
        THING.replace("-", ""),
        THING + "0",
        f"{{{THING}}}",
        "%00",
        "%2e%2e",
        "é",
        THING + "%20",
    ],
)
async def test_an_id_of_another_form_is_refused(gateway: Any, http: Any, id: str) -> None:
    answer = await http.get(f"{LIST}/{id}", headers=gateway.bearer())

    assert (answer.status_code, reason_of(answer)) == (400, "ID_INVALID")
    assert answer.json()["details"] == {"field": "document"}
    assert gateway.services.asked == []


@pytest.mark.parametrize("place", ["", "cabinet", PLACE.upper(), PLACE + ",", "é"])
async def test_a_place_is_an_id(gateway: Any, http: Any, place: str) -> None:
    answer = await http.get(LIST, headers=gateway.bearer() | {"terresante-place": place.encode()})

    assert (answer.status_code, reason_of(answer)) == (400, "ID_INVALID")


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with space in it", "clé-accentuée", "tab\there-1"])
async def test_an_idempotency_key_has_one_form(gateway: Any, http: Any, key: str) -> None:
    programmed(gateway, NOTE)

    answer = await sent(http, gateway, NOTE, {"idempotency-key": key.encode()})  # type: ignore[dict-item]

    assert (answer.status_code, reason_of(answer)) == (400, "IDEMPOTENCY_KEY_INVALID")
    assert gateway.services.asked == []


@pytest.mark.parametrize("name", ["authorization", "terresante-place", "idempotency-key", "if-match", "content-type"])
async def test_a_header_that_means_one_thing_comes_once(gateway: Any, http: Any, name: str) -> None:
    programmed(gateway, NOTE)
    headers = [*gateway.bearer().items(), ("content-type", "application/json"), (name, "x"), (name, "y")]

    answer = await http.post(NOTE.path, content=b'{"text": "a"}', headers=headers)

    assert (answer.status_code, reason_of(answer)) == (400, "HEADER_REPEATED")
    assert gateway.services.asked == []


async def test_a_body_of_two_values_or_of_none_is_refused(gateway: Any, http: Any) -> None:
    right = next(one for one in RIGHT if one.operation == "record_observation")
    neither = {name: value for name, value in right.json.items() if name != "quantity"}

    for body in (right.json | {"text": "aussi"}, neither):
        answer = await refused(http, gateway, right, json.dumps(body).encode())
        assert answer.json()["errors"] == [
            {"field": "", "problem": "Il faut donner quantity ou text, un seul des deux."}
        ]


async def test_what_was_typed_is_never_repeated(gateway: Any, http: Any) -> None:
    body = {"traits": TYPED | {"sex": "MADAME-DURAND", "birth_country": "DURAND", "Madame Durand, née": 1}}

    answer = await refused(http, gateway, CREATE, json.dumps(body).encode())

    assert answer.status_code == 400
    assert "urand" not in answer.text.lower()
