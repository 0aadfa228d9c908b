"""Mail is handed over at least once, and is one mail to who receives it: messaging is killed after the server has taken a
mail, before it said so.
"""

from __future__ import annotations

import asyncio

import pytest
from aiosmtpd.smtp import Envelope

from tests.flows.conversing import Talk
from tests.outside import Postbox

from . import accounts
from .ground import Ground, until
from .outlets import news, reached

pytestmark = [pytest.mark.long, pytest.mark.timeout(900), pytest.mark.usefixtures("whole")]
LEASE = 300.0
"""Seconds for which a mail that a process took up is left to it."""


class Hesitant(Postbox):
    """Takes a mail, and does not say so until `let_go`."""

    let_go = False

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        """Takes one mail."""
        answer = await super().handle_DATA(server, session, envelope)
        while not self.let_go:
            await asyncio.sleep(0.05)
        return answer


def test_a_mail_that_was_taken_as_messaging_died_comes_again_as_the_same_mail(
    ground: Ground, talk: Talk, postbox: Postbox
) -> None:
    gp, nurse = talk.who("gp"), talk.who("nurse")
    address = reached(nurse, postbox, [])
    direct = talk.thread(gp, "direct", professional_ids=[nurse.uid])
    before = len(news(postbox, address))
    postbox.down()
    hesitant = Hesitant(postbox.port)
    hesitant.up()
    try:
        talk.post(gp, direct, "Appelez-moi.")
        until(lambda: news(hesitant, address), 30, "the server has the mail")
        ground.back(ground.kill(*ground.replicas("messaging")), within=60)
    finally:
        hesitant.let_go = True
        hesitant.down()
        postbox.up()

    took = until(lambda: len(news(postbox, address)) > before, LEASE + 60, "the mail comes again")
    print(f"the mail came again {took:.0f} s after the server's return")

    assert news(postbox, address)[before:] == news(hesitant, address)
    query = "select state from mail where person_id = $1::uuid order by made_at desc limit 1"
    until(
        lambda: accounts.rows(talk.stage.stack, "messaging", query, nurse.uid)[0]["state"] == "SENT",
        10,
        "it is noted as sent",
    )
