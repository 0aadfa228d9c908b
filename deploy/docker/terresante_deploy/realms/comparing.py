"""What differs between what is and what is wanted, field by field. Pure: dictionaries in, the fields to send out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
MASK = "**********"
"""What Keycloak shows in the place of what it takes for a secret: all that an authenticator has no property for."""
UNORDERED = frozenset({"redirectUris", "webOrigins", "supportedLocales"})


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be: `words` name it without its value, `act` puts it right."""

    words: str
    act: Callable[[], object]


def lacking(is_: Json, wanted: Json) -> Json:
    """The wanted entries that are not so. Keycloak leaves out what is blank, so blank and absent are the same.

    What it masks cannot be compared, and passes for right.
    """
    return {
        key: value for key, value in wanted.items() if is_.get(key) != MASK and (is_.get(key) or "") != (value or "")
    }


def changed(is_: Json, wanted: Json, maps: frozenset[str]) -> Json:
    """The fields to send so that `wanted` holds. `maps`: fields that Keycloak replaces whole; foreign entries stay."""
    fields: Json = {}
    for name, value in wanted.items():
        there = is_.get(name)
        if name in maps:
            if lacking(there or {}, value):
                fields[name] = {**(there or {}), **value}
        elif name in UNORDERED:
            if sorted(there or []) != sorted(value):
                fields[name] = value
        elif there != value:
            fields[name] = value
    return fields


def password_policy(is_: str, wanted: str) -> str:
    """The wanted rules, and those that somebody added: `length(12) and maxLength(128)`."""
    return " and ".join({**_rules(is_), **_rules(wanted)}.values())


def same_policy(is_: str, wanted: str) -> bool:
    """Whether each wanted rule is there; Keycloak does not keep their order."""
    return _rules(wanted).items() <= _rules(is_).items()


def _rules(policy: str) -> dict[str, str]:
    found = {part.strip() for part in policy.split(" and ") if part.strip()}
    return {re.split(r"\(", rule, maxsplit=1)[0]: rule for rule in sorted(found)}


def named(fields: Json) -> str:
    """Fields by their names, for a line of the report."""
    return ", ".join(sorted(fields))
