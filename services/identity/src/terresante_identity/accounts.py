"""Patients' accounts in Keycloak: begun with a starting code, looked at, closed again when the code expired.

python-keycloak's calls block: they run one at a time in a thread of their own, so that its token is renewed once and
nothing waits on the event loop. No text of its errors is kept or logged: it holds user names.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakError
from requests.exceptions import RequestException
from terresante_platform.telemetry import log

from terresante_identity.domain.account import accounts_unavailable, already_done

ACTIONS = ["UPDATE_PASSWORD", "CONFIGURE_TOTP"]
TIMEOUT_SECONDS = 5
Found = TypeVar("Found")


class Accounts:
    """The realm of the patients. Each method raises `AccountsUnavailable` when Keycloak does not do it."""

    def __init__(self, admin: KeycloakAdmin, thread: ThreadPoolExecutor) -> None:
        self._admin = admin
        self._thread = thread

    async def in_use(self, uid: UUID) -> bool:
        """Whether the person has made an account theirs: a one-time code is set."""
        return await self._done(lambda: _in_use(self._admin, self._user(uid)))

    async def begin(self, uid: UUID, username: str, code: str, replace: bool = False) -> str:
        """The person's account opens with `code` once, then asks for a password and a code device.

        `username` serves for a new account; gives the one that it has. `replace`: also if the account is in use: its
        password, code devices and sessions end, whoever holds them. Without it, raises ActivationAlreadyDone then.
        """
        return await self._done(lambda: self._begin(uid, username, code, replace))

    async def close_unused(self, uid: UUID) -> None:
        """Unless the account is in use, its starting code opens nothing any more."""
        await self._done(lambda: self._close_unused(uid))

    def _begin(self, uid: UUID, username: str, code: str, replace: bool) -> str:
        known = self._user(uid)
        if known is None:
            self._admin.create_user(
                {
                    "username": username,
                    "enabled": True,
                    "attributes": {"uid": [str(uid)]},
                    "requiredActions": ACTIONS,
                    "credentials": [{"type": "password", "value": code, "temporary": True}],
                }
            )
            return username
        if not replace and _in_use(self._admin, known):
            raise already_done()
        self._start_again(known["id"], code)
        return str(known["username"])

    def _start_again(self, id: str, code: str) -> None:
        """What opened the account opens it no more. Sessions end last, when none can begin with the old credentials;
        broken off anywhere, it is done whole by the next attempt.
        """
        self._admin.set_user_password(id, code, temporary=True)
        for credential in self._admin.get_credentials(id):
            if credential["type"] != "password":
                self._admin.delete_credential(id, credential["id"])
        whole = self._admin.get_user(id)
        self._admin.update_user(id, {**whole, "enabled": True, "requiredActions": ACTIONS})
        self._admin.user_logout(id)

    def _close_unused(self, uid: UUID) -> None:
        known = self._user(uid)
        if known is not None and not _in_use(self._admin, known):
            self._admin.set_user_password(known["id"], secrets.token_urlsafe(48), temporary=True)

    def _user(self, uid: UUID) -> dict[str, Any] | None:
        """The account of a person: found by their id, never by its name."""
        found: list[dict[str, Any]] = self._admin.get_users({"q": f"uid:{uid}", "max": 2})
        return found[0] if found else None

    async def _done(self, what: Callable[[], Found]) -> Found:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, what)
        except KeycloakError as fault:
            log.warning("accounts away", fault=type(fault).__name__, status=fault.response_code)
        except RequestException as fault:
            log.warning("accounts away", fault=type(fault).__name__)
        raise accounts_unavailable()


def _in_use(admin: KeycloakAdmin, user: dict[str, Any] | None) -> bool:
    if user is None:
        return False
    credentials: list[dict[str, Any]] = admin.get_credentials(user["id"])
    return any(credential.get("type") == "otp" for credential in credentials)


@contextmanager
def connected(url: str, realm: str, client: str, secret: str, authority: str | bool) -> Iterator[Accounts]:
    """The realm at Keycloak's base `url`, as the service account of `client`. Connects when first used.

    `authority`: file of the authority of its HTTPS certificate, or True for the system's.
    """
    connection = KeycloakOpenIDConnection(
        server_url=url,
        realm_name=realm,
        client_id=client,
        client_secret_key=secret,
        grant_type="client_credentials",
        verify=authority,
        timeout=TIMEOUT_SECONDS,
    )
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="accounts") as thread:
        yield Accounts(KeycloakAdmin(connection=connection), thread)
