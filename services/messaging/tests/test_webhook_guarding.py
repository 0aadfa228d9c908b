"""Where webhooks may go: what is refused, however it is written and whatever a name says."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from terresante_messaging.domain.webhooks import UrlForbidden, UrlInvalid
from terresante_messaging.webhooks.guarding import Address, Guard, Resolver, is_public, target

PUBLIC = ip_address("93.184.215.14")


class Names:
    """Answers with the next of its answers each time; with the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [ip_address(one) for one in answer]


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.3.4", "192.168.1.1", "127.0.0.1", "127.9.9.9", "0.0.0.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "192.88.99.1", "192.0.0.8", "192.0.0.170",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "100::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1", "2002:7f00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "3fff::1", "fec0::1", "5f00::1",
    ],
)  # fmt: skip
def test_what_is_not_reached_over_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_what_is_reached_over_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org", "//example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/",
        "https://", "https:///path", "https://user@example.org/", "https://user:word@example.org/",
        "https://example.org/#part", "https://example.org/#", "https://exa mple.org/", "https://example.org/\n",
        "https://example.org\\@127.0.0.1/", "https://example.org:99999/", "https://example.org:x/", "https://exämple.org/",
        "https://[::1/", "https://[fe80::1%25eth0]/", "https://a..b/", "https://" + "a" * 2_048 + ".org/",
        "https://-a.org/", "https://a.org:443@10.0.0.1/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_address_that_something_can_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(UrlInvalid) as refused:
        target(url)

    assert refused.value.reason == "URL_INVALID"
    assert len(url) < 8 or url not in refused.value.sentence + refused.value.todo


@pytest.mark.parametrize("port", [1, 22, 25, 80, 445, 1023])
def test_ports_of_other_services_are_refused(port: int) -> None:
    with pytest.raises(UrlForbidden) as refused:
        target(f"https://example.org:{port}/")

    assert refused.value.reason == "URL_FORBIDDEN"


def test_an_address_is_taken_apart_as_http_says_it() -> None:
    assert target("https://example.org").authority == "example.org"
    assert target("HTTPS://Example.ORG:8443/a?b=c").authority == "example.org:8443"
    assert target("https://example.org:8443/a?b=c").path == "/a?b=c"
    assert target("https://[2606:4700::1111]/").authority == "[2606:4700::1111]"


async def test_a_public_name_is_reached_by_the_addresses_that_were_looked_at() -> None:
    assert await Guard([], Names(["93.184.215.14"])).addresses(target("https://example.org/")) == [PUBLIC]


async def test_one_address_that_is_private_is_enough_to_refuse_a_name() -> None:
    guard = Guard([], Names(["93.184.215.14", "10.0.0.1"]))

    with pytest.raises(UrlForbidden):
        await guard.addresses(target("https://example.org/"))


async def test_a_name_is_looked_at_anew_each_time() -> None:
    guard = Guard([], Names(["93.184.215.14"], ["127.0.0.1"]))
    await guard.addresses(target("https://example.org/"))

    with pytest.raises(UrlForbidden):
        await guard.addresses(target("https://example.org/"))


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:7f00:1]/", "https://10.0.0.1/"]
)
async def test_an_address_in_place_of_a_name_is_looked_at_too(url: str) -> None:
    with pytest.raises(UrlForbidden):
        await Guard([], Names([])).addresses(target(url))


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
async def test_other_ways_to_write_this_machine_are_resolved_as_a_connection_would(host: str) -> None:
    with pytest.raises((UrlForbidden, OSError)):
        await Guard([], Resolver(1)).addresses(target(f"https://{host}/"))


async def test_in_clear_nothing_is_sent_over_the_internet() -> None:
    with pytest.raises(UrlForbidden):
        await Guard([], Names(["93.184.215.14"])).addresses(target("http://example.org/"))


async def test_in_clear_is_refused_before_a_name_is_looked_up_where_no_network_is_named() -> None:
    with pytest.raises(UrlForbidden):
        await Guard([], Names([])).addresses(target("http://example.org/"))


async def test_what_the_operator_named_is_reached_also_in_clear() -> None:
    guard = Guard(["127.0.0.0/8", "fd00::/8"], Names(["127.0.0.1", "fd00::2"]))

    assert len(await guard.addresses(target("http://receiver.internal:8080/"))) == 2
    assert len(await guard.addresses(target("https://receiver.internal/"))) == 2
    with pytest.raises(UrlForbidden):
        await Guard(["127.0.0.0/8"], Names(["127.0.0.1", "10.0.0.1"])).addresses(target("https://receiver.internal/"))


async def test_a_name_without_an_address_is_an_outage_not_a_refusal() -> None:
    with pytest.raises(OSError, match="without an address"):
        await Guard([], Names([])).addresses(target("https://example.org/"))
