"""Accounts in Keycloak, by python-keycloak: synchronous, so on threads of its own and never on the event loop.

Facts about Keycloak that shape it: an update replaces everything, so it reads, changes and writes all; a user is
found by the attribute `uid`; a username is chance, since whoever knows it can lock its owner out; nothing here
gives the right to enrol a one-time code but the required action set with a starting password.
"""

import asyncio
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakError
from terresante_platform import calls
from terresante_platform.telemetry import log

from terresante_directory.domain.accounts import Login, Means, unavailable
from terresante_directory.seeing import Seen, seen

THREADS = 2
CALL_SECONDS = 5.0
"""The longest that one HTTP request is waited for."""
LONGEST = 20.0
"""The longest that one operation may take before its last request; well under the lease of an account."""
ENROL_CODE = "CONFIGURE_TOTP"
FIRST_STEPS = {Means.PASSWORD_AND_CODE: ["UPDATE_PASSWORD", ENROL_CODE], Means.CARD: [], Means.CERTIFICATE: []}
AWAY = (401, 403, 429)
Result = TypeVar("Result")
LEGIBLE = "23456789abcdefghjkmnpqrstuvwxyz"
"""31 signs that nobody takes for another: 4.95 bits each."""


class Accounts(Protocol):
    """What the directory needs of whoever keeps logins. Raises `AccountsUnavailable`, `AccountRefused`."""

    async def keep(self, login: Login) -> str:
        """Makes the user, or makes it agree. Sessions end if it is disabled. Gives the username it has."""

    async def start_anew(self, login: Login, password: str | None) -> str:
        """As `keep`; ends sessions, forgets all credentials, and gives a single-use password (None: none)."""

    async def shut(self, login: Login) -> None:
        """Disables the user, takes away a card that the login has no more, and ends their sessions, if there is one."""

    async def replace_phone(self, login: Login) -> str:
        """As `keep`; ends sessions, forgets one-time codes; the next login enrols others. The password stays."""

    async def take_card(self, login: Login) -> None:
        """No card opens the user any more, and their sessions end, if there is such a user."""

    async def page(self, first: int, most: int) -> list[Seen]:
        """Users in the order of their names from the one numbered `first` on, `most` at the most."""

    async def look(self, uid: UUID) -> Seen | None:
        """The user with this `uid`."""


class AccountRefused(Exception):
    """Keycloak will not have an account as it is asked for. `code`: HTTP status."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Keycloak refused an account with {code}")
        self.code = code


def new_username() -> str:
    """A login name that says nothing: 50 bits."""
    return _chance(2, 5)


def new_starting_password() -> str:
    """A password to be typed once: 99 bits, in four groups of five."""
    return _chance(4, 5)


def _chance(groups: int, length: int) -> str:
    return "-".join("".join(secrets.choice(LEGIBLE) for _ in range(length)) for _ in range(groups))


class KeycloakAccounts:
    """The users of one realm, by the service account of its client (role `manage-users` and no other)."""

    def __init__(self, url: str, realm: str, client: str, secret_file: Path, ca_file: Path | None) -> None:
        """`ca_file`: authority of Keycloak's HTTPS certificate; the system's if None. Connects when first used."""
        self._url = url.rstrip("/") + "/"
        self._realm = realm
        self._client = client
        self._secret_file = secret_file
        self._ca_file = ca_file
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="keycloak")
        self._own = threading.local()

    async def keep(self, login: Login) -> str:
        """See `Accounts`."""

        def work(steps: "_Steps") -> str:
            return _kept(steps, login)[1]

        return await self._run(work)

    async def start_anew(self, login: Login, password: str | None) -> str:
        """See `Accounts`."""

        def work(steps: "_Steps") -> str:
            id, username = _kept(steps, login)
            steps.admin.user_logout(id)
            for credential in steps.admin.get_credentials(id):
                steps.admin.delete_credential(id, credential["id"])
            steps.admin.update_user(id, {**steps.admin.get_user(id), "requiredActions": FIRST_STEPS[login.means]})
            if password is not None:
                steps.admin.set_user_password(id, password, temporary=True)
            return username

        return await self._run(work)

    async def shut(self, login: Login) -> None:
        """See `Accounts`."""

        def work(steps: "_Steps") -> None:
            user = _found(steps, login.uid)
            if user is not None:
                attributes = user["attributes"] if login.id_nat else _without_card(user)
                steps.admin.update_user(user["id"], {**user, "enabled": False, "attributes": attributes})
                steps.admin.user_logout(user["id"])

        await self._run(work)

    async def replace_phone(self, login: Login) -> str:
        """See `Accounts`."""

        def work(steps: "_Steps") -> str:
            id, username = _kept(steps, login)
            steps.admin.user_logout(id)
            for credential in steps.admin.get_credentials(id):
                if credential["type"] == "otp":
                    steps.admin.delete_credential(id, credential["id"])
            user = steps.admin.get_user(id)
            before = [step for step in user.get("requiredActions", []) if step != ENROL_CODE]
            steps.admin.update_user(id, {**user, "requiredActions": [*before, ENROL_CODE]})
            return username

        return await self._run(work)

    async def take_card(self, login: Login) -> None:
        """See `Accounts`."""

        def work(steps: "_Steps") -> None:
            user = _found(steps, login.uid)
            if user is not None:
                steps.admin.update_user(user["id"], {**user, "attributes": _without_card(user)})
                steps.admin.user_logout(user["id"])

        await self._run(work)

    async def page(self, first: int, most: int) -> list[Seen]:
        """See `Accounts`. Two requests for each user."""

        def work(steps: "_Steps") -> list[Seen]:
            users = steps.admin.get_users({"first": first, "max": most, "briefRepresentation": False})
            return [_seen(steps, user) for user in users]

        return await self._run(work)

    async def look(self, uid: UUID) -> Seen | None:
        """See `Accounts`."""

        def work(steps: "_Steps") -> Seen | None:
            user = _found(steps, uid)
            return _seen(steps, user) if user else None

        return await self._run(work)

    def close(self) -> None:
        """Ends the threads, once their work is done."""
        self._threads.shutdown()

    async def _run(self, work: "Callable[[_Steps], Result]") -> Result:
        """On a thread, until the caller's deadline at the latest."""
        until = time.monotonic() + calls.current().remaining(LONGEST)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._worked, work, until)

    def _worked(self, work: "Callable[[_Steps], Result]", until: float) -> Result:
        try:
            return work(_Steps(self._connected(), until))
        except KeycloakError as fault:
            self._own.admin = None
            code = fault.response_code
        if code is None or code >= 500 or code in AWAY:
            log.warning("keycloak away", code=code)
            raise unavailable()
        raise AccountRefused(code)

    def _connected(self) -> KeycloakAdmin:
        """This thread's client. Made anew, its secret read again, after any failure."""
        if getattr(self._own, "admin", None) is None:
            connection = KeycloakOpenIDConnection(
                server_url=self._url,
                realm_name=self._realm,
                client_id=self._client,
                client_secret_key=self._secret_file.read_text().strip(),
                verify=str(self._ca_file) if self._ca_file else True,
                timeout=int(CALL_SECONDS),
            )
            self._own.admin = KeycloakAdmin(connection=connection)
        admin: KeycloakAdmin = self._own.admin
        return admin


