"""The tables. In clear: ids, type and category codes, flags, sizes, dates. All that tells of a person is sealed bytes.

`patient_id` leads every index that a request uses.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()

patient_key = Table(
    "patient_key",
    metadata,
    Column("patient_id", Uuid, primary_key=True),
    Column("master_key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)


def _entry(name: str, moment: str, *more: Column[object]) -> Table:
    """What every entry has, and what is its own."""
    return Table(
        name,
        metadata,
        Column("patient_id", Uuid, primary_key=True),
        Column("id", Uuid, primary_key=True),
        Column("category", Text, nullable=False),
        Column("author_id", Uuid, nullable=False),
        Column("author_place", Uuid),
        Column(moment, DateTime(timezone=True), nullable=False),
        Column("hidden_from_professionals", Boolean, nullable=False),
        Column("hidden_from_patient", Boolean, nullable=False),
        Column("hidden_from_representatives", Boolean, nullable=False),
        Column("version", BigInteger, nullable=False),
        *more,
    )


document = _entry(
    "document",
    "published_at",
    Column("type_code", Text, nullable=False),
    Column("described", LargeBinary, nullable=False),
    Column("dated", DateTime(timezone=True), nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("replaces", Uuid),
    Column("deleted_at", DateTime(timezone=True)),
)
note = _entry(
    "note",
    "written_at",
    Column("urgent", Boolean, nullable=False),
    Column("revised_at", DateTime(timezone=True)),
)
note_text = Table(
    "note_text",
    metadata,
    Column("patient_id", Uuid, primary_key=True),
    Column("note_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("text", LargeBinary, nullable=False),
)
observation = _entry(
    "observation",
    "recorded_at",
    Column("code_mark", LargeBinary, nullable=False),
    Column("observed_at", DateTime(timezone=True), nullable=False),
    Column("measured", LargeBinary, nullable=False),
    Column("fhir_json", LargeBinary),
)
stay = _entry(
    "stay",
    "admitted_at",
    Column("structure_id", Uuid, nullable=False),
    Column("told", LargeBinary, nullable=False),
    Column("begins", DateTime(timezone=True), nullable=False),
    Column("ends", DateTime(timezone=True)),
    Column("discharged_by", Uuid),
    Column("discharged_place", Uuid),
    Column("discharged_at", DateTime(timezone=True)),
)
threshold = _entry(
    "threshold",
    "set_at",
    Column("code_mark", LargeBinary, nullable=False),
    Column("told", LargeBinary, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Uuid),
)

ONE_OPEN_STAY = "stay_open_"
"""How the names of the constraints begin by which a stay lasts once in an institution."""
ONE_SUCCESSOR = "document_one_successor"
"""Name of the constraint by which a document is replaced once."""
