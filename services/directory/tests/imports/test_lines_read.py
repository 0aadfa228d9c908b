"""What lines say: each shape of the field, and all that is wrong with some of them."""

import io
import json
import resource
from collections import Counter
from collections.abc import Mapping

import pytest
from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.imports.formats import Arriving, FileUnreadable, Format
from terresante_directory.domain.imports.said import Line, is_formula, neutral
from terresante_directory.imports.parsing import lines

from .handing_over import professionals, sample, structure, structures

HEADER = sample("annuaire.txt").split(b"\n")[0]


def read(content: bytes, format: Format = Format.OWN_TABLE) -> list[Line]:
    """As uploaded, then parsed."""
    arriving = Arriving(format)
    for first in range(0, len(content), 1 << 20):
        arriving.feed(content[first : first + (1 << 20)])
    return list(lines(io.BufferedReader(io.BytesIO(content)), format, arriving.finish()))


def reasons(found: list[Line]) -> Mapping[str, int]:
    return Counter(reason for line in found for reason in line.reasons)


def test_the_national_directory_tells_the_place_the_professional_and_the_structure() -> None:
    found = read(sample("annuaire.txt"), Format.ANNUAIRE)
    place, person, site = found[0].said

    assert (place.kind, person.kind, site.kind) == (SubjectKind.PLACE, SubjectKind.PROFESSIONAL, SubjectKind.STRUCTURE)
    assert place.key == "rpps:99710000003|finess:995000098"
    assert site.content["commune_code"] == "95018"
    assert site.content["address_line"] == "171 Rue DU PARC"
    assert [one.said[0].kind for one in found[1:4]] == [SubjectKind.PROFESSIONAL] * 3
    assert reasons(found) == {
        "RPPS_KEY": 2, "FINESS_KEY": 1, "PROFESSION_UNKNOWN": 1, "FORMULA": 1, "WRONG_FIELD_COUNT": 1,
    }  # fmt: skip
    assert [line.number for line in found if line.rejected] == [30]


def test_another_edition_spells_its_header_otherwise() -> None:
    assert len(read(sample("annuaire-autre-entete.txt"), Format.ANNUAIRE)) == 5


def test_finess_is_read_by_position_in_both_encodings() -> None:
    found = read(sample("finess.csv"), Format.FINESS)
    (site,) = found[0].said
    assert site.content == {
        "name": "PHARMACIE DE LA MAIRIE", "level": "site", "kind": "pharmacy", "finess": "995000015",
        "siret": "00020000600013", "address_line": "142 R CLAUDE BERNARD", "postal_code": "92400",
        "commune": "COURBEVOIE", "commune_code": "92026", "phone": "0199006188", "opened": "1993-05-01",
        "parent": "finess:995000007",
    }  # fmt: skip
    assert reasons(found) == {"FINESS_KEY": 1, "SIRET_KEY": 1, "WRONG_FIELD_COUNT": 1}

    latin = read(sample("finess-latin9.csv"), Format.FINESS)
    assert reasons(latin)["ENCODING_GUESSED"] > 0
    assert [one.said[0].content["name"] for one in latin[:5]] == [one.said[0].content["name"] for one in found[:5]]


def test_our_own_tables_are_told_apart_by_their_columns() -> None:
    kinds = {
        name: {one.said[0].kind for one in read(sample(name))}
        for name in ("structures.csv", "offres.csv", "professionnels.csv")
    }
    assert kinds == {
        "structures.csv": {SubjectKind.STRUCTURE},
        "offres.csv": {SubjectKind.OFFER},
        "professionnels.csv": {SubjectKind.PLACE},
    }


def test_what_is_wrong_with_a_line_costs_that_line_alone() -> None:
    rows = structures(structure("A"), structure("B")).splitlines()
    first, second = rows[1], rows[2]
    content = b"\n".join(
        [
            b"\xef\xbb\xbf" + rows[0] + b"\r",
            first,
            first.replace(b"Centre A", b'Centre "A'),
            first.replace(b"Centre A", b'"Centre A'),
            first.replace(b"Centre A", b"Cen\0tre"),
            first.replace(b"Centre A", b"x" * (10 << 20)),
            first.replace(b"Centre A", b"x" * 20_000),
            first + b";de trop",
            b"",
            first.replace(b"Centre A", "Centre é è à ç ù ê".encode()),
            first.replace(b"Centre A", "Centre é".encode("latin-1")),
            first.replace(b";A;", b";;").replace(b"A;EG", b";EG"),
            second,
        ]
    )
    found = read(content)
    assert {line.number: line.reasons for line in found if line.rejected} == {
        4: ("STRAY_QUOTE",),
        5: ("NUL_BYTE",),
        6: ("CELL_TOO_LARGE",),
        7: ("CELL_TOO_LARGE",),
        8: ("WRONG_FIELD_COUNT",),
        11: ("ENCODING_WRONG",),
        12: ("KEY_MISSING",),
    }
    assert [line.number for line in found if not line.rejected] == [2, 3, 10, 13]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"niveau": "EX"}, "LEVEL_UNKNOWN"),
        ({"ouverture": "2022-01-01", "fermeture": "2021-01-01"}, "DATES_REVERSED"),
        ({"ouverture": "demain"}, "DATE_INVALID"),
        ({"ouverture": "0001-01-01"}, "DATE_INVALID"),
        ({"ouverture": "2022-02-30"}, "DATE_INVALID"),
        ({"nom": ""}, "STRUCTURE_NAME_INVALID"),
        ({"nom": "x" * 201}, "STRUCTURE_NAME_INVALID"),
        ({"nom": "Centre \u202e"}, "STRUCTURE_NAME_INVALID"),
        ({"code_postal": "9400"}, "STRUCTURE_ADDRESS_INVALID"),
        ({"finess": "12"}, "STRUCTURE_IDENTIFIER_INVALID"),
    ],
)
def test_a_structure_that_cannot_be_is_rejected(changes: Mapping[str, str], reason: str) -> None:
    (line,) = read(structures(structure("A", **changes)))
    assert (line.rejected, line.reasons) == (True, (reason,))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rpps": "123"}, "RPPS_INVALID"),
        ({"nom": "L3maire"}, "PROFESSIONAL_NAME_INVALID"),
        ({"profession": "zz"}, "PROFESSION_UNKNOWN"),
        ({"structure": ""}, "STRUCTURE_UNKNOWN"),
        ({"debut": "2022-01-01", "fin": "2021-01-01"}, "DATES_REVERSED"),
    ],
)
def test_a_professional_who_cannot_be_is_rejected(changes: Mapping[str, str], reason: str) -> None:
    row = {"identifiant": "P", "nom": "Lemaire", "prenom": "Anne", "profession": "10", "structure": "A"}
    (line,) = read(professionals({**row, **changes}))
    assert (line.rejected, line.reasons) == (True, (reason,))


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "+cmd", "-2+3"])
def test_a_formula_is_kept_as_text_told_and_never_written_back_as_one(text: str) -> None:
    assert is_formula(text)
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+33 1 99 00 00 00", "-12", "Centre", "1-2", ""])
def test_a_number_with_its_sign_is_no_formula(text: str) -> None:
    assert neutral(text) == text


