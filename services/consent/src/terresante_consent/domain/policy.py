"""The entitlement matrix: which profession may consult which category. What is not listed is refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from terresante_consent.domain.vocabulary import Kind

NOTHING: frozenset[str] = frozenset()


class PolicyInvalid(ValueError):
    """The matrix file cannot be used; the service must not start with it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the matrix."""

    version: str
    reads: Mapping[str, frozenset[str]]
    """Profession code -> category keys it may consult."""
    kinds: Mapping[str, Kind]
    """Category key -> the kind of resource it classifies."""
    searchers: frozenset[str]
    """Professions that are not health professions, yet may look for persons and register them."""
    labels: Mapping[str, str]
    """Category key -> French label."""

    def entitled(self, profession: str, category: str) -> bool:
        """Whether the profession may consult that category. What nobody listed is no."""
        return category in self.reads.get(profession, NOTHING)

    def readable(self, profession: str, kind: Kind | None) -> tuple[str, ...]:
        """Categories of that kind (None: of any kind) the profession may consult, sorted."""
        reads = self.reads.get(profession, NOTHING)
        return tuple(sorted(key for key in reads if kind is None or self.kinds[key] is kind))


def parse(text: str) -> Policy:
    """Reads the matrix file (`data/entitlements.json`). Raises `PolicyInvalid` naming what is wrong."""
    try:
        file: dict[str, Any] = json.loads(text, object_pairs_hook=_without_duplicates)
        categories = {one["key"]: one["label"] for one in file["categories"]}
        kinds = dict.fromkeys(categories, Kind.DOCUMENT)
        kinds |= {
            file["note_category"]: Kind.NOTE,
            file["observation_category"]: Kind.OBSERVATION,
            file["message_category"]: Kind.MESSAGE,
        }
        reads = {one["code"]: frozenset(one["reads"]) for one in file["professions"]}
        policy = Policy(file["policy_version"], reads, kinds, frozenset(file["may_search"]), categories)
    except (json.JSONDecodeError, KeyError, TypeError) as wrong:
        raise PolicyInvalid(f"the entitlement matrix cannot be read: {wrong!r}") from wrong
    unknown = set().union(*reads.values(), kinds) - set(categories)
    if unknown:
        raise PolicyInvalid(f"categories used but not listed: {sorted(unknown)}")
    if len(reads) != len(file["professions"]) or len(categories) != len(file["categories"]):
        raise PolicyInvalid("a profession or a category is listed twice")
    if not policy.version:
        raise PolicyInvalid("policy_version is blank")
    return policy


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise PolicyInvalid("a key stands twice in one object")
    return made
