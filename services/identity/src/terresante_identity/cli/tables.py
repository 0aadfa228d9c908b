"""What a line fills, as rows of the tables of a region: a provisional person, its source, the act that links them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import NamedTuple
from uuid import UUID

import numpy as np

from terresante_identity.cli.packing import (
    JSONB,
    Bytes,
    counted,
    hashes_or_null,
    joined,
    lengths,
    members,
    new_ids,
    numbers,
    packed,
    sized,
    table,
    whole,
    written,
)  # fmt: skip
from terresante_identity.cli.told import NUMBERS, OTHER_RECEIVED, OTHER_TRAITS, PERSON, Told
from terresante_identity.matching.arrays import Hashes, Ints
from terresante_identity.matching.keys import KEYS, dated
from terresante_identity.matching.people import TRAITS

COLUMNS = {
    "person": ("id", "version", "created_at", "registered_by", *PERSON, "retrieved", "checked", "flags"),
    "person_version": ("person_id", "version", "act", "detail", "acted_by", "acted_at", "state"),
    "source": (
        "id", "issuer", "local_id", "person_id", "version", "structure_id", "territory_code", "fed_by", "registered_at",
    ),
    "source_version": (
        "source_id", "version", "received", "traits", "retrieved", "checked", "flags", "warnings", "valid_from",
        "received_at", "received_from",
    ),
    "linkage_act": ("id", "place", "kind", "at", "by_id"),
    "linkage_move": ("act_id", "place", "source_id", "to_person_id"),
    "source_features": (
        "source_id", "person_id", *TRAITS, "qualified", "flagged", "f_birth_name", "f_first_name", "f_place",
        *(f"k_{name}" for name in KEYS),
    ),
}  # fmt: skip
"""Of each table, in the order in which they are filled; the other columns have no value in a new region."""
FREQUENT = ("exact", "unit", "place")
"""What f_birth_name, f_first_name and f_place are, by the names of `told.NUMBERS`."""
UUID_SIZE, BIGINT_SIZE, UUID_TEXT = sized(bytes(16))[:4], sized(bytes(8))[:4], 36


@dataclass(frozen=True, slots=True)
class Feed:
    """Who delivers the file. `territory`: code, "" if nobody knows; `fed_by`: opaque id of the feeder.

    `at_in_json`: the moment `at` as PostgreSQL writes it into a document, without quotes.
    """

    issuer: str
    structure: UUID | None
    territory: str
    fed_by: UUID
    at: datetime
    at_in_json: str


class _Ids(NamedTuple):
    """New ones, of each row's person, source and act."""

    person: Bytes
    source: Bytes
    act: Bytes