def test_a_formula_as_a_name_is_told() -> None:
    (line,) = read(structures(structure("A", nom="=cmd|' /C calc'!A0")))
    assert line.said[0].content["name"] == "=cmd|' /C calc'!A0"
    assert "FORMULA" in line.reasons


ORGANISATION = {
    "resourceType": "Organization",
    "id": "eg-1",
    "identifier": [
        {
            "system": "https://finess.esante.gouv.fr",
            "type": {"coding": [{"code": "FINEG"}]},
            "value": "995000098",
        }
    ],
    "name": "Maison de santé du Canal",
    "partOf": {"reference": "Organization/ej-1"},
    "address": [{"line": ["171 rue du Parc"], "postalCode": "95100", "city": "Argenteuil"}],
}
SERVICE = {
    "resourceType": "HealthcareService",
    "id": "os-1",
    "providedBy": {"reference": "Organization/eg-1"},
    "name": "Médecine générale",
    "specialty": [{"coding": [{"code": "437"}]}],
}


def test_the_ror_comes_as_ndjson_or_as_a_bundle() -> None:
    resources = [ORGANISATION, SERVICE, {"resourceType": "Task", "id": "t"}, {"resourceType": "Organization"}]
    ndjson = "\n".join(json.dumps(one) for one in resources).encode() + b'\n{"resourceType": \n'
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}

    for content in (ndjson, json.dumps(bundle, indent=1).encode(), json.dumps(bundle).encode()):
        found = read(content, Format.ROR_FHIR)
        assert found[0].said[0].content["finess"] == "995000098"
        assert found[0].said[0].content["parent"] == "id:ej-1"
        assert found[1].said[0].content["activity"] == "437"
        assert found[2].reasons == ("RESOURCE_NOT_TAKEN",)
        assert found[3].reasons == ("KEY_MISSING",)
    assert read(ndjson, Format.ROR_FHIR)[4].reasons == ("JSON_INVALID",)


@pytest.mark.parametrize("text", ["\u0000", "\ud800", "\u202e", "\u0007"])
def test_a_character_that_nobody_meant_is_rejected(text: str) -> None:
    resource = {**ORGANISATION, "address": [{"line": [f"171{text}rue"]}]}
    (line,) = read(json.dumps(resource).encode(), Format.ROR_FHIR)
    assert line.rejected
    (line,) = read(json.dumps({**ORGANISATION, "id": f"x{text}y"}).encode(), Format.ROR_FHIR)
    assert line.reasons == ("CHARACTER_UNREADABLE",)


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Organization", "id": "x", "name": 3},
        {"resourceType": "Organization", "id": "x", "name": "A", "address": "là"},
        {"resourceType": "Organization", "id": "x", "name": "A", "identifier": [3]},
        {"resourceType": "Organization", "id": "x", "name": "A", "partOf": ["y"]},
        {"resourceType": "HealthcareService", "id": "x", "providedBy": 4},
        {"resourceType": "HealthcareService", "id": "x", "providedBy": {"reference": "a/b"}, "type": "x"},
    ],
)
def test_a_resource_of_another_shape_is_rejected_not_a_fault(resource: Mapping[str, object]) -> None:
    (line,) = read(json.dumps(resource).encode(), Format.ROR_FHIR)
    assert line.rejected


def test_json_nested_too_deep_is_rejected() -> None:
    content = json.dumps(ORGANISATION).encode() + b"\n" + b'{"a":' * 40_000 + b"1" + b"}" * 40_000
    assert read(content, Format.ROR_FHIR)[1].rejected


def test_a_header_without_its_columns_ends_the_reading() -> None:
    with pytest.raises(FileUnreadable):
        read(HEADER.replace(b"Code profession|", b"") + b"\n", Format.ANNUAIRE)
    with pytest.raises(FileUnreadable):
        read(b"identifiant;champ;avant;le\n")


def test_many_lines_take_no_more_memory_than_few() -> None:
    row = structures(structure("A")).splitlines()
    content = io.BytesIO(row[0] + b"\n" + b"\n".join([row[1]] * 100_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in lines(io.BufferedReader(content), Format.OWN_TABLE, "utf-8")) == 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
