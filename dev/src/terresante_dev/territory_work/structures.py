"""Makes legal entities, their sites and what these consist of inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random

from terresante_dev.territory_work import numbers, words
from terresante_dev.territory_work.ground import Ground, communes
from terresante_dev.territory_work.model import Address, InternalOrganisation, LegalEntity, Site, Territory

OLDEST_YEAR = 1970
WRONG_KEY = 0.005
CLOSED = 0.06
PAST = timedelta(days=3652)
"""Ten years: what ends, ends within them."""


@dataclass
class Structures:
    """`kinds`: what kind of site each site is."""

    entities: list[LegalEntity] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    organisations: list[InternalOrganisation] = field(default_factory=list)
    kinds: dict[str, words.Kind] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.entities) + len(self.sites) + len(self.organisations)


@dataclass(frozen=True)
class Plot:
    """A commune of a territory, to put structures on."""

    territory: str
    ground: Ground


def structures(wanted: int, territories: tuple[Territory, ...], day: date, chance: Random) -> Structures:
    """That many EJ, EG and OI together; communes are drawn by population. At least two: an entity and its site."""
    plots = [Plot(one.code, communes()[code]) for one in territories for code in one.communes]
    weights = [plot.ground.population for plot in plots]
    shares = [kind.weight for kind in words.KINDS]
    made, serial = Structures(), count()
    while len(made) < wanted:
        if len(made) == wanted - 1:
            _one_more(made)
            continue
        (plot,) = chance.choices(plots, weights)
        (kind,) = chance.choices(words.KINDS, shares)
        _add(made, plot, _Draw(chance, serial, day, kind, wanted))
    return made


@dataclass(frozen=True)
class _Draw:
    """Where what is made of one legal entity comes from. `wanted`: structures in all."""

    chance: Random
    serial: Iterator[int]
    day: date
    kind: words.Kind
    wanted: int

    def opened(self) -> date:
        return date(self.chance.randint(OLDEST_YEAR, self.day.year - 2), self.chance.randint(1, 12), 1)

    def closed(self, opened: date) -> date | None:
        if self.chance.random() > CLOSED:
            return None
        return max(self.day - self.chance.random() * PAST, opened + timedelta(days=30))

    def finess(self) -> str:
        number = numbers.finess(next(self.serial))
        return numbers.mistyped(number, self.chance) if self.chance.random() < WRONG_KEY else number

    def address(self, ground: Ground) -> Address:
        kind, street = self.chance.choice(words.STREETS)
        away = self.chance.uniform(-0.006, 0.006), self.chance.uniform(-0.004, 0.004)
        return Address(
            str(self.chance.randint(1, 180)),
            kind,
            street,
            ground.postal_code,
            ground.code,
            ground.town,
            round(ground.longitude + away[0], 5),
            round(ground.latitude + away[1], 5),
        )


def _add(made: Structures, plot: Plot, draw: _Draw) -> None:
    entity = _entity(len(made.entities), plot, draw)
    made.entities.append(entity)
    several = draw.kind.organisations
    for rank in range(draw.chance.choice((1, 2, 3)) if several > 1 else 1):
        if len(made) == draw.wanted:
            return
        site = _site(len(made.sites), rank, entity, draw)
        made.sites.append(site)
        made.kinds[site.key] = draw.kind
        inside = draw.chance.randint(several // 2, several * 3 // 2)
        made.organisations += _inside(len(made.organisations), min(inside, draw.wanted - len(made)), site)


def _one_more(made: Structures) -> None:
    """One internal organisation in the last site."""
    made.organisations += _inside(len(made.organisations), 1, made.sites[-1])


def _entity(number: int, plot: Plot, draw: _Draw) -> LegalEntity:
    kind, named = draw.kind, _named(draw.kind, plot.ground, draw.chance)
    opened = draw.opened()
    return LegalEntity(
        f"EJ-{number:06}",
        named if kind.crowd < 20 else f"Groupe {named[0].lower()}{named[1:]}",
        kind.legal_status,
        draw.finess() if kind.category else "",
        numbers.siren(number),
        plot.territory,
        draw.address(plot.ground),
        opened,
        draw.closed(opened),
    )


def _site(number: int, rank: int, entity: LegalEntity, draw: _Draw) -> Site:
    kind = draw.kind
    opened = max(entity.opened, draw.opened())
    ends = [day for day in (entity.closed, draw.closed(opened)) if day is not None]
    ground = communes()[entity.address.commune]
    return Site(
        f"EG-{number:06}",
        entity.key,
        entity.name if rank == 0 and kind.crowd < 20 else _named(kind, ground, draw.chance),
        kind.category,
        kind.sector,
        draw.finess() if kind.category else "",
        numbers.siret(entity.siren, rank + 1),
        entity.territory,
        entity.address if rank == 0 else draw.address(ground),
        f"019900{draw.chance.randint(0, 9999):04}",
        min(opened, *ends) if ends else opened,
        min(ends) if ends else None,
    )


def _named(kind: words.Kind, ground: Ground, chance: Random) -> str:
    return kind.named.format(
        town=ground.name, patron=chance.choice(words.PATRONS), grounds=chance.choice(words.GROUNDS)
    )


def _inside(first: int, wanted: int, site: Site) -> list[InternalOrganisation]:
    """Poles of services of units in a large site, elementary units in a small one."""
    made: list[InternalOrganisation] = []
    above = {"0": site.key}
    for rank in range(wanted):
        kind = "4" if wanted < 4 else "1" if rank % 7 == 0 else "2" if rank % 7 in (1, 4) else "3"
        parent = site.key if kind in "14" else above[str(int(kind) - 1)]
        key = f"OI-{first + rank:06}"
        above[kind] = key
        told = {"1": "Pôle", "2": "Service", "3": "Unité fonctionnelle", "4": "Unité"}[kind]
        made.append(InternalOrganisation(key, parent, site.key, f"{told} {rank + 1}", kind, site.opened, site.closed))
    return made
