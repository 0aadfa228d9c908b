"""`python -m terresante_directory.appoint`: administrators of territories, made by operations.

Prints one JSON object on standard output, with the starting password that nobody will see again. Everything else it
says is on standard error. Reads the settings of the service.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from terresante_platform import database, telemetry
from terresante_platform.database import Database
from terresante_platform.ids import new_id, parsed
from terresante_platform.refusals import Refusal

from terresante_directory import accounts as keycloak_accounts
from terresante_directory import reference
from terresante_directory.accounts import Accounts, new_starting_password, new_username
from terresante_directory.domain.accounts import Account, Kind, Means, State, ask, suspended
from terresante_directory.domain.identifiers import AdministratorId, Rpps, rpps
from terresante_directory.domain.territories import Administrator, appoint
from terresante_directory.settings import Settings
from terresante_directory.settling import Settling
from terresante_directory.store import accounts, administrators, enrolments

MEANS = {"password": Means.PASSWORD_AND_CODE, "card": Means.CARD}
Letter = dict[str, object]
Now = Callable[[], datetime]


async def appointed(
    kept: Database, keycloak: Accounts, now: Now, administrator: Administrator, card: Rpps | None, means: Means
) -> Letter:
    """Keeps a new administrator, makes their account, and gives what to hand over to them.

    Raises refusals about accounts. If Keycloak is away, the administrator stays: `started` gives them a start later.
    """
    account = _asked(None, administrator.id, card, means, now())
    async with kept.transaction() as transaction:
        if card is not None:
            await enrolments.give_way(transaction, card)
        await administrators.add(transaction, administrator)
        await accounts.save(transaction, account)
    return await _letter(Settling(kept, keycloak, now), account, administrator)


async def started(kept: Database, keycloak: Accounts, now: Now, id: UUID, means: Means) -> Letter:
    """A new start for an existing administrator: a letter that was lost, or never made. Ends their sessions."""
    async with kept.transaction() as transaction:
        administrator = await administrators.get(transaction, id)
        present = await accounts.get_for_update(transaction, id)
        card = Rpps(present.id_nat.removeprefix("8")) if present and present.id_nat else None
        account = _asked(present, administrator.id, card, means, now())
        await accounts.save(transaction, account)
    return await _letter(Settling(kept, keycloak, now), account, administrator)


def _asked(present: Account | None, id: AdministratorId, card: Rpps | None, means: Means, at: datetime) -> Account:
    kind = Kind.ADMINISTRATOR
    return ask(present, uid=id, kind=kind, rpps=card, means=means, username=new_username(), at=at)


async def _letter(settling: Settling, account: Account, administrator: Administrator) -> Letter:
    password = new_starting_password() if account.means is Means.PASSWORD_AND_CODE else None
    opened = await settling.start_anew(account, password)
    if opened.state is State.SUSPENDED:
        raise suspended()
    return {
        "administrator_id": str(administrator.id),
        "territories": sorted(administrator.territories),
        "username": opened.username,
        "starting_password": password,
    }


async def _main(settings: Settings, asked: argparse.Namespace) -> Letter:
    now = partial(datetime.now, UTC)
    means = MEANS[asked.means]
    async with (
        database.connected(settings.database_url, 1, "directory-appoint") as kept,
        keycloak_accounts.connected(*settings.keycloak()) as keycloak,
    ):
        if asked.again:
            return await started(kept, keycloak, now, parsed(asked.again, "again"), means)
        territories = reference.territories(settings.territories_file)
        administrator = appoint(AdministratorId(new_id()), asked.name, asked.territory, territories)
        card = rpps(asked.rpps) if asked.rpps else None
        sys.stderr.write(f"administrateur {administrator.id}\n")
        return await appointed(kept, keycloak, now, administrator, card, means)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m terresante_directory.appoint",
        description="Nomme un administrateur de territoire et lui ouvre un compte.",
    )
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--name", help="prénom et nom")
    who.add_argument("--again", metavar="ID", help="nouveau départ pour un administrateur déjà nommé")
    parser.add_argument("--territory", action="append", default=[], metavar="CODE", help="répétable")
    parser.add_argument("--means", choices=sorted(MEANS), required=True, help="mot de passe avec code, ou carte")
    parser.add_argument("--rpps", default="", help="numéro RPPS de sa carte CPS")
    asked = parser.parse_args()
    if asked.name and not asked.territory:
        parser.error("--name demande au moins un --territory")
    return asked


def main() -> None:
    """Appoints, or ends with a sentence that says why not."""
    asked = _arguments()
    with contextlib.redirect_stdout(sys.stderr):
        settings = Settings.from_environment()
        telemetry.start("directory-appoint", "", 0.0, settings.log_level)
        try:
            letter = asyncio.run(_main(settings, asked))
        except Refusal as refusal:
            sys.exit(f"{refusal.reason}: {refusal.sentence} {refusal.todo}")
    sys.stdout.write(json.dumps(letter, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
