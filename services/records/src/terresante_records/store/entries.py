"""What the rows of documents, notes and observations have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from terresante_contents.keys import key_of
from terresante_contents.sealing import MasterKeys, OwnerKey

from terresante_records.domain.entries import Authorship, PatientId, PersonId, Visibility
from terresante_records.store.prepared import Prepared, Reads, Row


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is known before a list is decided."""

    key: OwnerKey | None
    """None when nothing was ever written in this record."""
    has_written: bool
    """Whether the caller is the author of at least one such entry."""


async def begun(statement: Prepared, reads: Reads, masters: MasterKeys, patient: PatientId, me: PersonId) -> Beginning:
    """Runs a `scope.beginning`."""
    row = await reads.first(statement, {"patient": patient, "me": me})
    if row is None:
        return Beginning(None, False)
    return Beginning(key_of(masters, patient, row["master_key_id"], row["sealed"]), row["has_written"])


def columns_of(
    id: Any, patient: PatientId, category: str, by: Authorship, moment: str, visibility: Visibility, version: int
) -> dict[str, Any]:
    """The columns that every entry has. `moment`: how the table calls the one of its authorship."""
    return {
        "patient_id": patient,
        "id": id,
        "category": category,
        "author_id": by.author,
        "author_place": by.place,
        moment: by.at,
        "version": version,
        **flags_of(visibility),
    }


def flags_of(visibility: Visibility) -> Mapping[str, bool]:
    """The three columns of a visibility."""
    return {
        "hidden_from_professionals": visibility.hidden_from_professionals,
        "hidden_from_patient": visibility.hidden_from_patient,
        "hidden_from_representatives": visibility.hidden_from_representatives,
    }


def visibility_of(row: Row, side: str = "") -> Visibility:
    """The visibility again. `side`: what the columns' names begin with."""
    return Visibility(
        row[f"{side}hidden_from_professionals"],
        row[f"{side}hidden_from_patient"],
        row[f"{side}hidden_from_representatives"],
    )


def authorship_of(row: Row, moment: str) -> Authorship:
    """Author, place and moment again."""
    return Authorship(row["author_id"], row["author_place"], row[moment])
