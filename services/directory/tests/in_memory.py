"""Keycloak's accounts as a fake in memory: held to the same conformance tests as the real one."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from terresante_directory.accounts import ENROL_CODE, FIRST_STEPS, AccountRefused
from terresante_directory.domain.accounts import Login, Means, unavailable
from terresante_directory.seeing import Seen


@dataclass
class User:
    """What the realm knows of one user."""

    username: str
    enabled: bool
    attributes: dict[str, str]
    actions: set[str]
    credentials: set[str] = field(default_factory=set)
    password: str | None = None
    logouts: int = 0
    last_login: datetime | None = None
    locked: bool = False


class AccountsInMemory:
    """`away`: it does not answer. `refuses`: users it will not have. `gate`: what every call waits for.

    `takes`: seconds that every change takes.
    """

    def __init__(self) -> None:
        self.users: dict[UUID, User] = {}
        self.away = False
        self.refuses: set[UUID] = set()
        self.gate: asyncio.Event | None = None
        self.takes = 0.0
        self.arrived = asyncio.Event()

    async def keep(self, login: Login) -> str:
        await self._answering(login)
        attributes = {"uid": str(login.uid), "kind": login.kind.value}
        if login.id_nat:
            attributes["idNat"] = login.id_nat
        if login.certificate:
            attributes["certificateSubject"] = login.certificate
        user = self.users.get(login.uid)
        if user is None:
            steps = set(FIRST_STEPS[login.means])
            user = self.users[login.uid] = User(login.username, login.enabled, attributes, steps)
        card_taken = "idNat" in user.attributes and "idNat" not in attributes
        user.enabled, user.attributes = login.enabled, attributes
        if not login.enabled or card_taken:
            user.logouts += 1
        return user.username

    async def start_anew(self, login: Login, password: str | None) -> str:
        username = await self.keep(login)
        user = self.users[login.uid]
        user.logouts += 1
        user.actions = set(FIRST_STEPS[login.means])
        user.credentials = {"password"} if login.means is Means.PASSWORD_AND_CODE and password else set()
        user.password = password
        return username

    async def shut(self, login: Login) -> None:
        if self.away:
            raise unavailable()
        user = self.users.get(login.uid)
        if user is not None:
            user.enabled = False
            if login.id_nat is None:
                user.attributes.pop("idNat", None)
            user.logouts += 1

    async def replace_phone(self, login: Login) -> str:
        username = await self.keep(login)
        user = self.users[login.uid]
        user.logouts += 1
        user.credentials.discard("otp")
        user.actions.add(ENROL_CODE)
        return username

    async def take_card(self, login: Login) -> None:
        if self.away:
            raise unavailable()
        user = self.users.get(login.uid)
        if user is not None:
            user.attributes = {name: value for name, value in user.attributes.items() if name != "idNat"}
            user.logouts += 1

    async def page(self, first: int, most: int) -> list[Seen]:
        if self.away:
            raise unavailable()
        by_name = sorted(self.users.items(), key=lambda item: item[1].username)
        return [_seen(uid, user) for uid, user in by_name[first : first + most]]

    async def look(self, uid: UUID) -> Seen | None:
        if self.away:
            raise unavailable()
        return _seen(uid, self.users[uid]) if uid in self.users else None

    async def _answering(self, login: Login) -> None:
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(self.takes)
        if self.away:
            raise unavailable()
        if login.uid in self.refuses:
            raise AccountRefused(400)


def _seen(uid: UUID, user: User) -> Seen:
    kind, id_nat = user.attributes["kind"], user.attributes.get("idNat")
    return Seen(str(uid), uid, kind, user.enabled, id_nat, user.last_login, user.locked)
