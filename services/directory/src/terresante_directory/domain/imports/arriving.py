"""How files may come in: so many at once, each at a pace, and whole."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from terresante_platform.refusals import Invalid, TooMany

from terresante_directory.domain.identifiers import TerritoryCode

WINDOW_SECONDS = 10.0
SLOWEST = 64 * 1024
"""Bytes in a window: what any line of a mobile network gives, and far more than who only holds a place sends."""
LONGEST_SECONDS = 3_600.0
STALLED_SECONDS = 30.0
"""After so long without any piece nothing comes any more."""
MOST_AT_ONCE = 4
MOST_PER_TERRITORY = 3
MOST_WAITING = 12


class FileCut(Invalid):
    reason = "FILE_CUT"


class FileTooSlow(Invalid):
    reason = "FILE_TOO_SLOW"


class ImportsBusy(TooMany):
    reason = "IMPORTS_BUSY"


@dataclass(slots=True)
class Pace:
    """Whether bytes come fast enough: time is bound by progress, not by the size of the file. Times in seconds."""

    began: float
    since: float
    bytes: int = 0

    @classmethod
    def beginning(cls, now: float) -> "Pace":
        """A file of which nothing has come yet."""
        return cls(now, now)

    def came(self, bytes: int, now: float) -> None:
        """Raises `FileTooSlow`."""
        self.bytes += bytes
        if now - self.began > LONGEST_SECONDS:
            raise too_slow()
        if now - self.since >= WINDOW_SECONDS:
            if self.bytes < SLOWEST:
                raise too_slow()
            self.since, self.bytes = now, 0


class Arrivals:
    """Files that come in at one process, by territory."""

    def __init__(self) -> None:
        self._all = 0
        self._by_territory = Counter[TerritoryCode]()

    @contextmanager
    def one_more(self, territories: Collection[TerritoryCode]) -> Iterator[None]:
        """While it comes. Raises `ImportsBusy`."""
        if self._all >= MOST_AT_ONCE:
            raise all_busy()
        if any(self._by_territory[code] >= MOST_PER_TERRITORY for code in territories):
            raise territory_busy()
        self._all += 1
        self._by_territory.update(territories)
        try:
            yield
        finally:
            self._all -= 1
            self._by_territory.subtract(territories)


def must_have_room(waiting: int, of_territory: int) -> None:
    """`waiting`: files that are to be read, everywhere and of the territory that has most. Raises `ImportsBusy`."""
    if of_territory >= MOST_PER_TERRITORY:
        raise territory_busy()
    if waiting >= MOST_WAITING:
        raise all_busy()


def cut() -> FileCut:
    return FileCut("Le fichier n’est pas arrivé en entier ; rien n’a été gardé.", "Envoyez-le de nouveau.")


def too_slow() -> FileTooSlow:
    return FileTooSlow(
        "Le fichier arrive trop lentement ; rien n’a été gardé.",
        "Vérifiez votre réseau, ou découpez le fichier, puis envoyez-le de nouveau.",
    )


def territory_busy() -> ImportsBusy:
    return ImportsBusy(
        f"{MOST_PER_TERRITORY} fichiers de ce territoire arrivent ou attendent déjà d’être lus.",
        "Attendez qu’ils soient lus (rubrique Imports), puis envoyez celui-ci.",
        retry_after="60",
    )


def all_busy() -> ImportsBusy:
    return ImportsBusy(
        "Beaucoup de fichiers arrivent ou attendent en ce moment.",
        "Recommencez dans quelques minutes : rien n’a été gardé de celui-ci.",
        retry_after="120",
    )
