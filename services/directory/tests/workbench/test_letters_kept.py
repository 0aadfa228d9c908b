"""A letter is shown once: nothing that the page asks for afterwards may lose it."""

from dataclasses import replace
from typing import Any

from terresante_directory.workbench.visits import Workbench
from terresante_platform.database import database_unavailable

from services.directory.tests.in_memory import AccountsInMemory

from .test_accounts import CODE
from .test_acts import professional, structure
from .test_administrators import NEW, PAUL
from .visitor import Visitor


class AwayAfter:
    """Calls of a service that all fail once one was made. `gone`: shared by those that fail together."""

    def __init__(self, stub: Any, last: str, gone: list[str]) -> None:
        self._stub = stub
        self._last = last
        self._gone = gone

    def __getattr__(self, name: str) -> Any:
        async def call(*said: Any) -> Any:
            if self._gone:
                raise database_unavailable()
            reply = await getattr(self._stub, name)(*said)
            if name == self._last:
                self._gone.append(name)
            return reply

        return call


def away_after(workbench: Workbench, last: str) -> list[str]:
    """The directory answers nothing after that call, which the list tells once it was made."""
    gone: list[str] = []
    desk: Any = workbench.desk
    directory, enrolment = (AwayAfter(stub, last, gone) for stub in (desk.directory, desk.enrolment))
    workbench.desk = replace(desk, directory=directory, enrolment=enrolment)
    return gone


async def test_the_letter_of_a_new_administrator_is_shown_though_the_directory_goes_away_after_the_naming(
    claire: Visitor, workbench: Workbench, keycloak: AccountsInMemory
) -> None:
    sent = {**await claire.hidden(NEW), **PAUL}
    gone = away_after(workbench, "NameAdministrator")

    letter = await claire.post(NEW, sent)

    assert gone == ["NameAdministrator"]
    assert letter.status_code == 200, letter.text
    assert CODE.findall(letter.text) == [user.password for user in keycloak.users.values()]


async def test_the_letters_of_many_are_shown_though_the_directory_goes_away_after_the_opening(
    claire: Visitor, workbench: Workbench, keycloak: AccountsInMemory
) -> None:
    here = await structure(claire)
    good = await professional(claire, here, family_name="Abel")
    shut = await professional(claire, here, family_name="Cour")
    assert (await claire.send(f"/professionnels/{shut}/compte/ouvrir", means="password")).status_code == 200
    keycloak.users.clear()
    sent = {**await claire.hidden("/comptes/ouvrir"), "professional_ids": [good, shut], "means": "password"}
    gone = away_after(workbench, "OpenAccounts")

    answer = await claire.post("/comptes/ouvrir", sent | {"confirme": "oui"})

    assert gone == ["OpenAccounts"]
    assert "1 compte ouvert, 1 non ouvert" in answer.text
    assert "Anne Cour" in answer.text
    assert CODE.findall(answer.text) == [user.password for user in keycloak.users.values()]
