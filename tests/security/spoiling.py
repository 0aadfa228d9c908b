"""Spoils a good request body in every way that parsers disagree on or rules forbid: whatever the operation, by its own
example and schema.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

Step = str | int
DEEP = 10_000
MARKS = {
    "a NUL": "\x00",
    "a bidirectional override": "\u202e",
    "an isolate": "\u2066",
    "a zero-width space": "\u200b",
    "a byte order mark": "\ufeff",
    "a control character": "\x1b[2J",
    "a private character": "\ue000",
    "a noncharacter": "\uffff",
}
DATES = ("2026-02-31T10:00:00Z", "2026-13-01T10:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1849-12-31T23:59:59Z",
    "2026-03-02T25:00:00Z", "2026-03-02T10:00:00", "2026-03-02", "1772438400", "2026-03-02T10:00:00+99:00", "hier",
    "-2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z\n", "٢٠٢٦-03-02T10:00:00Z")  # fmt: skip
IDS = ("", "abc", "0190F3C2-8A4E-7CC1-9D20-5B7E3F1A6C44", "{0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c44}",
    "0190f3c28a4e7cc19d205b7e3f1a6c44", "urn:uuid:0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c44", "../../etc/passwd",
    "0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c44' or '1'='1", "0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c4\n")  # fmt: skip


def wholes(example: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Bodies that are wrong as a whole, with what is wrong."""
    text = json.dumps(example)
    key, value = next(iter(example.items()))
    yield "nothing", b""
    yield "not JSON", b"{text"
    yield "half of it", text[: len(text) // 2].encode()
    yield "two of them", (text + text).encode()
    yield "an array", f"[{text}]".encode()
    yield "a number, a text, null", b"1"
    yield "a text", b'"x"'
    yield "null", b"null"
    yield "a comment", f"/* */{text}".encode()
    yield "a trailing comma", f"{text[:-1]},}}".encode()
    yield "single quotes", text.replace('"', "'").encode()
    yield "an unknown field", json.dumps({**example, "isAdmin": True}).encode()
    yield "a prototype", json.dumps({**example, "__proto__": {"admin": True}}).encode()
    yield "a key twice", f'{text[:-1]}, "{key}": {json.dumps(value)}}}'.encode()
    yield "UTF-16", text.encode("utf-16")
    yield "a byte order mark before it", b"\xef\xbb\xbf" + text.encode()
    yield "bytes that are no UTF-8", text[:-1].encode() + b', "\xff\xfe": 1}'
    for name, written in (
        ("NaN", "NaN"),
        ("Infinity", "-Infinity"),
        ("1e999", "1e999"),
        ("a number of 5,000 digits", "9" * 5_000),
        ("10,000 arrays deep", "[" * DEEP + "]" * DEEP),
        ("10,000 objects deep", '{"a":' * DEEP + "1" + "}" * DEEP),
        ("half a character", '"\\ud800"'),
        ("the other half", '"\\udc00\\ud800"'),
    ):
        yield name, json.dumps({**example, key: "@"}).replace('"@"', written, 1).encode()
    yield "300 kB", json.dumps({**example, key: "a" * 300_000}).encode()


def fields(example: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Bodies in which one field is wrong, with what is wrong."""
    for path, value in _leaves(example, ()):
        shown = ".".join(map(str, path))
        if isinstance(value, str) and value:
            for name, mark in MARKS.items():
                yield f"{shown}: {name}", _with(example, path, f"{value}{mark}{value}")
            yield f"{shown}: 250,000 letters", _with(example, path, "A" * 250_000)
        for other in (5, 1.5, True, [], {}, [value], {"$ne": 1}, "5"):
            if type(other) is not type(value) and not (isinstance(value, float) and type(other) is int):
                yield f"{shown}: {json.dumps(other)}", _with(example, path, other)
        for wrong in _forms(value):
            yield f"{shown}: {wrong!r}", _with(example, path, wrong)


def _forms(value: Any) -> tuple[str, ...]:
    """Wrong values for a value of that form."""
    if not isinstance(value, str):
        return ()
    if len(value) == 36 and value.count("-") == 4:
        return IDS
    if len(value) >= 20 and value[4] == value[7] == "-" and "T" in value:
        return DATES
    if len(value) == 10 and value[4] == value[7] == "-":
        return ("2026-13-41x", "0000-00-00", "9999-01-01", "hier", "2026/03/02")
    return ()


def _leaves(value: Any, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], Any]]:
    below: list[tuple[Step, Any]] = []
    if isinstance(value, dict):
        below = list(value.items())
    elif isinstance(value, list):
        below = list(enumerate(value[:1]))
    if not below and path:
        yield path, value
    for step, one in below:
        yield from _leaves(one, (*path, step))


def _with(example: dict[str, Any], path: tuple[Step, ...], value: Any) -> bytes:
    changed: Any = copy.deepcopy(example)
    node = changed
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return json.dumps(changed).encode()
