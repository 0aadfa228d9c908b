"""Administrators register and change the systems that feed identities; consent reads what they may do."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import events, wire
from terresante_directory.accounts import new_username
from terresante_directory.domain.accounts import Account, State, ask_for_machine, reopen, suspend
from terresante_directory.domain.certificates import certificate_subject
from terresante_directory.domain.feeders import FeederId, changed, known_policy, register_feeder
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.versions import must_be_current
from terresante_directory.domain.words import search_column
from terresante_directory.rpc.accounts import FRESH_SECONDS
from terresante_directory.settling import Settling, keep_feeder
from terresante_directory.store import accounts, administrators, feeders, structures


class FeederCalls:
    """See the module."""

    _database: Database
    _settling: Settling
    _now: Callable[[], datetime]

    @allow("administrator", fresh=FRESH_SECONDS)
    async def RegisterFeeder(self, request: pb.RegisterFeederRequest, _: Any) -> pb.RegisterFeederResponse:
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.RegisterFeederResponse) as use,
        ):
            reply = use.reply or use.keep(await _registered(transaction, request, self._now()))
        id = FeederId(parsed(reply.feeder.feeder_id, "feeder_id"))
        # asked again with the same key, it goes on from where Keycloak was away
        await self._settling.finish(id)
        return pb.RegisterFeederResponse(feeder=await self._as_it_is(id))

    @allow("administrator")
    async def ChangeFeeder(self, request: pb.ChangeFeederRequest, _: Any) -> pb.ChangeFeederResponse:
        id = FeederId(parsed(request.feeder_id, "feeder_id"))
        state = wire.wanted_state(request.account_state)
        policy = known_policy(request.policy) if request.policy else None
        async with self._database.transaction() as transaction:
            by = await administrators.get(transaction, calls.person().id)
            feeder = await feeders.get_for_update(transaction, id)
            by.must_administer(feeder.territory)
            must_be_current(feeder.version, request.version)
            account = _decided(await accounts.get_for_update(transaction, id), state)
            await accounts.save(transaction, account)
            await keep_feeder(transaction, feeder, changed(feeder, account, policy), self._now())
        if account.state is State.SUSPENDED and not account.settled:
            await self._settling.shut(account)
        else:
            await self._settling.finish(id)
        return pb.ChangeFeederResponse(feeder=await self._as_it_is(id))

    @allow("professional", "administrator", "patient", "system", services=("consent",), alone=("consent",))
    async def BatchGetFeeders(self, request: pb.BatchGetFeedersRequest, _: Any) -> pb.BatchGetFeedersResponse:
        wanted = [FeederId(id) for id in wire.ids(request.feeder_ids, "feeder_ids")]
        async with self._database.reading() as connection:
            found = await feeders.get_many(connection, wanted)
        told = [wire.feeder_to_proto(found[id], subject=False) for id in wanted if id in found]
        return pb.BatchGetFeedersResponse(feeders=told)

    @allow("administrator")
    async def ListFeeders(self, _: pb.ListFeedersRequest, __: Any) -> pb.ListFeedersResponse:
        async with self._database.reading() as connection:
            by = await administrators.get(connection, calls.person().id)
            found = await feeders.of_territories(connection, by.territories)
        by_name = sorted(found, key=lambda one: (search_column(one.name), one.id))
        return pb.ListFeedersResponse(feeders=[wire.feeder_to_proto(one, subject=True) for one in by_name])

    async def _as_it_is(self, id: FeederId) -> pb.Feeder:
        async with self._database.reading() as connection:
            feeder = (await feeders.get_many(connection, [id]))[id]
        return wire.feeder_to_proto(feeder, subject=True)


async def _registered(
    transaction: AsyncConnection, request: pb.RegisterFeederRequest, at: datetime
) -> pb.RegisterFeederResponse:
    """A new feeder and its account, as yet in the database only."""
    subject = certificate_subject(request.certificate_subject)
    by = await administrators.get(transaction, calls.person().id)
    id = StructureId(parsed(request.structure_id, "structure_id"))
    (structure,) = await structures.get_all(transaction, [id])
    feeder = register_feeder(
        FeederId(new_id()),
        name=request.name,
        structure=structure,
        issuers=request.issuers,
        policy=request.policy,
        subject=subject,
        by=by,
    )
    await feeders.add(transaction, feeder)
    await events.feeder_changed(transaction, feeder, at)
    await accounts.save(transaction, ask_for_machine(feeder.id, subject, new_username()))
    return pb.RegisterFeederResponse(feeder=wire.feeder_to_proto(feeder, subject=True))


def _decided(account: Account | None, state: State | None) -> Account:
    """The account as it shall be; each feeder has had one since it was registered."""
    if account is None:
        raise LookupError("a feeder without an account")
    if state is State.SUSPENDED:
        return suspend(account)
    return reopen(account) if state is State.OPEN else account
