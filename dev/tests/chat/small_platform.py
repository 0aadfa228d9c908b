"""A platform in miniature for the example portal's tests: two realms that log in whoever is chosen, and the part of /v1
that its pages call, kept in memory. What the real one answers is tried in tests/flows/test_chat.py.
"""

import asyncio
import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

PATIENT, THREAD = "p-1", "t-1"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
Told = dict[str, Any]
PEOPLE: dict[str, dict[str, Any]] = {
    "gp": {"kind": "professional", "id": "gp", "name": "Paul Roy", "profession_label": "Médecin"},
    "nurse": {"kind": "professional", "id": "nurse", "name": "Inès Caradec", "profession_label": "Infirmier"},
    "patient": {"kind": "patient", "id": PATIENT, "name": "Jeanne Morel", "profession_label": None},
}


def now() -> str:
    """As the API writes moments."""
    return datetime.now(UTC).isoformat()


def file(id: str, name: str, thumbnail: str) -> Told:
    """A picture that was joined."""
    return {"id": id, "name": name, "media_type": "image/png", "size": 4_000, "sha256": "", "thumbnail": thumbnail}


@dataclass
class Platform:
    """`messages`: by place. `asked`: method and path of each call of /v1, with the header of the place of practice.
    `closed`: who may read nothing any more. `opened`: what was asked for in opening threads.
    """

    origin: str = ""
    seconds: int = 300
    messages: list[Told] = field(default_factory=list)
    events: list[tuple[str, Told]] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    files: dict[str, Told] = field(default_factory=dict)
    keys: dict[str, Told] = field(default_factory=dict)
    opened: list[Told] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    refreshes: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    happened: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def tell(self, kind: str, **about: Any) -> None:
        """Something happens: streams hear of it."""
        async with self.happened:
            self.events.append((kind, {"thread_id": THREAD, "patient_id": PATIENT, "at": now(), **about}))
            self.happened.notify_all()

    async def post(self, author: str, **said: Any) -> Told:
        """A message of theirs."""
        place = len(self.messages) + 1
        message = {
            "id": f"m-{place}", "thread_id": THREAD, "place": place, "author": PEOPLE[author], "author_place_id": None,
            "sent_at": now(), "text": "", "urgent": False, "quoted_message_id": None, "mentions": [], "attachments": [],
            "item": None, "acts": [], "edited_at": None, "deleted_at": None, "origin": "platform", "version": 1, **said,
        }  # fmt: skip
        self.messages.append(message)
        await self.tell(
            "message_posted", message_id=message["id"], place=place, actor_id=author, urgent=message["urgent"]
        )
        return message

    def grant(self, who: str, nonce: str, realm: str) -> Told:
        """Tokens as Keycloak gives them."""
        access, refresh = secrets.token_hex(8), secrets.token_hex(8)
        self.tokens[access] = self.refreshes[refresh] = who
        claims = json.dumps({"nonce": nonce, "iss": f"{self.origin}/realms/{realm}"}).encode()
        id_token = f"x.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.x"
        return {"access_token": access, "refresh_token": refresh, "id_token": id_token, "expires_in": self.seconds}


def realms(platform: Platform) -> list[Route]:
    """The pages and endpoints of logins."""

    async def auth(request: Request) -> Response:
        query = request.query_params
        links = []
        for who in PEOPLE:
            code = ".".join((who, query["nonce"], request.path_params["realm"], query["code_challenge"]))
            back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
            links.append(f'<p><a href="{back}">{who}</a></p>'.replace("&", "&amp;"))
        return HTMLResponse(f'<!doctype html><html lang="fr"><title>Connexion</title>{"".join(links)}')

    async def token(request: Request) -> Response:
        given = dict((await request.form()).items())
        if given["grant_type"] == "authorization_code":
            who, nonce, realm, challenge = str(given["code"]).split(".")
            digest = hashlib.sha256(str(given["code_verifier"]).encode()).digest()
            if who not in PEOPLE or base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse(platform.grant(who, nonce, realm))
        owner = platform.refreshes.pop(str(given["refresh_token"]), None)
        if owner is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(platform.grant(owner, "", "pro"))

    async def logout(request: Request) -> Response:
        return RedirectResponse(request.query_params["post_logout_redirect_uri"])

    realm = "/realms/{realm}/protocol/openid-connect"
    return [
        Route(f"{realm}/auth", auth),
        Route(f"{realm}/token", token, methods=["POST"]),
        Route(f"{realm}/logout", logout),
    ]
