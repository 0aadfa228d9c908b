"""One request of a signed-in administrator: their session, their rights, what they typed, and the desk they work at.

Every visit asks the directory who the administrator is, so that whoever lost their rights is out on the next request.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.refusals import Conflict, Refusal, Unauthenticated
from terresante_platform.tokens import Verifier

from terresante_directory.gazetteer import Gazetteer
from terresante_directory.valuesets import ValueSets
from terresante_directory.workbench import forms, pages, sealing
from terresante_directory.workbench.attempts import Attempts
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.inside import Desk
from terresante_directory.workbench.provider import LoginRefused, LoginServiceAway, Provider, away
from terresante_directory.workbench.sessions import Session, Sessions

COOKIE = "__Host-workbench"
LASTS = timedelta(seconds=10)
"""A token that ends sooner is renewed before it is used."""
SOON = timedelta(seconds=90)
"""One that ends sooner than this is renewed after the answer has left."""
ASK_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 6.0
LONG_SECONDS = 25.0
"""For what may touch a whole territory: an operation, its undoing, an import."""
OVER = frozenset({"ADMINISTRATOR_UNKNOWN", "CALLER_SUSPENDED", "TOKEN_INVALID", "LOGIN_REQUIRED", "LOGIN_REFUSED"})
"""Reasons after which a session is worth nothing."""


class SignInFirst(Unauthenticated):
    """There is no session, or it has ended."""

    reason = "SIGN_IN_FIRST"


class FormExpired(Conflict):
    """A form of an earlier session of this browser."""

    reason = "FORM_EXPIRED"

    def __init__(self, visit: "Visit") -> None:
        super().__init__(
            "Ce formulaire date d’une session précédente : rien n’a été fait.",
            "Ce que vous aviez saisi est gardé. Reprenez le formulaire, vérifiez-le, puis envoyez-le.",
        )
        self.visit = visit


class FormUsed(Conflict):
    """A form that serves once, sent again."""

    reason = "FORM_USED"


@dataclass(slots=True)
class Workbench:
    """What all visits share. `origin`: https:// origin of the pages. `professions`: labels by code."""

    sessions: Sessions
    attempts: Attempts
    provider: Provider
    verifier: Verifier
    desk: Desk
    origin: str
    professions: Mapping[str, str]
    values: ValueSets
    communes: Gazetteer


@dataclass(slots=True)
class Visit:
    """See the module. `typed` is empty unless a form was sent or taken up again."""

    request: Request
    workbench: Workbench
    session: Session
    administrator: pb.GetAdministratorResponse
    typed: Typed = field(default_factory=lambda: Typed({}))
    cookie: str = ""
    """The new secret, if the id of the session has changed during this visit."""

    @property
    def directory(self) -> Any:
        """The stub of the directory's service."""
        return self.workbench.desk.directory

    @property
    def ror(self) -> Any:
        """The stub of the directory in time."""
        return self.workbench.desk.ror

    @property
    def imports(self) -> Any:
        """The stub of imports."""
        return self.workbench.desk.imports

    @property
    def territories(self) -> Sequence[str]:
        """Codes of the administrator's territories."""
        return self.administrator.territory_codes

    @property
    def partial(self) -> bool:
        """Whether htmx asks for a part of the page, not for a page that it lost."""
        headers = self.request.headers
        return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"

    def page(self, template: str, **values: object) -> Response:
        """A page of this visit."""
        return self._page(template, values, 200)

    def again(self, template: str, refusal: Refusal, **values: object) -> Response:
        """The form again, with what was typed and why it was refused. What no form can mend is raised on."""
        if refusal.kind == "UNAUTHENTICATED" or refusal.reason in {*OVER, pages.NOT_YOURS}:
            raise refusal
        return self._page(template, {**values, "refusal": refusal}, pages.status_of(refusal))

    def to(self, path: str) -> Response:
        """Sends the browser on, so that a refresh repeats nothing."""
        return self._dressed(RedirectResponse(path, 303))

    def once(self, *, key: bool = True) -> str:
        """What this sending of the form is known by; `key`: also to the service, which does a create once."""
        sending = self.typed.one("_envoi")
        if key:
            calls.current().idempotency_key = sending
        return sending

    async def must_be_first(self) -> None:
        """Raises `FormUsed` if this very form was sent before."""
        try:
            sending = UUID(self.typed.one("_envoi"))
        except ValueError:
            raise forms.FormInvalid("Ce formulaire n’est pas complet.", "Rechargez la page, puis réessayez.") from None
        if not await self.workbench.sessions.first_use(self.session, sending):
            raise FormUsed(
                "Ce formulaire a déjà été envoyé : rien n’a été fait une seconde fois.",
                "Revenez à la fiche pour voir où elle en est.",
            )

    def _page(self, template: str, values: Mapping[str, object], status: int) -> Response:
        return self._dressed(pages.page(template, self._told(values), status))

    def _told(self, values: Mapping[str, object]) -> dict[str, object]:
        return {
            "visit": self,
            "path": self.request.url.path,
            "form_token": sealing.form_token(self.cookie or self.session.secret),
            "typed": self.typed,
            "refusal": None,
            **values,
        }

    def _dressed(self, response: Response) -> Response:
        if self.cookie:
            put_cookie(response, COOKIE, self.cookie)
        if self.session.tokens.until - self.workbench.sessions.now() < SOON:
            response.background = BackgroundTask(renew_quietly, self.workbench, self.session)
        return response


