"""Who asks without a login: where from, and how many of them are served, by each address and by all together.

The address itself goes nowhere: what is told and counted is a keyed mark, which only tells one address from another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Literal

from terresante_platform.refusals import TooMany

Network = IPv4Network | IPv6Network
ProxyHeader = Literal["x-forwarded-for", "forwarded"]
SITE_BITS = 56
"""Of an IPv6 address, what a household or small site is given at most (RFC 6177); the rest it chooses at will."""
MOST_HOPS = 20
LONGEST_HOP = 64


class StrangersTooMany(TooMany):
    """More than is served without a login, from one address or from all."""

    reason = "RATE_LIMITED"


@dataclass(frozen=True, slots=True)
class Budget:
    """`burst` at once, then `per_hour` in the long run."""

    burst: int
    per_hour: int

    def left(self, had: float, seconds: float) -> float:
        """What there is to spend, when there was `had` so many seconds ago."""
        return min(float(self.burst), had + seconds * self.per_hour / 3600)

    def wait(self, left: float) -> int:
        """Whole seconds until one can be spent."""
        return int((1 - left) * 3600 / self.per_hour) + 1

    @property
    def seconds_to_full(self) -> float:
        """After which a budget that was spent whole is whole again."""
        return self.burst * 3600 / self.per_hour


class Strangers:
    """Marks and counts them. Who has not asked for so long that their budget is whole again is forgotten, and all
    together can begin only so many: that bounds how many addresses are ever kept.
    """

    def __init__(
        self,
        mark: Callable[[str], str],
        now: Callable[[], float],
        budgets: tuple[Budget, Budget],
        trusted: Sequence[Network] = (),
        header: ProxyHeader = "x-forwarded-for",
    ) -> None:
        """`mark`: what stands for an address, the same at every replica. `now`: seconds that never go back.
        `budgets`: of each address, of all together. `trusted`: proxies whose `header` is believed; without any, none.
        """
        self._mark = mark
        self._now = now
        self._each, self._together = budgets
        self._trusted = tuple(trusted)
        self._header = header.encode()
        self._left: dict[str, tuple[float, float]] = {}
        self._all = (float(self._together.burst), now())

    def admit(self, scope: Mapping[str, Any]) -> str:
        """The mark of whoever asks, after one more was counted. Refuses with RATE_LIMITED, which costs nothing.

        `scope`: the request's, as ASGI tells it.
        """
        now = self._now()
        self._forget(now)
        mark = self._mark(site_of(self._client(scope)))
        had, since = self._left.get(mark, (float(self._each.burst), now))
        own, all_of_them = self._each.left(had, now - since), self._together.left(self._all[0], now - self._all[1])
        for budget, left in ((self._each, own), (self._together, all_of_them)):
            if left < 1:
                raise _too_many(budget.wait(left))
        self._left.pop(mark, None)  # the last one asked stands last
        self._left[mark] = (own - 1, now)
        self._all = (all_of_them - 1, now)
        return mark

    def __len__(self) -> int:
        return len(self._left)

    def _forget(self, now: float) -> None:
        while self._left:
            mark, (_, since) = next(iter(self._left.items()))
            if now - since < self._each.seconds_to_full:
                return
            del self._left[mark]

    def _client(self, scope: Mapping[str, Any]) -> str:
        """The peer's address; behind trusted proxies, the nearest one that is none of them."""
        peer = str((scope.get("client") or ("",))[0])
        if not self._is_trusted(peer):
            return peer
        told = b",".join(value for name, value in scope["headers"] if name == self._header)
        for hop in reversed(told.decode("latin-1").split(",")[-MOST_HOPS:]):
            address = _hop_address(hop, self._header == b"forwarded")
            if not address:
                return peer  # nobody else's word is worth anything behind what cannot be read
            peer = address
            if not self._is_trusted(peer):
                return peer
        return peer

    def _is_trusted(self, address: str) -> bool:
        try:
            found = _plain(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


def site_of(address: str) -> str:
    """What stands for an address: itself, or the network of its site; blank for what is none."""
    try:
        found = _plain(address)
    except ValueError:
        return ""
    return str(IPv6Network((found, SITE_BITS), strict=False)) if isinstance(found, IPv6Address) else str(found)


def _plain(address: str) -> object:
    found = ip_address(address.partition("%")[0])
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _hop_address(hop: str, rfc_7239: bool) -> str:
    """The address that a hop names, without its port; blank if it cannot be read."""
    text = hop.strip()[: LONGEST_HOP * 4]
    if rfc_7239:
        pairs = dict(pair.strip().partition("=")[::2] for pair in text.split(";"))
        text = next((value for name, value in pairs.items() if name.lower() == "for"), "").strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text)) if len(text) <= LONGEST_HOP else ""
    except ValueError:
        return ""


def _too_many(seconds: int) -> StrangersTooMany:
    return StrangersTooMany(
        "Trop de demandes en peu de temps.", f"Recommencez dans {seconds} secondes.", retry_after=str(seconds)
    )
