"""Makes a whole directory of any size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice
from random import Random

from terresante_dev.region.luck import luck
from terresante_dev.territory_work import ground, words
from terresante_dev.territory_work.model import Directory, Offer
from terresante_dev.territory_work.people import places, professionals
from terresante_dev.territory_work.structures import PAST, Structures, structures


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each. `structures`: EJ, EG and OI together, two at least."""

    structures: int = 20_000
    professionals: int = 150_000
    offers: int = 15_000
    territories: int = 22


def directory(size: Size, seed: int, day: date) -> Directory:
    """The same arguments give the same directory. Raises ValueError for fewer than two structures."""
    if size.structures < 2:
        raise ValueError("at least two structures are expected: a legal entity and its site")
    territories = ground.territories(size.territories)
    made = structures(size.structures, territories, day, luck(seed, "structures"))
    people = professionals(size.professionals, luck(seed, "professionals"))
    return Directory(
        day,
        territories,
        tuple(made.entities),
        tuple(made.sites),
        tuple(made.organisations),
        tuple(islice(_offers(made, day, luck(seed, "offers")), size.offers)),
        tuple(professional for professional, _ in people),
        tuple(places(people, made, day, luck(seed, "places"))),
    )


def _offers(made: Structures, day: date, chance: Random) -> Iterator[Offer]:
    """Without end: what each site offers, then the same again under another number."""
    inside: dict[str, list[str]] = defaultdict(list)
    for organisation in made.organisations:
        inside[organisation.site].append(organisation.key)
    owned = [(site, made.kinds[site.key]) for site in made.sites if made.kinds[site.key].offers] or [
        (site, words.KINDS[0]) for site in made.sites
    ]
    chance.shuffle(owned)
    number = 0
    for turn, (site, kind) in enumerate(cycle(owned)):
        for offered in (one for key in kind.offers for one in words.OFFERS[key]):
            again = f" n° {turn // len(owned) + 1}" if turn >= len(owned) else ""
            opened = max(site.opened, day - chance.random() * PAST)
            closed = site.closed
            if closed is None and chance.random() < 0.04:
                closed = opened + chance.random() * (day - opened)
            yield Offer(
                f"OS-{number:06}",
                chance.choice(inside[site.key]) if inside[site.key] else site.key,
                f"{offered.name}{again}",
                offered.field,
                offered.type,
                offered.activity,
                offered.care_mode,
                offered.ages[0],
                offered.ages[1],
                site.phone,
                chance.choices(("1", "2", "3"), (80, 15, 5))[0],
                max(1, round(offered.beds * chance.uniform(0.5, 1.5))) if offered.beds else None,
                offered.sensitive,
                min(opened, closed) if closed else opened,
                closed,
                chance.choice(("DEF", "DEF", "PRO")) if closed else "",
                day - chance.random() * PAST / 10,
            )
            number += 1
