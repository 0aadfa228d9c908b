"""Blocks of lines -> rows of the tables of a region, as COPY reads them: one person per line that can be read.

Each line costs a few microseconds: texts are looked up in what is known of them (`told`), everything else is done for
a whole block at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from terresante_platform.refusals import Refusal

from terresante_identity.cli.blocks import Block, lines, plain_rows
from terresante_identity.cli.reading import Rejected
from terresante_identity.cli.seen import Seen
from terresante_identity.cli.tables import Feed, Writing
from terresante_identity.cli.told import Remembered, Told
from terresante_identity.domain.sources import LONGEST_LOCAL_ID, require_local_id
from terresante_identity.matching.people import TRAITS


@dataclass(frozen=True, slots=True)
class Rows:
    """`copies`: of each table of `COLUMNS`, its rows in the binary format of COPY. `lines`: how many were read."""

    copies: dict[str, bytes] = field(repr=False)
    lines: int
    rejected: list[Rejected]


class Making:
    """Makes rows of blocks, in the order of the file. `width`: how many fields a line has; `places`: where it has the
    identifier, then each trait; `first_act`: place of the first line's act.
    """

    def __init__(self, feed: Feed, width: int, places: Sequence[Sequence[int]], first_act: int) -> None:
        self._width, self._places, self._first_act = width, places, first_act
        self._told = [Remembered(trait, feed.at.date()) for trait in TRAITS]
        self._seen = Seen()
        self._writing = Writing(feed)

    def rows(self, block: Block) -> Rows:
        """Each line becomes a person, or is rejected with its reason."""
        faults: dict[int, str] = {}
        numbers, cut = self._cut(block, faults)
        ids = [fields[self._places[0][0]].strip() for fields in cut]
        numbers, cut, ids = _kept(self._unusable(ids), faults, numbers, cut, ids)
        found = [
            [known[text] for text in _texts(cut, places, "-" if trait == "birth_date" else " ")]
            for trait, known, places in zip(TRAITS, self._told, self._places[1:], strict=True)
        ]
        numbers, ids, *found = _kept(_refused(ids, found), faults, numbers, ids, *found)
        texts = {line.number: line.text for line in lines(block)} if faults else {}
        rejected = [Rejected(number, faults[number], texts[number]) for number in sorted(faults)]
        if not ids:
            return Rows({}, block.count, rejected)
        acts = np.array(numbers, dtype=np.int64) + (self._first_act - 2)
        return Rows(self._writing.copies(ids, acts, found), block.count, rejected)

    def _cut(self, block: Block, faults: dict[int, str]) -> tuple[Sequence[int], Sequence[Sequence[str]]]:
        """Numbers and fields of the lines that have as many as the header."""
        rows = plain_rows(block, self._width)
        if rows is not None:
            return range(block.first, block.first + len(rows)), rows
        kept = []
        for line in lines(block):
            many = len(line.fields)
            fault = line.fault or (f"{many} fields where the header has {self._width}" if many != self._width else "")
            if fault:
                faults[line.number] = fault
            else:
                kept.append(line)
        return [line.number for line in kept], [line.fields for line in kept]

    def _unusable(self, ids: list[str]) -> dict[int, str]:
        """Of which rows there is no identifier, or one that a line above has."""
        wrong = {row: "identifier already used by a line above" for row in self._seen.again(ids)}
        if "" in ids:
            wrong |= {row: "no identifier" for row, id in enumerate(ids) if not id}
        return wrong


def _kept(wrong: dict[int, str], faults: dict[int, str], numbers: Sequence[int], *columns: Any) -> list[Any]:
    """The columns, numbers first, without the rows that are wrong; these are told in `faults` by their number."""
    if not wrong:
        return [numbers, *columns]
    faults.update({numbers[row]: reason for row, reason in wrong.items()})
    return [[one for row, one in enumerate(column) if row not in wrong] for column in (numbers, *columns)]


def _texts(cut: Sequence[Sequence[str]], places: Sequence[int], between: str) -> list[str]:
    if len(places) == 1:
        place = places[0]
        return [fields[place].strip() for fields in cut]
    return [between.join([part for place in places if (part := fields[place].strip())]) for fields in cut]


def _refused(ids: Sequence[str], found: Sequence[Sequence[Told]]) -> dict[int, str]:
    """The first refusal of each row that has one, as the service would tell it."""
    wrong: dict[int, str] = {}
    for column in reversed(found):
        refusals = [told.refused for told in column]
        if any(refusals):
            wrong |= {row: refusal for row, refusal in enumerate(refusals) if refusal}
    for row, id in enumerate(ids):
        if len(id) <= LONGEST_LOCAL_ID and id.isascii() and id.isalnum():
            continue
        try:
            require_local_id(id)
        except Refusal as refusal:
            wrong[row] = f"{refusal.reason}: {refusal.sentence}"
    return wrong