class _Steps:
    """An operation in course: each request it makes has the time that is left, and none is begun after it."""

    def __init__(self, admin: KeycloakAdmin, until: float) -> None:
        self._admin = admin
        self._until = until

    @property
    def admin(self) -> KeycloakAdmin:
        """For the next request. Raises `AccountsUnavailable` when time is over."""
        left = self._until - time.monotonic()
        if left <= 0:
            log.warning("keycloak slow")
            raise unavailable()
        connection = self._admin.connection
        connection.timeout = connection.keycloak_openid.connection.timeout = min(left, CALL_SECONDS)  # type: ignore[assignment]
        return self._admin


def _kept(steps: _Steps, login: Login) -> tuple[str, str]:
    """The user as the login says: Keycloak's id and the username."""
    wanted = _attributes(login)
    user = _found(steps, login.uid)
    if user is None:
        made = {"username": login.username, "enabled": login.enabled, "attributes": wanted}
        id = steps.admin.create_user({**made, "requiredActions": FIRST_STEPS[login.means]})
        return id, login.username
    steps.admin.update_user(user["id"], {**user, "enabled": login.enabled, "attributes": wanted})
    card_taken = "idNat" in user.get("attributes", {}) and "idNat" not in wanted
    if not login.enabled or card_taken:
        steps.admin.user_logout(user["id"])
    return user["id"], user["username"]


def _found(steps: _Steps, uid: UUID) -> dict[str, Any] | None:
    users = steps.admin.get_users({"q": f"uid:{uid}", "max": 2})
    found = next((user for user in users if user.get("attributes", {}).get("uid") == [str(uid)]), None)
    return steps.admin.get_user(found["id"]) if found else None


def _without_card(user: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in user["attributes"].items() if name != "idNat"}


def _seen(steps: _Steps, user: dict[str, Any]) -> Seen:
    sessions = steps.admin.get_sessions(user["id"])
    return seen(user, sessions, steps.admin.get_bruteforce_detection_status(user["id"]))


def _attributes(login: Login) -> dict[str, list[str]]:
    attributes = {"uid": [str(login.uid)], "kind": [login.kind.value]}
    shown = {"idNat": login.id_nat, "certificateSubject": login.certificate}
    return attributes | {name: [value] for name, value in shown.items() if value}


@asynccontextmanager
async def connected(
    url: str, realm: str, client: str, secret_file: Path, ca_file: Path | None
) -> AsyncIterator[KeycloakAccounts]:
    """The realm's accounts until left; no request is cut short by leaving."""
    accounts = KeycloakAccounts(url, realm, client, secret_file, ca_file)
    try:
        yield accounts
    finally:
        await asyncio.to_thread(accounts.close)
