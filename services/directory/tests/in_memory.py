"""Keycloak's accounts as a fake in memory: held to the same conformance tests as the real one."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from terresante_directory.accounts import FIRST_STEPS, AccountRefused
from terresante_directory.domain.accounts import Login, Means, unavailable


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


class AccountsInMemory:
    """`away`: it does not answer. `refuses`: users it will not have. `gate`: what every call waits for."""

    def __init__(self) -> None:
        self.users: dict[UUID, User] = {}
        self.away = False
        self.refuses: set[UUID] = set()
        self.gate: asyncio.Event | None = None
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
        user.enabled, user.attributes = login.enabled, attributes
        if not login.enabled:
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
            user.logouts += 1

    async def _answering(self, login: Login) -> None:
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise unavailable()
        if login.uid in self.refuses:
            raise AccountRefused(400)