def put_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """A cookie of this host alone, sent over TLS only and never shown to scripts."""
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    """Has the browser forget it."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


async def visiting(request: Request) -> Visit:
    """The visit of a page. Raises `SignInFirst`, and whatever the directory refuses the administrator for."""
    workbench: Workbench = request.app.state.workbench
    session = await workbench.sessions.find(request.cookies.get(COOKIE, ""))
    if session is None:
        raise SignInFirst("Il faut être connecté pour voir cette page.", "Connectez-vous.")
    if session.tokens.until - workbench.sessions.now() < LASTS:
        session = await renewed(workbench, session)
    visit = await _entered(request, workbench, session)
    if request.method == "GET" and (kept := request.query_params.get("brouillon", "")):
        visit.typed = await _taken_up(visit, kept)
    return visit


async def posting(request: Request) -> Visit:
    """The visit of a form that was sent. Raises also `FormForeign`, `FormExpired`, and what `forms.read` refuses."""
    workbench: Workbench = request.app.state.workbench
    forms.must_be_ours(request, workbench.origin)
    return await sent(request, await forms.read(request))


async def sent(request: Request, typed: Typed) -> Visit:
    """The visit of a form of which these fields were read. Raises as `posting`."""
    workbench: Workbench = request.app.state.workbench
    forms.must_be_ours(request, workbench.origin)
    request.state.typed = typed
    visit = await visiting(request)
    visit.typed = typed
    given = typed.one("_jeton") or request.headers.get("x-jeton", "")
    if not sealing.is_form_token(visit.session.secret, given):
        raise FormExpired(visit)
    return visit


async def _entered(request: Request, workbench: Workbench, session: Session) -> Visit:
    """Makes the calls that follow the administrator's own, and asks who they are."""
    request.state.session = session
    caller = await workbench.verifier.caller(session.tokens.access)
    calls.enter(calls.Call(caller=caller))
    administrator = await workbench.desk.directory.GetAdministrator(pb.GetAdministratorRequest())
    visit = Visit(request, workbench, session, administrator)
    if tuple(administrator.territory_codes) != session.territories:
        visit.session = await workbench.sessions.rotate(session, administrator.territory_codes)
        visit.cookie = visit.session.secret
        request.state.session = visit.session
    return visit


async def _taken_up(visit: Visit, kept: str) -> Typed:
    try:
        id = UUID(kept)
    except ValueError:
        return Typed({})
    return Typed(await visit.workbench.sessions.typed(visit.session, id) or {})


async def renewed(workbench: Workbench, session: Session) -> Session:
    """The session with tokens that last. Of several requests one asks Keycloak, the others wait for it.

    Raises `SignInFirst` if it has ended there, `LoginServiceAway`.
    """
    turn = session.turn
    end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < end:
        if await workbench.sessions.lease(session):
            return await _renewed_by_us(workbench, session)
        await asyncio.sleep(ASK_AGAIN_SECONDS)
        found = await workbench.sessions.find(session.secret)
        if found is None:
            raise SignInFirst("Votre session a pris fin.", "Connectez-vous de nouveau.")
        if found.turn != turn:
            return found
    raise away()


async def _renewed_by_us(workbench: Workbench, session: Session) -> Session:
    try:
        tokens = await workbench.provider.renew(session.tokens)
    except LoginRefused:
        await workbench.sessions.end(session.secret)
        raise SignInFirst("Votre session a pris fin.", "Connectez-vous de nouveau.") from None
    except LoginServiceAway:
        await workbench.sessions.release(session)
        raise
    return await workbench.sessions.renewed(session, tokens)


async def renew_quietly(workbench: Workbench, session: Session) -> None:
    """Renews after the answer has left; what cannot be done now is done, or told, at the next request."""
    try:
        await renewed(workbench, session)
    except Refusal:
        return
