"""What a line fills, made the short way: the same as by the rules, and as COPY and the store read it."""

import os
import struct
from datetime import date
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_identity.cli.blocks import Block, blocks, lines, plain_rows
from terresante_identity.cli.packing import END, START, hashes_or_null, new_ids, packed, sized, table, written
from terresante_identity.cli.rows import Making
from terresante_identity.cli.seen import Seen
from terresante_identity.cli.tables import COLUMNS, Feed
from terresante_identity.cli.told import read, told
from terresante_identity.matching.people import TRAITS

from .kept import MONDAY

TODAY = date(2026, 11, 30)
FEED = Feed("1.2.250.1.71.4.2.7", None, "", UUID(int=0), MONDAY, MONDAY.isoformat())
NAMES = st.lists(
    st.sampled_from(["A", "JEAN", "MARIE", "LE", "SAINT", "-", "--", "'", " ", "  ", "é", "1"]), max_size=9
)


@given(st.sampled_from(["birth_name", "first_names"]), NAMES)
def test_a_name_in_its_own_form_fills_what_the_rules_say(trait: str, parts: list[str]) -> None:
    text = "".join(parts).strip()

    assert told(trait, text, TODAY) == read(trait, text, TODAY)


@pytest.mark.parametrize(
    "text", ["JEAN-JEAN PAUL", "A-B-C-D-E F", "L'ANGE-MARIE", "MARIE MARIE-ANNE", "A" * 100, "A" * 101]
)
def test_first_names_with_a_word_twice_or_too_many_words_are_no_exception(text: str) -> None:
    for trait in ("birth_name", "first_names"):
        assert told(trait, text, TODAY) == read(trait, text, TODAY)


@pytest.mark.parametrize(
    ("text", "sex"),
    [("M", "M"), ("homme", "M"), ("1", "M"), ("F", "F"), ("Féminin", "F"), ("I", "I"), ("Mme", ""), ("Madame", "")],
)
def test_a_word_that_is_no_sex_is_not_taken_for_one_by_its_first_letter(text: str, sex: str) -> None:
    assert told("sex", text, TODAY).received == f'"sex": "{sex}", '.encode()


def test_what_is_no_such_trait_says_why() -> None:
    refusals = [told(trait, "1 #", TODAY).refused.split(":")[0] for trait in TRAITS]

    assert refusals == ["IDENTITY_NAME_CHARACTER", "IDENTITY_NAME_CHARACTER", "IDENTITY_BIRTH_DATE_IMPOSSIBLE", "", ""]


def test_new_ids_are_uuid7_in_order_and_written_as_their_text() -> None:
    ids = new_ids(1000)
    known = [UUID(bytes=id.tobytes()) for id in ids]

    assert known == sorted(set(known))
    assert {id.version for id in known} == {7}
    assert {id.variant for id in known} == {"specified in RFC 4122"}
    assert [bytes(text).decode() for text in written(ids)] == [str(id) for id in known]


def test_a_hash_is_a_signed_bigint_and_nought_is_null() -> None:
    values = [np.array([1, 0, 2**64 - 1], dtype=np.uint64), np.array([2, 0, 2**63], dtype=np.uint64)]
    wanted = [
        b"?" + packed(1) + packed(2),
        b"?" + packed(None) + packed(None),
        b"?" + packed(-1) + packed(-(2**63)),
    ]

    assert hashes_or_null(b"?", values) == wanted
    assert hashes_or_null(b"?", [value[[0, 2]] for value in values]) == [wanted[0], wanted[2]]


def test_a_table_is_its_rows_between_what_copy_begins_and_ends_with() -> None:
    assert table([b"1", b"2"], [sized(b"a"), sized(b"")]) == START + b"1\0\0\0\x01a2\0\0\0\0" + END


IDS = st.lists(st.sampled_from(["", "A", "B", "C", "D", "1", "A\n", "é"]), max_size=8)


@given(st.lists(IDS, max_size=12))
def test_an_identifier_is_seen_again_exactly_if_a_row_above_had_it(calls: list[list[str]]) -> None:
    seen, known = Seen(), set[str]()
    for ids in calls:
        wanted = []
        for row, id in enumerate(ids):
            if id and id in known:
                wanted.append(row)
            known.add(id)

        assert seen.again(ids) == wanted


def test_thousands_of_identifiers_are_remembered_over_many_calls() -> None:
    seen = Seen()
    for start in range(0, 20_000, 700):
        assert seen.again([f"P{number}" for number in range(start, start + 700)]) == []

    assert seen.again(["P0", "Q0", "P19999"]) == [0, 2]


@given(st.lists(st.sampled_from(["a,b", "é,b", "a", "", "  ", 'a,"b"', "a,b,c", "a,b\r"]), max_size=6), st.booleans())
def test_a_block_cut_at_once_has_the_lines_it_has_one_by_one(texts: list[str], ended: bool) -> None:
    raw = "\n".join(texts).encode() + (b"\n" if ended else b"")
    block = Block(2, len(texts), raw)
    at_once = plain_rows(block, 2)

    if at_once is not None:
        assert [(2 + row, fields) for row, fields in enumerate(at_once)] == [
            (line.number, list(line.fields)) for line in lines(block)
        ]


def test_blocks_have_all_lines_of_a_file_once_and_in_order(tmp_path: Path) -> None:
    wanted = [f"P{number},{os.urandom(40).hex()}" for number in range(20_000)]
    (tmp_path / "file.csv").write_text("\n".join(["person_id,birth_name", *wanted]), encoding="utf-8")

    header, cut = blocks(tmp_path / "file.csv")
    some = list(cut)

    assert header == ["person_id", "birth_name"]
    assert len(some) > 1
    assert [(line.number, line.text) for block in some for line in lines(block)] == list(enumerate(wanted, start=2))
    assert [block.first for block in some[1:]] == [block.first + block.count for block in some[:-1]]


def test_an_identifier_of_an_earlier_block_is_used_already() -> None:
    making = Making(FEED, 6, [[place] for place in range(6)], 1)
    line = b"%b,ZOLA,EMILE,1902-09-29,M,75102\n"

    first = making.rows(Block(2, 2, line % b"P1" + line % b"P2"))
    second = making.rows(Block(4, 2, line % b"P3" + line % b"P1"))

    assert first.rejected == []
    assert [(one.line, one.reason) for one in second.rejected] == [(5, "identifier already used by a line above")]
    assert set(second.copies) == set(COLUMNS)
    places = second.copies["linkage_act"].count(struct.pack(">q", 3))
    assert places == 1
