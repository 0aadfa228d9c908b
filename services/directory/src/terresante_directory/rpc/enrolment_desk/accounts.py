"""Accounts in the hands of administrators: listed, opened many at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.allow import allow
from terresante_platform.rpc.server import as_refusal
from terresante_platform.telemetry import log

from terresante_directory import wire
from terresante_directory.accounts import AccountRefused
from terresante_directory.domain.accounts import AccountsUnavailable, left_alone, unavailable
from terresante_directory.domain.enrolment import NEW, Rules
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.words import searched
from terresante_directory.rpc.accounts import FRESH_SECONDS, AccountCalls
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import account_list
from terresante_directory.store.account_list import Wanted
from terresante_directory.wire.enrolment import account_to_proto, asked_state, optional_moment

MOST_AT_ONCE = 100
BACK_SECONDS = 1.0
"""What the answer needs to reach the caller, who alone has the passwords."""
SHORTEST = 2.0
"""With less time than this no account is begun."""


class AccountListCalls:
    """See the module."""

    _database: Database
    _accounts: AccountCalls
    _professions: Mapping[str, Profession]
    _rules: Rules
    _now: Callable[[], datetime]

    @allow("administrator")
    async def ListAccounts(self, request: pb.ListAccountsRequest, _: Any) -> pb.ListAccountsResponse:
        size, after = wire.page_size(request.limit), wire.position(request.cursor)
        wanted = self._wanted(request)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            by.must_administer_all(wanted.territories)
            theirs = replace(wanted, territories=wanted.territories or sorted(by.territories))
            nothing_found = request.text and not wanted.words
            found = [] if nothing_found else await account_list.page(connection, theirs, after, size + 1)
            strangers = await account_list.strangers(connection) if request.differing else 0
        return pb.ListAccountsResponse(
            accounts=[account_to_proto(one, self._professions) for one in found[:size]],
            next_cursor=str(found[size - 1].professional) if len(found) > size else "",
            strangers=strangers,
            evidence=self._rules.evidence,
        )

    @allow("administrator", fresh=FRESH_SECONDS)
    async def OpenAccounts(self, request: pb.OpenAccountsRequest, _: Any) -> pb.OpenAccountsResponse:
        """One after the other. Once Keycloak is away, it is not waited for again: those left are told so, untouched.

        So are those for whom no time is left, and a line that breaks is told as such: whatever befalls one, the
        passwords of those before must reach the caller.
        """
        if len(request.professional_ids) > MOST_AT_ONCE:
            raise wire.TooManyIds("Pas plus de 100 comptes à la fois.", "Ouvrez-les en plusieurs fois.")
        async with self._database.reading() as connection:
            await administrator(connection)
        opened: dict[str, pb.OpenedAccount] = {}
        away = False
        _end_in_time()
        for id in dict.fromkeys(request.professional_ids):
            one = directory_pb.OpenAccountRequest(professional_id=id, means=request.means)
            try:
                if away or calls.current().remaining(SHORTEST) < SHORTEST:
                    raise left_alone()
                reply = await self._accounts.open(one, only_new=True)
                opened[id] = pb.OpenedAccount(professional_id=id, opened=reply)
            except Refusal as refusal:
                away = away or isinstance(refusal, AccountsUnavailable)
                opened[id] = _refused(id, refusal)
            except AccountRefused:
                opened[id] = _refused(id, unavailable())
            except Exception as fault:
                opened[id] = _refused(id, _untold(fault))
        return pb.OpenAccountsResponse(accounts=[opened[id] for id in request.professional_ids])

    def _wanted(self, request: pb.ListAccountsRequest) -> Wanted:
        """What is asked for. No territory: all of the caller's."""
        state, without = asked_state(request.state)
        return Wanted(
            [TerritoryCode(request.territory_code)] if request.territory_code else [],
            state,
            without,
            optional_moment(request.not_since, request.HasField("not_since"), self._now()),
            request.locked,
            request.unsettled,
            request.differing,
            searched(wire.searched_text(request.text)),
            wire.optional_id(request.professional_id, "professional_id"),
            self._now() - NEW if request.enrolled_alone else None,
        )


def _end_in_time() -> None:
    """What this call does from now on ends a little before the caller's deadline."""
    call = calls.current()
    if call.deadline is not None:
        calls.enter(replace(call, deadline=call.deadline - BACK_SECONDS))


def _untold(fault: Exception) -> AccountsUnavailable:
    """The refusal for one of many whose account was opened or not, nobody knows. A fault of ours is logged."""
    refusal = as_refusal(fault)
    if refusal is None:
        log.error("fault", rpc="OpenAccounts", exc_info=fault)
    return AccountsUnavailable(
        "La plateforme n’a pas répondu : ce compte est peut-être ouvert, sans que son mot de passe soit connu.",
        "Relisez-le dans quelques minutes, et refaites sa lettre s’il est ouvert ; sinon, ouvrez-le.",
    )


def _refused(id: str, refusal: Refusal) -> pb.OpenedAccount:
    sentence = f"{refusal.sentence} {refusal.todo}".strip()
    return pb.OpenedAccount(professional_id=id, reason=refusal.reason, sentence=sentence)
