"""Who may know which contacts and see which offers: R-ROR1, R-ROR2, R-ROR3 of domain §3.3, on the committed grid."""

import pytest
from terresante_directory import reference
from terresante_directory.domain.disclosure import Reader, is_shown
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.telecoms import Telecom

GRID = reference.disclosure()
OUEST = TerritoryCode("94-ouest")
CONTACTS = [Telecom("2", f"0{level}", "", level) for level in (1, 2, 3)]


@pytest.mark.parametrize(
    ("reader", "levels"),
    [
        (Reader("administrator", frozenset({OUEST})), [1, 2, 3]),
        (Reader("administrator", frozenset({TerritoryCode("95-sud")})), [1, 2]),
        (Reader("professional"), [1, 2]),
        (Reader("patient"), [1]),
        (Reader("system"), [1]),
        (Reader("service"), [1]),
        (Reader("somebody nobody thought of"), [1]),
    ],
)
def test_r_ror1_contacts_are_told_up_to_the_level_of_who_reads(reader: Reader, levels: list[int]):
    assert [one.confidentiality for one in GRID.contacts(CONTACTS, reader, OUEST)] == levels


def test_r_ror2_sensitive_offers_are_seen_by_administrators_and_professionals_only():
    seen = [
        kind
        for kind in ("administrator", "professional", "patient", "system", "service", "")
        if GRID.sees_sensitive(Reader(kind))
    ]
    assert seen == ["administrator", "professional"]


@pytest.mark.parametrize(
    ("closed", "structure_closed", "with_closed", "shown"),
    [
        (False, False, False, True),
        (True, False, False, False),
        (False, True, False, False),
        (True, True, True, True),
    ],
)
def test_r_ror3_what_is_closed_or_in_a_closed_structure_is_shown_only_if_asked_for(
    closed: bool, structure_closed: bool, with_closed: bool, shown: bool
):
    assert is_shown(closed, structure_closed, with_closed) is shown
