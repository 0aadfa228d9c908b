"""`trace`: prints everything that one trace id touched, as a tree, from the files of the local sink."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from terresante_dev import stack
from terresante_dev.stack import NotPossible

ID = re.compile(r"[0-9a-f]{32}")
PARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def show(name: str, identifier: str) -> None:
    """Prints the tree of a trace id, or of a whole `traceparent`. Raises NotPossible if nothing is known of
    it.
    """
    for line in lines(read(Path(stack.read(name)["telemetry"]["folder"]), identifier)):
        print(line)


def read(folder: Path, identifier: str) -> list[dict[str, Any]]:
    """The spans of a trace that the sink has kept, in the order in which they began."""
    whole = PARENT.fullmatch(identifier.lower())
    wanted = whole[1] if whole else identifier.lower()
    if not ID.fullmatch(wanted):
        raise NotPossible(f"'{identifier}' is no trace id: 32 hexadecimal digits, or a whole traceparent.")
    spans = [orjson.loads(line) for line in _mentioning(folder, wanted)]
    found = {span["span"]: span for span in spans if span["trace"] == wanted or _linked(span, wanted)}
    if not found:
        raise NotPossible(f"No span of {wanted} is known: too old, not sampled, or not yet sent (5 s at most).")
    return sorted(found.values(), key=lambda span: int(span["start"]))


def lines(spans: list[dict[str, Any]]) -> Iterator[str]:
    """One line a span under the one that caused it: when it began, how long it took, who, what, its end."""
    known = {span["span"] for span in spans}
    children: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for span in spans:
        children[_cause(span, known)].append(span)
    began = min(span["start"] for span in spans)
    services = sorted({span["service"] for span in spans})
    took = (max(span["end"] for span in spans) - began) / 1e6
    yield f"{len(spans)} spans, {took:.1f} ms, through {', '.join(services)}"

    def tree(parent: str | None, margin: str) -> Iterator[str]:
        for place, span in enumerate(children[parent], 1):
            last = place == len(children[parent])
            yield f"{margin}{'└─ ' if last else '├─ '}{_line(span, began)}"
            yield from tree(span["span"], margin + ("   " if last else "│  "))

    yield from tree(None, "")


def _cause(span: dict[str, Any], known: set[str]) -> str | None:
    """Its parent, or what it is linked to (an event's consumer may link to who published it), or nothing
    known.
    """
    for cause in (span["parent"], *(link["span"] for link in span["links"])):
        if cause in known and cause != span["span"]:
            return str(cause)
    return None


def _line(span: dict[str, Any], began: int) -> str:
    after, took = (span["start"] - began) / 1e6, (span["end"] - span["start"]) / 1e6
    attributes = " ".join(f"{name}={value}" for name, value in sorted(span["attributes"].items()))
    ended = f" ERROR {span['message']}".rstrip() if span["status"] == "error" else ""
    return f"{span['service']}: {span['name']}  +{after:.1f} ms, {took:.1f} ms{ended}  {attributes}".rstrip()


def _linked(span: dict[str, Any], wanted: str) -> bool:
    return any(link["trace"] == wanted for link in span["links"])


def _mentioning(folder: Path, wanted: str) -> Iterator[bytes]:
    needle = wanted.encode()
    for file in folder.glob("spans-*.jsonl"):
        with file.open("rb") as opened:
            yield from (line for line in opened if needle in line)
