"""Where webhooks may go: public addresses, found anew at each try; never what stands beside us.

A name is resolved here, each of its addresses is looked at, and the connection goes to the very address that was
looked at: a name that answers otherwise the next time gains nothing.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from terresante_messaging.domain.webhooks import UrlForbidden, UrlInvalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""The addresses of a name. Raises OSError if it has none."""

LONGEST_URL = 2_048
_PORTS = {"https": 443, "http": 80}
_FIRST_FREE_PORT = 1_024
_WRITTEN = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without space and backslash: readers of addresses disagree about all else."""
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*\.?")
_NAT64 = IPv6Network("64:ff9b::/96")
"""Carries an IPv4 address in its last 32 bits, where a gateway translates (RFC 6052)."""
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_APART: tuple[Network, ...] = (
    IPv6Network("2002::/16"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.0.0.0/24"),
)
"""Of the IANA's special-purpose registries, what Python's own tables leave out, or not in every version: 6to4 and its
relays, IETF protocol assignments (Teredo and others), documentation (RFC 9637)."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address as it is written, taken apart."""

    scheme: str
    host: str
    """Name or address, without brackets."""
    port: int
    path: str
    """With the query."""

    @property
    def authority(self) -> str:
        """Host and port as HTTP's Host says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def target(url: str) -> Target:
    """Refuses with URL_INVALID what is not an http(s) address of at most 2,048 printable ASCII characters without
    user, password or fragment; with URL_FORBIDDEN a port of another service: below 1024, but 443 and 80 in clear."""
    if len(url) > LONGEST_URL or not _WRITTEN.fullmatch(url):
        raise _invalid()
    parts, port = _split(url)
    if parts.scheme not in _PORTS or parts.fragment or "#" in url or "@" in parts.netloc or not _host(parts.hostname):
        raise _invalid()
    if port is None:
        port = _PORTS[parts.scheme]
    if port != _PORTS[parts.scheme] and port < _FIRST_FREE_PORT:
        raise forbidden()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname or "", port, path)


def is_public(address: Address) -> bool:
    """Whether it is reached over the Internet, and nothing else is reached by it."""
    plain = _plain(address)
    if isinstance(plain, IPv6Address) and plain not in _GLOBAL_UNICAST:
        return False
    if _within(plain, _APART):
        return False
    return plain.is_global and not (plain.is_multicast or plain.is_reserved or plain.is_unspecified)


class Guard:
    """Says to which addresses a webhook may connect."""

    def __init__(self, networks: Iterable[str], resolve: Resolve) -> None:
        """`networks`: CIDR of what may be reached although it is private. Raises ValueError for what is none."""
        self._networks: list[Network] = [ip_network(network) for network in networks]
        self._resolve = resolve

    async def addresses(self, target: Target) -> Sequence[Address]:
        """Where to connect, all of them allowed. Refuses with URL_FORBIDDEN; raises OSError for a name without any.

        One address that is not allowed is enough to refuse the name. In clear only what the operator named is reached.
        """
        if target.scheme != "https" and not self._networks:
            raise forbidden()
        found = await self._found(target)
        for address in found:
            if not self._named(address) and (target.scheme != "https" or not is_public(address)):
                raise forbidden()
        return found

    async def _found(self, target: Target) -> Sequence[Address]:
        try:
            return [ip_address(target.host)]
        except ValueError:
            found = await self._resolve(target.host, target.port)
        if not found:
            raise OSError("a name without an address")
        return found

    def _named(self, address: Address) -> bool:
        return _within(_plain(address), self._networks)


class Resolver:
    """The machine's own resolver, on threads of its own: a name that is slow to resolve holds up nothing else."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="webhook-names")

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        """See `Resolve`."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _looked_up, host, port)
        return list(dict.fromkeys(found))


def _looked_up(host: str, port: int) -> list[Address]:
    return [ip_address(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def forbidden() -> UrlForbidden:
    """What to raise for an address that nothing is sent to."""
    return UrlForbidden(
        "Rien n’est envoyé à cette adresse : elle n’est pas publique, ou n’est pas en https.",
        "Donnez une adresse https joignable depuis Internet, sur le port 443 ou un port à partir de 1024.",
        field="url",
    )


def _invalid() -> UrlInvalid:
    return UrlInvalid(
        "Cette adresse n’est pas valable.",
        "Donnez une adresse https complète, sans nom d’utilisateur ni fragment, d’au plus 2 048 caractères ASCII.",
        field="url",
    )


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise _invalid() from None


def _host(host: str | None) -> bool:
    if not host:
        return False
    try:
        return "%" not in host and bool(ip_address(host))
    except ValueError:
        return bool(_NAME.fullmatch(host))


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address only stands for, else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
