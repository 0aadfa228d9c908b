"""Workbooks: read as tables are, and never allowed to swell."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random

import pytest
from terresante_dev.territory_work import own
from terresante_directory.domain.imports.formats import FileUnreadable, Format
from terresante_directory.domain.imports.said import Line
from terresante_directory.imports.parsing import lines

from .handing_over import structure

XML = '<?xml version="1.0" encoding="UTF-8"?>'
SPREADSHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(cells: Sequence[Sequence[str]], parts: Mapping[str, str] | None = None) -> bytes:
    """`cells`: XML of each cell."""
    rows = "".join(f'<row r="{number}">{"".join(row)}</row>' for number, row in enumerate(cells, start=1))
    told = {"xl/worksheets/sheet1.xml": f"{XML}<worksheet {SPREADSHEET}><sheetData>{rows}</sheetData></worksheet>"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**told, **(parts or {})}.items():
            archive.writestr(name, content)
    return out.getvalue()


def inline(*texts: str) -> list[str]:
    return [f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts]


def rows(*told: Mapping[str, str]) -> list[list[str]]:
    return [inline(*own.STRUCTURES), *(inline(*(one.get(name, "") for name in own.STRUCTURES)) for one in told)]


def read(content: bytes) -> list[Line]:
    return list(lines(io.BufferedReader(io.BytesIO(content)), Format.OWN_TABLE, "xlsx"))


def test_a_workbook_says_what_the_table_says() -> None:
    (line,) = read(workbook(rows(structure("A"))))
    assert (line.number, line.said[0].key, line.said[0].content["name"]) == (2, "id:A", "Centre A")


def test_shared_strings_numbers_and_columns_left_out_are_read() -> None:
    header = [f'<c r="{chr(65 + place)}1" t="s"><v>{place}</v></c>' for place in range(len(own.STRUCTURES))]
    texts = [*own.STRUCTURES, "A", "EG", "Centre A", "94-ouest"]
    strings = "".join(f"<si><t>{text}</t></si>" for text in texts)
    first = len(own.STRUCTURES)
    row = [
        *(f'<c r="{column}2" t="s"><v>{first + place}</v></c>' for place, column in enumerate("ABC")),
        '<c r="E2"><v>995000098.0</v></c>',
        f'<c r="K2" t="s"><v>{first + 3}</v></c>',
    ]
    content = workbook([header, row], {"xl/sharedStrings.xml": f"{XML}<sst {SPREADSHEET}>{strings}</sst>"})
    (line,) = read(content)
    assert line.said[0].content["finess"] == "995000098"
    assert line.said[0].content["territory_code"] == "94-ouest"


def test_a_formula_gives_the_value_it_last_had() -> None:
    told = rows(structure("A"))
    told[1][2] = '<c t="str"><f>HYPERLINK("http://example.org")</f><v>Centre calculé</v></c>'
    (line,) = read(workbook(told))
    assert line.said[0].content["name"] == "Centre calculé"
    assert line.reasons == ("FORMULA_VALUE",)


def test_nothing_but_formulas_without_values_does_not_read() -> None:
    with pytest.raises(FileUnreadable):
        read(workbook([["<c><f>A1+1</f></c>"] * 3] * 3))


def test_an_archive_that_swells_is_refused() -> None:
    with pytest.raises(FileUnreadable, match="FILE_UNREADABLE"):
        read(workbook(rows(structure("A")), {"xl/media/x.xml": "0" * (20 << 20)}))


def test_an_archive_of_too_many_parts_is_refused() -> None:
    with pytest.raises(FileUnreadable):
        read(workbook(rows(structure("A")), {f"x{number}": "" for number in range(1_001)}))


def test_an_entity_is_never_expanded() -> None:
    bomb = f'{XML}<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet {SPREADSHEET}><sheetData/></worksheet>'
    with pytest.raises(FileUnreadable):
        read(workbook([], {"xl/worksheets/sheet1.xml": bomb}))


@pytest.mark.parametrize("content", [b"PK\x03\x04rien", workbook([])[:-30], workbook([]).replace(b"sheet1", b"autre1")])
def test_what_is_no_whole_workbook_does_not_read(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        read(content)


@pytest.mark.parametrize("numbers", [(1, 1), (2, 1), (1, 1_048_577), (1, 9 * 10**18), (1, 10**5_000)])
def test_rows_that_do_not_follow_each_other_do_not_read(numbers: tuple[int, int]) -> None:
    told = zip(numbers, rows(structure("A")), strict=True)
    each = "".join(f'<row r="{Decimal(number):f}">{"".join(row)}</row>' for number, row in told)
    sheet = f"{XML}<worksheet {SPREADSHEET}><sheetData>{each}</sheetData></worksheet>"
    with pytest.raises(FileUnreadable):
        read(workbook([], {"xl/worksheets/sheet1.xml": sheet}))


def test_a_cell_of_ten_megabytes_costs_its_line_alone() -> None:
    noise = "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=10 << 20))  # noqa: S311
    told = rows(structure("A"), structure("B"))
    told[1][2] = inline(noise)[0]
    found = read(workbook(told))
    assert [(line.number, line.reasons) for line in found] == [(2, ("CELL_TOO_LARGE",)), (3, ())]
