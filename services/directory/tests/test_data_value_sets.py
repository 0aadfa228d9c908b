"""Codes of offers and structures, and what is shown for a code that nobody knows."""

import json
from pathlib import Path

import pytest
from terresante_directory import valuesets
from terresante_directory.valuesets import ValueSets

NEEDED = {
    "levels", "internal_organisation_kinds", "activities", "activity_fields", "offer_types", "care_modes",
    "closing_kinds", "legal_statuses", "confidentiality_levels", "contact_kinds", "telecom_channels",
    "capacity_kinds", "capacity_states",
}  # fmt: skip


@pytest.fixture(scope="module")
def known() -> ValueSets:
    return valuesets.load()


def test_the_sets_that_the_directory_needs_are_there_each_with_its_source(known: ValueSets) -> None:
    assert set(known.sets) >= NEEDED
    for one in known.sets.values():
        assert one.codes
        assert one.source
        assert one.provenance


@pytest.mark.parametrize(
    ("name", "code", "label"),
    [
        ("activities", "437", "Médecine générale"),
        ("activity_fields", "05", "Ville"),
        ("offer_types", "28", "Services Soins infirmiers à domicile (SSIAD)"),
        ("care_modes", "32", "Consultation (CS)"),
        ("closing_kinds", "PRO", "Provisoire"),
        ("confidentiality_levels", "1", "Accès libre"),
        ("legal_statuses", "60", "Association Loi 1901 non reconnue d'utilité publique"),
        ("levels", "EJ", "Entité juridique"),
    ],
)
def test_a_code_has_its_french_label(known: ValueSets, name: str, code: str, label: str) -> None:
    assert known.label(name, code) == label
    assert known.knows(name, code)


def test_an_unknown_code_is_shown_as_unknown(known: ValueSets) -> None:
    assert known.label("activities", "XYZ") == "Code inconnu (XYZ)"
    assert not known.knows("activities", "XYZ")


def test_an_unknown_set_is_a_fault_of_the_program(known: ValueSets) -> None:
    with pytest.raises(KeyError):
        known.label("colours", "1")


def test_our_own_codes_are_told_from_the_nation_s(known: ValueSets) -> None:
    assert known["levels"].codes["OI"].example
    assert not known["levels"].codes["EJ"].example
    assert not any(code.example for code in known["activities"].codes.values())


def test_a_code_told_twice_is_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "value_sets.json"
    twice = [{"code": "1", "label": "un"}, {"code": "1", "label": "une"}]
    told = {"colours": {"source": "s", "provenance": "p", "complete": True, "codes": twice}}
    file.write_text(json.dumps({"value_sets": told}), encoding="utf-8")

    with pytest.raises(ValueError, match="colours"):
        valuesets.load(file)
