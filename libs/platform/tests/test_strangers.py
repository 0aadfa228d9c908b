"""Who asks without a login: told apart by address, counted by address and together, in bounded memory."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_platform.strangers import Budget, ProxyHeader, Strangers, StrangersTooMany, site_of

PER_ADDRESS, FOR_ALL = Budget(5, 10), Budget(200, 1000)
PROXIES = ["10.0.0.0/8", "fd00::/8"]


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def signed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def scope(peer: str, *headers: tuple[str, str]) -> dict[str, Any]:
    """A request as ASGI tells it."""
    return {"client": (peer, 40_000), "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers]}


def strangers(clock: Clock, trusted: Sequence[str] = (), header: ProxyHeader = "x-forwarded-for") -> Strangers:
    return Strangers(signed, clock, (PER_ADDRESS, FOR_ALL), [ip_network(one) for one in trusted], header)


def mark(address: str) -> str:
    return signed(site_of(address))


def spend(asked: Strangers, peer: str, times: int) -> None:
    for _ in range(times):
        asked.admit(scope(peer))


def test_an_address_is_served_so_many_times_then_after_a_while_again() -> None:
    clock = Clock()
    asked = strangers(clock)
    spend(asked, "192.0.2.1", PER_ADDRESS.burst)

    with pytest.raises(StrangersTooMany) as refused:
        asked.admit(scope("192.0.2.1"))
    assert refused.value.reason == "RATE_LIMITED"
    wait = int(refused.value.details["retry_after"])
    assert 0 < wait <= 3600 / PER_ADDRESS.per_hour + 1

    asked.admit(scope("192.0.2.2"))
    clock.seconds += wait
    asked.admit(scope("192.0.2.1"))
    with pytest.raises(StrangersTooMany):
        asked.admit(scope("192.0.2.1"))


def test_being_refused_costs_nothing() -> None:
    clock = Clock()
    asked = strangers(clock)
    spend(asked, "192.0.2.1", PER_ADDRESS.burst)
    for _ in range(1_000):
        with pytest.raises(StrangersTooMany):
            asked.admit(scope("192.0.2.1"))

    clock.seconds += 3600 / PER_ADDRESS.per_hour + 1
    asked.admit(scope("192.0.2.1"))


def test_all_addresses_together_are_served_so_many_times() -> None:
    asked = strangers(Clock())
    for number in range(FOR_ALL.burst):
        asked.admit(scope(f"198.51.{number // 250}.{number % 250}"))

    with pytest.raises(StrangersTooMany):
        asked.admit(scope("203.0.113.9"))


def test_a_flood_from_many_addresses_is_kept_in_little_memory() -> None:
    clock = Clock()
    asked = strangers(clock)
    most = 0
    for number in range(30_000):
        clock.seconds += 0.5
        with suppress(StrangersTooMany):
            asked.admit(scope(f"{number % 200 + 1}.{number // 200}.0.7"))
        most = max(most, len(asked))

    assert most <= FOR_ALL.burst + FOR_ALL.per_hour * PER_ADDRESS.seconds_to_full / 3600


def test_who_is_forgotten_had_a_whole_budget_anyway() -> None:
    clock = Clock()
    asked = strangers(clock)
    spend(asked, "192.0.2.1", PER_ADDRESS.burst)
    clock.seconds += PER_ADDRESS.seconds_to_full
    asked.admit(scope("192.0.2.2"))

    assert len(asked) == 1
    spend(asked, "192.0.2.1", PER_ADDRESS.burst)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:ff::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:102::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::1", True),
    ],
)
def test_addresses_of_one_site_are_one(one: str, other: str, same: bool) -> None:
    assert (site_of(one) == site_of(other)) is same


def test_what_is_told_is_the_mark_alone() -> None:
    told = strangers(Clock()).admit(scope("192.0.2.1"))

    assert told == strangers(Clock()).admit(scope("192.0.2.1"))
    assert "192" not in told


FORWARDED = "x-forwarded-for"


@pytest.mark.parametrize(
    ("trusted", "header", "peer", "headers", "client"),
    [
        ([], FORWARDED, "192.0.2.1", [(FORWARDED, "203.0.113.5")], "192.0.2.1"),
        (PROXIES, FORWARDED, "192.0.2.1", [(FORWARDED, "203.0.113.5")], "192.0.2.1"),
        (PROXIES, FORWARDED, "10.0.0.1", [], "10.0.0.1"),
        (PROXIES, FORWARDED, "10.0.0.1", [(FORWARDED, "203.0.113.5")], "203.0.113.5"),
        (PROXIES, FORWARDED, "10.0.0.1", [(FORWARDED, "203.0.113.5:4711")], "203.0.113.5"),
        (PROXIES, FORWARDED, "10.0.0.1", [(FORWARDED, "198.51.100.1, 203.0.113.5")], "203.0.113.5"),
        (PROXIES, FORWARDED, "10.0.0.1", [(FORWARDED, "203.0.113.5, 10.9.9.9")], "203.0.113.5"),
        (PROXIES, FORWARDED, "10.0.0.1", [(FORWARDED, "198.51.100.1"), (FORWARDED, "203.0.113.5")], "203.0.113.5"),
        (PROXIES, FORWARDED, "10.0.0.1", [(FORWARDED, "203.0.113.5, unknown")], "10.0.0.1"),
        (PROXIES, FORWARDED, "10.0.0.1", [(FORWARDED, "203.0.113.5, junk, 10.9.9.9")], "10.9.9.9"),
        (PROXIES, FORWARDED, "10.0.0.1", [("forwarded", "for=203.0.113.5")], "10.0.0.1"),
        (PROXIES, FORWARDED, "fd00::1", [(FORWARDED, "[2001:db8::7]:443")], "2001:db8::7"),
        (PROXIES, FORWARDED, "::ffff:10.0.0.1", [(FORWARDED, "203.0.113.5")], "203.0.113.5"),
        (PROXIES, "forwarded", "10.0.0.1", [("forwarded", 'for="[2001:db8::7]:443";proto=https')], "2001:db8::7"),
        (PROXIES, "forwarded", "10.0.0.1", [("forwarded", "For=198.51.100.1, by=x;for=203.0.113.5")], "203.0.113.5"),
        (PROXIES, "forwarded", "10.0.0.1", [("forwarded", 'for="_hidden"')], "10.0.0.1"),
        (PROXIES, "forwarded", "10.0.0.1", [(FORWARDED, "203.0.113.5")], "10.0.0.1"),
    ],
)
def test_the_client_is_who_connects_unless_trusted_proxies_say_otherwise(
    trusted: list[str], header: Any, peer: str, headers: list[tuple[str, str]], client: str
) -> None:
    assert strangers(Clock(), trusted, header).admit(scope(peer, *headers)) == mark(client)


@given(st.text(st.characters(max_codepoint=255), max_size=300), st.sampled_from([FORWARDED, "forwarded"]))
def test_no_header_is_too_odd_to_be_read(told: str, header: Any) -> None:
    assert strangers(Clock(), PROXIES, header).admit(scope("10.0.0.1", (header, told)))


@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_what_a_client_writes_itself_never_chooses_its_budget(lie: str) -> None:
    lies = [(FORWARDED, lie), (FORWARDED, "203.0.113.5")]

    assert strangers(Clock(), PROXIES).admit(scope("10.0.0.1", *lies)) == mark("203.0.113.5")
