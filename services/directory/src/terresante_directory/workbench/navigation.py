"""Where one can go from everywhere: pages by section, and which of them the present page belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Link:
    """A page that is always reachable. `here`: the present page is it, or below it."""

    href: str
    label: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Links that belong together; its own address is its first link's."""

    label: str
    links: tuple[Link, ...]

    @property
    def here(self) -> bool:
        """Whether the present page is in it."""
        return any(link.here for link in self.links)


ADMINISTRATOR = (
    Section("Accueil", (Link("/", "Accueil"),)),
    Section(
        "Répertoire",
        (
            Link("/structures", "Structures"),
            Link("/arbre", "Arbre"),
            Link("/offres", "Offres"),
            Link("/carte", "Carte"),
            Link("/recherche", "Recherche"),
        ),
    ),
    Section(
        "Personnes",
        (
            Link("/professionnels", "Professionnels"),
            Link("/comptes", "Comptes"),
            Link("/administrateurs", "Administrateurs"),
            Link("/referents", "Référents"),
        ),
    ),
    Section(
        "Changements",
        (
            Link("/demandes", "Demandes"),
            Link("/imports", "Imports"),
            Link("/ecarts", "Écarts"),
            Link("/operations", "Opérations"),
            Link("/historique", "Historique"),
        ),
    ),
    Section("Suivi", (Link("/indicateurs", "Indicateurs"), Link("/systemes", "Systèmes"))),
)
COMING = (Section("Mon inscription", (Link("/mon-inscription", "Mon inscription"),)),)
CORRESPONDENT = (
    Section("Ma structure", (Link("/ma-structure", "Ma structure"),)),
    Section("Mes demandes", (Link("/mes-demandes", "Mes demandes"),)),
)
HOME = (Section("Accueil", (Link("/", "Accueil"),)),)


class Person(Protocol):
    """Who looks: a `Visit`."""

    @property
    def kind(self) -> str:
        """Of account."""

    @property
    def enrolled(self) -> bool:
        """Whether a professional's enrolment is complete."""

    @property
    def structures(self) -> Sequence[object]:
        """Those that a professional speaks for."""


def offered(person: Person) -> tuple[Section, ...]:
    """What there is for them."""
    if person.kind == "administrator":
        return ADMINISTRATOR
    if not person.enrolled:
        return COMING
    return (*HOME, *(CORRESPONDENT if person.structures else ()))


def sections(path: str, person: Person) -> list[Section]:
    """The sections as the page at `path` shows them."""
    all = offered(person)
    found = _of(path, all)
    return [
        Section(one.label, tuple(Link(link.href, link.label, link.href == found) for link in one.links)) for one in all
    ]


def _of(path: str, offered: Sequence[Section]) -> str:
    """The link that the path is at or below; the longest one counts."""
    hrefs = [link.href for section in offered for link in section.links]
    above = [href for href in hrefs if path == href or (href != "/" and path.startswith(f"{href}/"))]
    return max(above, key=len, default="")
