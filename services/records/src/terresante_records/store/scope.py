"""What a list may show, inside the query: totals and pages are exact, nothing is left out afterwards."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    not_,
    or_,
    select,
)

from terresante_records.domain.entries import PatientId, PersonId, Scope
from terresante_records.store.tables import patient_key

PATIENT = bindparam("patient", type_=Uuid)
ME = bindparam("me", type_=Uuid)
AFTER = bindparam("after", type_=Uuid)
LIMIT = bindparam("limit", type_=Integer)


def _flag(name: str) -> ColumnElement[bool]:
    return bindparam(name, type_=Boolean)


def visible(entry: Any) -> ColumnElement[bool]:
    """Whether the scope shows a row of `entry` (columns of any of the three tables): the caller's own always,
    else by category and flags."""
    others = (
        not_(_flag("own_only"))
        & or_(_flag("all_categories"), entry.category == any_(bindparam("categories", type_=ARRAY(Text))))
        & or_(not_(entry.hidden_from_professionals), _flag("sees_hidden_from_professionals"))
        & or_(not_(entry.hidden_from_patient), _flag("sees_hidden_from_patient"))
        & or_(not_(entry.hidden_from_representatives), _flag("sees_hidden_from_representatives"))
    )
    return or_(entry.author_id == ME, others)


def values_of(scope: Scope, patient: PatientId, me: PersonId) -> dict[str, Any]:
    """The parameters of `visible`."""
    return {
        "patient": patient,
        "me": me,
        "own_only": scope.own_only,
        "all_categories": scope.all_categories,
        "categories": list(scope.categories),
        "sees_hidden_from_professionals": scope.sees_hidden_from_professionals,
        "sees_hidden_from_patient": scope.sees_hidden_from_patient,
        "sees_hidden_from_representatives": scope.sees_hidden_from_representatives,
    }


def beginning(entry: FromClause, *conditions: ColumnElement[bool]) -> Select[Any]:
    """What a list needs before it may ask: the patient's key (no row: an empty record), and whether the caller wrote
    any such entry."""
    mine = exists().where(entry.c.patient_id == PATIENT, entry.c.author_id == ME, *conditions)
    return select(patient_key.c.master_key_id, patient_key.c.sealed, mine.label("has_written")).where(
        patient_key.c.patient_id == PATIENT
    )


def before_cursor(entry: FromClause) -> ColumnElement[bool]:
    """Rows older than the cursor; all of them when it is null. Ids are made in the order of time."""
    return or_(AFTER.is_(None), entry.c.id < AFTER)


def given(name: str, empty: str, column: ColumnElement[Any], type_: Any) -> ColumnElement[bool]:
    """A filter by a list of values, passed over when the list is empty."""
    return or_(bindparam(empty, type_=Boolean), column == any_(bindparam(name, type_=ARRAY(type_))))