class Writing:
    """Writes the rows of all tables for many people at once. What is the same for all of them is written once."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._one, self._at, self._by = packed(1), packed(feed.at), packed(feed.fed_by)
        self._standing = packed(False) + packed(False) + packed([])
        self._state = members(
            {
                "version": 1, "created_at": feed.at_in_json, "registered_by": str(feed.fed_by), "retrieved": False,
                "checked": False, "flags": [], "ins_matricule": None, "ins_key": None, "ins_oid": None,
                "merged_into": None,
            }
        )  # fmt: skip

    def copies(self, local_ids: Sequence[str], acts: Ints, found: Sequence[Sequence[Told]]) -> dict[str, bytes]:
        """Of each table of `COLUMNS`, its rows in the binary format of COPY.

        `local_ids`: the issuer's numbers; `acts`: places of the acts; `found`: of each of `TRAITS`, one per row.
        """
        many = len(local_ids)
        ids = _Ids(new_ids(many), new_ids(many), new_ids(many))
        columns, traits, received, asked, parts, warnings, _ = zip(
            *[zip(*trait, strict=True) for trait in found], strict=True
        )
        documents = _whole(traits)
        head = joined(many, _counted("person"), UUID_SIZE, ids.person, self._one, self._at, self._by)
        act, place = (UUID_SIZE, ids.act), (BIGINT_SIZE, numbers(acts))
        return {
            "person": table(head, *columns, repeat(self._standing)),
            "person_version": self._person_versions(ids, documents),
            "source": self._sources(ids, local_ids),
            "source_version": self._source_versions(ids, _whole(received), documents, _warnings(warnings)),
            "linkage_act": whole(many, _counted("linkage_act"), *act, *place, packed("REGISTERED"), self._at, self._by),
            "linkage_move": whole(
                many, _counted("linkage_move"), *act, *place, UUID_SIZE, ids.source, UUID_SIZE, ids.person
            ),
            "source_features": self._features(ids, asked, parts),
        }

    def _person_versions(self, ids: _Ids, traits: Sequence[bytes]) -> bytes:
        """As `persons.add` remembers who is registered by an act of that kind: the state is the row as a document."""
        named, behind, end = JSONB + b'{"id": "', b'", ', OTHER_TRAITS + b", " + self._state + b"}"
        act = b"".join([self._one, packed("registered"), packed(""), self._by, self._at])
        size = lengths(_sizes(traits) + len(named + behind + end) + UUID_TEXT)
        start = _counted("person_version"), UUID_SIZE, ids.person, act, size, named, written(ids.person), behind
        return table(joined(len(ids.person), *start), traits, repeat(end))

    def _sources(self, ids: _Ids, local_ids: Sequence[str]) -> bytes:
        many, feed = len(local_ids), self._feed
        fed = b"".join([self._one, packed(feed.structure), packed(feed.territory), self._by, self._at])
        return table(
            joined(many, _counted("source"), UUID_SIZE, ids.source, packed(feed.issuer)),
            [sized(id.encode()) for id in local_ids],
            joined(many, UUID_SIZE, ids.person, fed),
        )

    def _source_versions(
        self, ids: _Ids, received: Sequence[bytes], traits: Sequence[bytes], warnings: Iterable[bytes]
    ) -> bytes:
        many, one, other = len(ids.source), OTHER_RECEIVED + b"}", OTHER_TRAITS + b"}"
        brace = JSONB + b"{"
        first, second = (lengths(_sizes(each) + len(brace + end)) for each, end in ((received, one), (traits, other)))
        return table(
            joined(many, _counted("source_version"), UUID_SIZE, ids.source, self._one, first, brace),
            received,
            joined(many, one, second, brace),
            traits,
            repeat(other + self._standing),
            warnings,
            repeat(self._at + self._at + self._by),
        )

    def _features(self, ids: _Ids, asked: Sequence[Sequence[bytes]], parts: Sequence[Sequence[bytes]]) -> bytes:
        """`features.row_of` of all of them."""
        head = joined(len(ids.source), _counted("source_features"), UUID_SIZE, ids.source, UUID_SIZE, ids.person)
        return table(head, *asked, hashes_or_null(packed(False) + packed(False), _hashes(parts)))


def _counted(name: str) -> bytes:
    return counted(len(COLUMNS[name]))


def _whole(columns: Sequence[Sequence[bytes]]) -> list[bytes]:
    """The pieces of each row as one."""
    return list(map(b"".join, zip(*columns, strict=True)))


def _sizes(texts: Sequence[bytes]) -> Ints:
    return np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


def _warnings(columns: Sequence[Sequence[tuple[str, ...]]]) -> Iterable[bytes]:
    """The field of each row, sorted as the store writes it."""
    fields: dict[tuple[tuple[str, ...], ...], bytes] = {}
    for row in zip(*columns, strict=True):
        if row not in fields:
            fields[row] = packed(sorted({warning for told in row for warning in told}))
        yield fields[row]


def _hashes(numbers: Sequence[Sequence[bytes]]) -> list[Hashes]:
    """What frequencies are counted by, then the keys."""
    of: dict[str, Hashes] = {}
    for trait, column in zip(TRAITS, numbers, strict=True):
        names = NUMBERS[trait]
        known = np.frombuffer(b"".join(column), dtype="<u8").reshape(len(column), len(names))
        of |= {name: np.ascontiguousarray(known[:, place]) for place, name in enumerate(names)}
    year, month, day = (of[part].view(np.int64) for part in ("year", "month", "day"))
    of |= {"date": dated(year, month, day), "year": dated(year), "month": dated(year, month), "day": dated(month, day)}
    of["year_day"] = dated(year, day)
    keys = [key.folded([of[part] for part in key.of]) for key in KEYS.values()]
    return [*(of[part] for part in FREQUENT), *keys]
