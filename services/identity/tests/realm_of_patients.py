"""A realm of patients that keeps accounts as Keycloak's admin API does, over real HTTP, in memory."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

USERS = "/admin/realms/patient/users"


class RealmOfPatients:
    """Accounts by id. `away`: every answer is 503. `full`: so is every attempt to make or change an account.
    `breaks_at`: so is a request of an account's resource of that name.
    """

    def __init__(self) -> None:
        self.url = ""
        self.secret = "not-a-secret"
        self.away = False
        self.full = False
        self.breaks_at = ""
        self.users: dict[str, dict[str, Any]] = {}
        self.credentials: dict[str, list[dict[str, Any]]] = {}
        self.sessions: dict[str, int] = {}

    def opens(self, username: str, password: str) -> list[str] | None:
        """What a login with this password must still do (required actions); None when it opens nothing."""
        for id, user in self.users.items():
            words = [one["value"] for one in self.credentials[id] if one["type"] == "password"]
            if user["username"] == username and user["enabled"] and password in words:
                return list(user["requiredActions"])
        return None

    def made_own(self, username: str, password: str) -> None:
        """The patient sets a password and a code device on Keycloak's pages."""
        id = next(id for id, user in self.users.items() if user["username"] == username)
        self.users[id]["requiredActions"] = []
        self.credentials[id] = [{"type": "password", "value": password}, {"type": "otp", "id": "1", "value": "device"}]
        self.sessions[id] = 1

    def sessions_of(self, username: str) -> int:
        """How many sessions somebody has open."""
        return next(self.sessions.get(id, 0) for id, user in self.users.items() if user["username"] == username)

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        """Status and JSON for a request."""
        parts = urlsplit(target)
        if self.away:
            return 503, {"error": "away"}
        if parts.path.endswith("/protocol/openid-connect/token"):
            return 200, {"access_token": "token", "expires_in": 60, "refresh_expires_in": 0, "token_type": "Bearer"}
        if (self.full and method != "GET") or parts.path.rpartition("/")[2] == self.breaks_at:
            return 503, {"error": "full"}
        if parts.path == USERS:
            return self._users(method, parse_qs(parts.query), body)
        return self._user(method, *parts.path.removeprefix(USERS + "/").partition("/")[::2], body)

    def _users(self, method: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, [
                user
                for user in self.users.values()
                if user["attributes"]["uid"] == [query["q"][0].removeprefix("uid:")]
            ]
        if any(user["username"] == body["username"] for user in self.users.values()):
            return 409, {"errorMessage": "User exists with same username"}
        id = str(uuid4())
        self.credentials[id] = body.pop("credentials", [])
        self.users[id] = {"id": id, **body}
        return 201, id

    def _user(self, method: str, id: str, what: str, body: Any) -> tuple[int, Any]:
        if id not in self.users:
            return 404, {"error": "User not found"}
        if what.partition("/")[0] == "credentials":
            return self._credentials(method, id, what.partition("/")[2])
        if what == "logout":
            self.sessions[id] = 0
            return 204, None
        if what == "reset-password":
            others = [one for one in self.credentials[id] if one["type"] != "password"]
            self.credentials[id] = [*others, body]
            actions = set(self.users[id]["requiredActions"]) | ({"UPDATE_PASSWORD"} if body["temporary"] else set())
            self.users[id]["requiredActions"] = sorted(actions)
            return 204, None
        if method == "PUT":
            self.users[id] |= body
            return 204, None
        return 200, self.users[id]

    def _credentials(self, method: str, id: str, which: str) -> tuple[int, Any]:
        if method == "DELETE":
            self.credentials[id] = [one for one in self.credentials[id] if one.get("id") != which]
            return 204, None
        return 200, [{"type": one["type"], "id": one.get("id", "0")} for one in self.credentials[id]]


@contextmanager
def serving() -> Iterator[RealmOfPatients]:
    """A realm that answers on a free port of loopback until left."""
    realm = RealmOfPatients()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            is_json = raw.startswith(b"{")
            status, answer = realm.answer(self.command, self.path, json.loads(raw) if is_json else None)
            body = b"" if status in {201, 204} else json.dumps(answer).encode()
            self.send_response(status)
            if status == 201:
                self.send_header("Location", f"{realm.url}{USERS}/{answer}")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    realm.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield realm
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
