"""Makes professionals and their places of practice over ten years."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import NamedTuple

from terresante_dev.personas.names import FAMILY, MEN, WOMEN
from terresante_dev.territory_work import numbers, words
from terresante_dev.territory_work.model import Place, Professional, Site
from terresante_dev.territory_work.structures import PAST, Structures

WRONG_KEY = 0.01
LASTING = 0.72
"""Share of places that still last."""


def professionals(wanted: int, chance: Random) -> list[tuple[Professional, words.Trade]]:
    """That many, with their trade."""
    shares = [trade.weight for trade in words.TRADES]
    trades = chance.choices(words.TRADES, shares, k=wanted)
    return [(_professional(number, trade, chance), trade) for number, trade in enumerate(trades)]


def places(
    people: Sequence[tuple[Professional, words.Trade]], made: Structures, day: date, chance: Random
) -> Iterator[Place]:
    """One to three places each."""
    employers = _Employers(made)
    for professional, trade in people:
        (several,) = chance.choices((1, 2, 3), (70, 22, 8))
        sites: set[str] = set()
        for _ in range(several):
            mode = "L" if chance.random() < trade.town else "S"
            site = employers.one(trade, mode, chance)
            if site.key not in sites:
                sites.add(site.key)
                yield _place(_Hired(professional, trade, mode, site), day, chance)


def _professional(number: int, trade: words.Trade, chance: Random) -> Professional:
    woman = chance.random() < 0.68
    family = chance.choice(FAMILY)
    if chance.random() < 0.35:
        family = f"{family}-{chance.choice(FAMILY)}"
    rpps = "" if trade.code.startswith("NPS") else numbers.rpps(number)
    if rpps and chance.random() < WRONG_KEY:
        rpps = numbers.mistyped(rpps, chance)
    return Professional(
        f"PS-{number:06}",
        rpps,
        "MME" if woman else "M",
        family,
        chance.choice(WOMEN if woman else MEN),
        trade.code,
        chance.choice(trade.skills) if trade.skills else "",
    )


class _Hired(NamedTuple):
    professional: Professional
    trade: words.Trade
    mode: str
    site: Site


def _place(hired: _Hired, day: date, chance: Random) -> Place:
    site, roles = hired.site, hired.trade.roles
    since = max(day - chance.random() * PAST, site.opened)
    until: date | None = None
    if chance.random() > LASTING:
        until = since + chance.random() * (day - since) + timedelta(days=1)
    if site.closed is not None:
        since = min(since, site.closed - timedelta(days=1))
        until = min(until or site.closed, site.closed)
    role = roles[0] if hired.mode == "L" or chance.random() < 0.85 else chance.choice(roles)
    return Place(hired.professional.key, site.key, role, hired.mode, since, until)


@dataclass(frozen=True)
class _Pool:
    """Sites to draw from, by how many people practise in each."""

    sites: list[Site]
    sums: list[int]

    def one(self, chance: Random) -> Site:
        return chance.choices(self.sites, cum_weights=self.sums)[0]


class _Employers:
    """Where a trade is practised: nurses with nurses in town, pharmacists in pharmacies, and so on."""

    def __init__(self, made: Structures) -> None:
        self._made = made

    def one(self, trade: words.Trade, mode: str, chance: Random) -> Site:
        if trade.code == "21" and (mode == "L" or chance.random() < 0.6):
            return self._pharmacies.one(chance)
        if mode == "S":
            return self._employing.one(chance)
        return {"60": self._nursing, "70": self._physio}.get(trade.code, self._general).one(chance)

    @cached_property
    def _pharmacies(self) -> _Pool:
        return self._where(lambda kind: kind.sector == "SA33")

    @cached_property
    def _employing(self) -> _Pool:
        return self._where(lambda kind: kind.sector not in words.PRACTICES and kind.sector != "SA33")

    @cached_property
    def _nursing(self) -> _Pool:
        return self._where(lambda kind: kind.sector in words.PRACTICES and "nursing" in kind.offers)

    @cached_property
    def _physio(self) -> _Pool:
        return self._where(lambda kind: kind.sector in words.PRACTICES and "physio" in kind.offers)

    @cached_property
    def _general(self) -> _Pool:
        return self._where(lambda kind: kind.sector in words.PRACTICES and "gp" in kind.offers)

    def _where(self, holds: Callable[[words.Kind], bool]) -> _Pool:
        """All sites when none is of that kind: so small a directory has a hospital for everything."""
        found = [site for site in self._made.sites if holds(self._made.kinds[site.key])] or self._made.sites
        return _Pool(found, list(accumulate(self._made.kinds[site.key].crowd for site in found)))
