"""The regional digital services (ENRS), and to whom each is open."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DigitalService:
    """As `DigitalService` of the contract. `callers`: kinds of people. `professions`: codes; empty means all."""

    code: str
    name: str
    description: str
    entry_point: str
    client_id: str
    callers: frozenset[str]
    professions: frozenset[str]

    def is_open_to(self, kind: str, profession: str) -> bool:
        """`profession`: of a professional, blank for others."""
        fits = kind != "professional" or not self.professions or profession in self.professions
        return kind in self.callers and fits
