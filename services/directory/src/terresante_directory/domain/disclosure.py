"""Who may know which contacts, and see which offers: R-ROR1, R-ROR2, R-ROR3 of domain §3.3."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.telecoms import Telecom

OPEN_TO_ALL = 1


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a kind of caller, and the territories that they administer."""

    kind: str
    territories: frozenset[TerritoryCode] = frozenset()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The grid of the data file. `levels`: up to which level each kind of caller is told; others up to 1.

    `at_home`: up to which administrators are told in their own territories. `sensitive`: who see sensitive offers.
    """

    levels: Mapping[str, int]
    at_home: int
    sensitive: frozenset[str]

    def level(self, reader: Reader, territory: str) -> int:
        """The highest level of confidentiality that they are told of something in that territory."""
        if territory in reader.territories:
            return self.at_home
        return self.levels.get(reader.kind, OPEN_TO_ALL)

    def contacts(self, telecoms: Iterable[Telecom], reader: Reader, territory: str) -> tuple[Telecom, ...]:
        """R-ROR1: those that the reader may know, before anything is returned."""
        most = self.level(reader, territory)
        return tuple(one for one in telecoms if one.confidentiality <= most)

    def sees_sensitive(self, reader: Reader) -> bool:
        """R-ROR2: whether offers of sensitive units are shown to them at all."""
        return reader.kind in self.sensitive


def is_shown(closed: bool, structure_closed: bool, with_closed: bool) -> bool:
    """R-ROR3: an offer that is closed, or whose structure is, is returned only if asked for."""
    return with_closed or not (closed or structure_closed)
