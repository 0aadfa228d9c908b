"""The identity service, one method per RPC: to read a method is to read the use case.

Consent is asked before the transaction: no neighbour is waited for while a row is locked.
"""

import secrets
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import decision_service_pb2 as consent
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1.identity_service_pb2_grpc import IdentityServiceServicer
from terresante_platform import calls
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_identity import events
from terresante_identity.accounts import Accounts
from terresante_identity.domain import account, identity, matching
from terresante_identity.domain.asking import asked_of_typed
from terresante_identity.domain.identity import Person, PersonId, ProfessionalId
from terresante_identity.domain.status import Flag, Standing
from terresante_identity.domain.survivorship import View
from terresante_identity.domain.traits import Search, Traits, TypedTraits, parsed_search, parsed_traits
from terresante_identity.rpc.desk import Desk
from terresante_identity.rpc.performing import Held, hold
from terresante_identity.rpc.typed import keep_typed, register_typed
from terresante_identity.store import activations, persons
from terresante_identity.store.persons import Act
from terresante_identity.wire import persons as wire


class IdentityService(IdentityServiceServicer):
    """Who a person is. See the contract for what each method refuses."""

    def __init__(self, desk: Desk, accounts: Accounts) -> None:
        self._desk = desk
        self._database = desk.database
        self._access = desk.access
        self._accounts = accounts
        self._places = desk.places
        self._settings = desk.settings
        self._now = desk.now

    @allow("professional")
    async def SearchPersons(self, request: pb.SearchPersonsRequest, _: Any) -> pb.SearchPersonsResponse:
        typed = wire.typed_traits(request.traits)
        search = parsed_search(typed, self._places, self._desk.today())
        limit = wire.limit(request.limit)
        await self._desk.spend_searches()
        await self._access.require(consent.ACTION_SEARCH_PERSONS)

        async with self._database.reading() as connection:
            found = await self._candidates(connection, search, typed)

        shown = [wire.candidate_to_proto(candidate) for candidate in found[:limit]]
        return pb.SearchPersonsResponse(candidates=shown, more=len(found) > limit)

    @allow("professional")
    async def CreatePerson(self, request: pb.CreatePersonRequest, _: Any) -> pb.CreatePersonResponse:
        typed = wire.typed_traits(request.traits)
        traits = parsed_traits(typed, self._places, self._desk.today())
        search = parsed_search(typed, self._places, self._desk.today())
        distinct = wire.person_ids(request.confirm_distinct_from, "confirm_distinct_from")
        standpoint = await self._access.creating()

        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.CreatePersonResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            await persons.lock_names(transaction, self._names(traits, typed))
            found = await self._candidates(transaction, search, typed)
            unseen = [one for one in matching.in_the_way(traits, found) if one.person.id not in distinct]
            if unseen:
                shown = [wire.candidate_to_proto(candidate) for candidate in unseen[: wire.MOST_CANDIDATES]]
                return use.keep(pb.CreatePersonResponse(candidates=shown))
            flags = frozenset({Flag.HOMONYM}) if matching.is_homonym(found) else frozenset()
            view = View(traits, Standing(flags=flags), None)
            person = await register_typed(
                transaction, self._desk.matcher, PersonId(new_id()), view, standpoint, self._act("registered")
            )
            return use.keep(pb.CreatePersonResponse(person=wire.person_to_proto(person)))

    @allow("professional", "patient")
    async def BatchGetPersons(self, request: pb.BatchGetPersonsRequest, _: Any) -> pb.BatchGetPersonsResponse:
        ids = wire.person_ids(request.person_ids, "person_ids")

        async with self._database.reading() as connection:
            known = await persons.get_many(connection, ids)
            absorbed = await persons.absorbed(connection, ids) if request.with_absorbed else {}
        found = [known[id] for id in ids if id in known]
        allowed = await self._access.may_read(found)

        shown = [person for person, may in zip(found, allowed, strict=True) if may]
        given = {person.id for person in shown}
        return pb.BatchGetPersonsResponse(
            persons=[wire.person_to_proto(person, absorbed.get(person.id, ())) for person in shown],
            withheld_ids=[str(id) for id in ids if id not in given],
        )

    @allow(services=("consent",))
    async def ListExistingPersons(
        self, request: pb.ListExistingPersonsRequest, _: Any
    ) -> pb.ListExistingPersonsResponse:
        """For consent, in its own name: it records nothing about an id that is no person's."""
        ids = wire.asked_ids(request.person_ids)

        async with self._database.reading() as connection:
            known = await persons.existing(connection, ids)

        return pb.ListExistingPersonsResponse(person_ids=[str(id) for id in ids if id in known])

    @allow("professional")
    async def CheckIdentityDocument(
        self, request: pb.CheckIdentityDocumentRequest, _: Any
    ) -> pb.CheckIdentityDocumentResponse:
        id = wire.person_id(request.person_id)
        shown = parsed_traits(wire.typed_traits(request.traits, with_code=True), self._places, self._desk.today())
        await self._may_change(id)

        async with self._database.transaction() as transaction:
            held, person = await _held(transaction, id, request.version)
            checked = identity.check_document(person, shown, request.validation_mode)
            act = self._act("document checked", request.validation_mode)
            kept = await self._keep(transaction, held, checked, act)

        return pb.CheckIdentityDocumentResponse(person=wire.person_to_proto(kept))

    @allow("professional")
    async def RecordInsiAnswer(self, request: pb.RecordInsiAnswerRequest, _: Any) -> pb.RecordInsiAnswerResponse:
        id = wire.person_id(request.person_id)
        answer = wire.insi_answer(request, self._settings.environment, self._places, self._desk.today())
        await self._may_change(id)

        async with self._database.transaction() as transaction:
            if answer.ins is not None:
                await persons.lock_names(transaction, [persons.named_ins(answer.ins)])
            held, person = await _held(transaction, id, request.version)
            holder = await persons.find_holder(transaction, answer.ins) if answer.ins else None
            outcome = identity.record_insi_answer(person, answer, holder)
            act = self._act("insi answer", answer.code)
            await persons.keep_answer(transaction, answer, outcome, act)
            kept = await self._keep(transaction, held, outcome.person, act)

        if outcome.refusal is not None:
            raise outcome.refusal
        return pb.RecordInsiAnswerResponse(person=wire.person_to_proto(kept))

    @allow("professional")
    async def FlagIdentity(self, request: pb.FlagIdentityRequest, _: Any) -> pb.FlagIdentityResponse:
        id = wire.person_id(request.person_id)
        flags = wire.flags(request.flags)
        await self._may_change(id)

        async with self._database.transaction() as transaction:
            held, person = await _held(transaction, id, request.version)
            flagged = identity.flag(person, flags)
            kept = await self._keep(transaction, held, flagged, self._act("flagged", " ".join(sorted(flags))), flags)

        return pb.FlagIdentityResponse(person=wire.person_to_proto(kept))

    @allow("professional")
    async def IssueActivation(self, request: pb.IssueActivationRequest, _: Any) -> pb.IssueActivationResponse:
        id = wire.person_id(request.person_id)
        await self._access.require(consent.ACTION_ISSUE_ACTIVATION, await self._person(id))
        in_use = await self._accounts.in_use(id)

        activation = await self._reserve(id, in_use, request.replace)
        code = account.code_of(secrets.token_bytes(64))
        username = await self._begin(activation, code, request.replace)

        return pb.IssueActivationResponse(
            username=username,
            activation_code=code,
            expires_at=wire.timestamp(activation.expires_at),
            login_url=self._settings.portal_url,
        )

    async def _reserve(self, id: PersonId, in_use: bool, replace: bool) -> account.Activation:
        """Counts the code before it exists: two at once, or a fourth in a day, are refused here."""
        act = self._act("activation")
        async with self._database.transaction() as transaction:
            await persons.get_for_update(transaction, id)
            earlier = await activations.of_person(transaction, id)
            activation = account.issued(
                account.ActivationId(new_id()),
                id,
                earlier=earlier,
                by=act.by,
                at=act.at,
                account_in_use=in_use,
                replace=replace,
            )
            await activations.add(transaction, activation)
        return activation

    async def _begin(self, activation: account.Activation, code: str, replace: bool) -> str:
        """Gives Keycloak the code, then announces it. What Keycloak did not take was never issued.

        Gives the login name.
        """
        try:
            chosen = account.username_of(secrets.token_bytes(64))
            username = await self._accounts.begin(activation.person, chosen, code, replace)
        except (account.AccountsUnavailable, account.ActivationAlreadyDone):
            async with self._database.transaction() as transaction:
                await activations.forget(transaction, activation)
            raise
        async with self._database.transaction() as transaction:
            await activations.confirm(transaction, activation, self._now())
            await events.activation_issued(transaction, activation, self._now())
        return username

    async def _candidates(
        self, connection: AsyncConnection, search: Search, typed: TypedTraits
    ) -> list[matching.Candidate]:
        """Everybody with the birth date, and whoever else comparing finds likely."""
        among = await persons.born_on(connection, search.birth_date)
        asked = asked_of_typed(typed)
        if asked is None:
            return matching.candidates(search, among)
        likely = matching.likely((await self._desk.matcher.candidates(connection, [asked]))[0])
        more = await persons.get_many(connection, [PersonId(id) for id in likely])
        return matching.candidates(search, [*among, *more.values()], likely)

    def _names(self, traits: Traits, typed: TypedTraits) -> list[str]:
        """What nobody else may decide on meanwhile: this birth date, and whoever is found by the same keys."""
        asked = asked_of_typed(typed)
        return [persons.named_birth_date(traits.birth_date), *(self._desk.matcher.alike(asked) if asked else ())]

    async def _may_change(self, id: PersonId) -> None:
        await self._access.require(consent.ACTION_CHANGE_IDENTITY, await self._person(id))

    async def _person(self, id: PersonId) -> Person:
        async with self._database.reading() as connection:
            return await persons.get(connection, id)

    async def _keep(
        self,
        transaction: AsyncConnection,
        held: Held,
        after: Person,
        act: Act,
        flags: frozenset[Flag] | None = None,
    ) -> Person:
        """Keeps and announces what changed; nothing when nothing did."""
        if after is held.persons[after.id]:
            return after
        return await keep_typed(transaction, self._desk.matcher, held, after, act, flags)

    def _act(self, what: str, detail: str = "") -> Act:
        return Act(what, ProfessionalId(calls.person().id), self._now(), detail)


async def _held(transaction: AsyncConnection, id: PersonId, version: int) -> tuple[Held, Person]:
    """The person, held, as the caller saw them. Refuses with PERSON_UNKNOWN, VERSION_STALE, PERSON_MERGED."""
    held = await hold(transaction, [id])
    person = held.persons[id]
    identity.require_unmerged(person)
    identity.require_version(person, version)
    return held, person
