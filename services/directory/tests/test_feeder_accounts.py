"""Accounts of feeders: Keycloak away, suspended at once, opened again; and a real certificate at a real Keycloak."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_dev import pki
from terresante_dev.login import TokenRefused
from terresante_dev.machine import machine_tokens
from terresante_directory.accounts import new_username
from terresante_directory.domain.accounts import ask_for_machine, suspend
from terresante_directory.domain.certificates import certificate_subject

from .desk import CallingAs, Desk, reason
from .in_memory import AccountsInMemory
from .real_keycloak import Realm

OPEN, SUSPENDED = pb.ACCOUNT_STATE_OPEN, pb.ACCOUNT_STATE_SUSPENDED


def user(keycloak: AccountsInMemory, feeder: pb.Feeder) -> Any:
    return keycloak.users[UUID(feeder.feeder_id)]


async def test_with_keycloak_away_the_feeder_waits_and_the_same_request_finishes_it(
    desk: Desk, keycloak: AccountsInMemory, consent_stub: Desk
) -> None:
    here = await desk.hospital()
    desk.sit(await desk.administrator("94-ouest"), key="k1")
    keycloak.away = True

    assert await reason(desk.feeder(here)) == "ACCOUNTS_UNAVAILABLE"
    (waiting,) = await desk.feeders()
    assert waiting.account_state == pb.ACCOUNT_STATE_PENDING

    keycloak.away = False
    assert (await desk.feeder(here)).account_state == OPEN
    assert user(keycloak, waiting).enabled


async def test_a_round_finishes_what_an_outage_left(desk: Desk, keycloak: AccountsInMemory) -> None:
    here = await desk.hospital()
    keycloak.away = True
    assert await reason(desk.feeder(here)) == "ACCOUNTS_UNAVAILABLE"
    keycloak.away = False

    assert await desk.settling.round() == 1

    (feeder,) = await desk.feeders()
    assert (feeder.account_state, feeder.version) == (OPEN, 2)
    assert user(keycloak, feeder).enabled


async def test_a_suspension_closes_it_in_both_places_at_once_and_a_reinstatement_opens_it(
    desk: Desk, keycloak: AccountsInMemory, consent_stub: Desk, calling_as: CallingAs
) -> None:
    here = await desk.hospital()
    me = await desk.administrator("94-ouest")
    feeder = await desk.feeder(here)
    desk.sit(me, logged_in_ago=3600)

    suspended = await desk.change_feeder(feeder, account_state=SUSPENDED)

    assert (suspended.account_state, suspended.version) == (SUSPENDED, feeder.version + 1)
    assert not user(keycloak, feeder).enabled
    assert user(keycloak, feeder).logouts == 1
    calling_as(None)
    assert [one.account_state for one in await consent_stub.feeders_told(feeder.feeder_id)] == [SUSPENDED]
    desk.sit(me)
    assert await desk.change_feeder(suspended, account_state=SUSPENDED) == suspended
    reinstated = await desk.change_feeder(suspended, account_state=OPEN, policy="auto")
    assert (reinstated.account_state, reinstated.policy) == (OPEN, "auto")
    assert reinstated.version == suspended.version + 1
    assert user(keycloak, feeder).enabled


async def test_a_suspension_stands_though_keycloak_is_away(desk: Desk, keycloak: AccountsInMemory) -> None:
    feeder = await desk.feeder(await desk.hospital())
    keycloak.away = True

    assert await reason(desk.change_feeder(feeder, account_state=SUSPENDED)) == "ACCOUNTS_UNAVAILABLE"
    (standing,) = await desk.feeders()
    assert standing.account_state == SUSPENDED

    keycloak.away = False
    assert await desk.settling.round() == 1
    assert not user(keycloak, feeder).enabled


async def test_a_suspension_in_the_middle_of_the_registration_wins(desk: Desk, keycloak: AccountsInMemory) -> None:
    here = await desk.hospital()
    keycloak.gate = asyncio.Event()
    registering = asyncio.create_task(desk.feeder(here))
    await asyncio.wait_for(keycloak.arrived.wait(), 5)
    (pending,) = await desk.feeders()

    suspended = await desk.change_feeder(pending, account_state=SUSPENDED)
    keycloak.gate.set()

    assert suspended.account_state == SUSPENDED
    assert (await registering).account_state == SUSPENDED
    assert not user(keycloak, pending).enabled
    assert await desk.settling.round() == 0


async def test_with_a_real_keycloak_the_certificate_gives_a_token_until_the_suspension(realm: Realm) -> None:
    accounts = realm.accounts()
    cards = realm.server.cards
    certificate = pki.issue_organisation(cards, "990000019", "Hôpital du Port", "dpi.port.example", name="dpi-port")
    account = ask_for_machine(uuid4(), certificate_subject(pki.subject_of(certificate)), new_username())
    issuer = realm.server.issuer("pro")

    await accounts.keep(account.login())
    given = machine_tokens(issuer, realm.ca_file, certificate.certificate, certificate.key)
    await accounts.shut(suspend(account).login())

    assert (given.claims["uid"], given.claims["kind"]) == (str(account.uid), "system")
    with pytest.raises(TokenRefused):
        machine_tokens(issuer, realm.ca_file, certificate.certificate, certificate.key)
    accounts.close()
