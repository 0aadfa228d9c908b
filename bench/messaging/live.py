"""A message posted on one replica, told on open streams of another."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bench.messaging import bare, bare_sse, ids
from bench.messaging.ground import Ground
from bench.messaging.hearing import Heard, streams
from bench.messaging.measuring import Line, at_rest, counted, given_time, p50_p99, quantile
from bench.messaging.posting import Poster, Posts

RATES, SECONDS, SETTLING = (20.0, 50.0, 100.0), 20.0, 3.0
ON_B, ON_A = 1_000, 200
"""Open streams on the replica that nothing is posted on, and on the other."""
WAITS = 15.0
"""Seconds after a load in which what was posted must have come."""


async def measured(ground: Ground) -> AsyncIterator[Line]:
    """At three rates, the last one that of the budget, with the yardsticks around them."""
    yield await bare.nats_hint(ground, RATES[-1], 10)
    yield await bare.grpc_streams(ON_B, RATES[-1], 10)
    yield await bare_sse.sse_streams(ON_B, RATES[-1], 10)
    people = [ids.professional(number) for number in range(ids.PROFESSIONALS)]
    async with (
        streams(ground, "messaging-2", people[:ON_B]) as on_b,
        streams(ground, "messaging", people[:ON_A]),
        ground.channel("messaging") as channel,
    ):
        poster = Poster(ground, channel, _whom)
        await poster.post(RATES[0], SETTLING)
        yield await at_rest(ground, f"live, {ON_B + ON_A:,} streams")
        for rate in RATES:
            on_b.posted.clear()
            with counted(ground) as cost:
                posts = await poster.post(rate, SECONDS)
                await _all_came(on_b, posts)
            yield Line(
                f"live: posts acknowledged, {rate:g}/s on replica A", f"{p50_p99(posts.waited)}  {_failed(posts)}"
            )
            lags = [came.at - posts.sent_at[came.thread, came.place] for came in on_b.posted
                    if (came.thread, came.place) in posts.sent_at]  # fmt: skip
            told = f"{p50_p99(lags)}  {cost.each(len(posts.sent_at))}"
            name = f"live: stamped before commit to each of its readers' streams on B, {rate:g}/s"
            last = rate == RATES[-1]
            yield Line(name, told, 1000 * quantile(lags, 0.99), 150 if last else None)
            if last:
                yield Line("live: the same at the median", f"{1000 * quantile(lags, 0.5):.1f} ms",
                           1000 * quantile(lags, 0.5), 40)  # fmt: skip
            expected = ids.MEMBERS * len(posts.sent_at)
            yield Line("live: events that came on B, of those that were to come", f"{len(lags)} of {expected}")


def _whom(number: int) -> tuple[int, int]:
    patient = number * 7 % ids.PATIENTS
    return patient, ids.circle_of(patient)[number % ids.MEMBERS]


async def _all_came(heard: Heard, posts: Posts) -> None:
    def all_came() -> bool:
        came = sum((one.thread, one.place) in posts.sent_at for one in heard.posted)
        return came >= ids.MEMBERS * len(posts.sent_at)

    await given_time(all_came, WAITS)


def _failed(posts: Posts) -> str:
    refused = ", ".join(f"{count} {name}" for name, count in posts.refused.items())
    return f"{len(posts.sent_at)} posted" + (f", not: {refused}" if refused else "")
