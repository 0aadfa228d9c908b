"""One request of somebody signed in: their session, their rights, what they typed, and the desk they work at.

A route says who may see it by how it takes its visit; nobody else's visit gets there:

    visiting, posting              administrators (a page; a form that was sent)
    own_visiting, own_posting      professionals whose enrolment is complete
    coming_visiting, coming_posting  professionals, also while their enrolment is not complete
    any_visiting, any_posting      whoever is signed in

Every visit asks the directory who its person is, so that whoever lost their rights is out on the next request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1 import enrolment_service_pb2 as enrolment_pb
from terresante_platform import calls
from terresante_platform.refusals import Conflict, Refusal
from terresante_platform.strangers import Strangers
from terresante_platform.tokens import Verifier

from terresante_directory.gazetteer import Gazetteer
from terresante_directory.valuesets import ValueSets
from terresante_directory.workbench import forms, pages, sealing
from terresante_directory.workbench.attempts import Attempts
from terresante_directory.workbench.cookies import COOKIE, put_cookie
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.inside import Desk
from terresante_directory.workbench.persons import (
    Person,
    known,
    must_administer,
    must_be_enrolled,
    must_be_professional,
)
from terresante_directory.workbench.provider import Provider
from terresante_directory.workbench.renewing import renew_quietly, renewed
from terresante_directory.workbench.sessions import Session, Sessions, SignInFirst

LASTS = timedelta(seconds=10)
"""A token that ends sooner is renewed before it is used."""
SOON = timedelta(seconds=90)
"""One that ends sooner than this is renewed after the answer has left."""
LONG_SECONDS = 25.0
"""For what may touch a whole territory: an operation, its undoing, an import."""
OVER = frozenset({"ADMINISTRATOR_UNKNOWN", "CALLER_SUSPENDED", "TOKEN_INVALID", "LOGIN_REQUIRED", "LOGIN_REFUSED"})
"""Reasons after which a session is worth nothing."""


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
    """What all visits share. `origin`: https:// origin of the pages. `professions`: labels by code. `strangers`: bounds
    what is begun without a session.
    """

    sessions: Sessions
    attempts: Attempts
    provider: Provider
    verifier: Verifier
    desk: Desk
    origin: str
    professions: Mapping[str, str]
    values: ValueSets
    communes: Gazetteer
    strangers: Strangers


@dataclass(slots=True)
class Visit:
    """See the module. `typed` is empty unless a form was sent or taken up again."""

    request: Request
    workbench: Workbench
    session: Session
    person: Person
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
    def enrolment(self) -> Any:
        """The stub of accounts, enrolment and requests."""
        return self.workbench.desk.enrolment

    @property
    def kind(self) -> str:
        """Whose visit: "administrator" or "professional"."""
        return self.person.kind

    @property
    def name(self) -> str:
        """Of the person; blank while their enrolment is not complete."""
        return self.person.administrator.name or self.person.professional.name

    @property
    def administrator(self) -> pb.GetAdministratorResponse:
        """The administrator; empty for a professional."""
        return self.person.administrator

    @property
    def territories(self) -> Sequence[str]:
        """Codes of the administrator's territories; none for a professional."""
        return self.person.administrator.territory_codes

    @property
    def enrolled(self) -> bool:
        """Whether a professional's enrolment is complete; their account serves for that only until then."""
        return self.person.enrolled

    @property
    def structures(self) -> Sequence[enrolment_pb.Correspondent]:
        """For which structures a professional speaks; none for an administrator."""
        return self.person.professional.structures

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

    def once(self) -> None:
        """The service does this sending of the form once."""
        calls.current().idempotency_key = self.typed.one("_envoi")

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
            "form_token": sealing.form_value(self.cookie or self.session.secret, self.session.person),
            "typed": self.typed,
            "refusal": None,
            **values,
        }

    def _dressed(self, response: Response) -> Response:
        if self.cookie:
            put_cookie(response, COOKIE, self.cookie)
        if self.session.tokens.until - self.workbench.sessions.now() < SOON:
            response.background = BackgroundTask(
                renew_quietly, self.workbench.sessions, self.workbench.provider, self.session
            )
        return response


async def visiting(request: Request) -> Visit:
    """The visit of an administrator's page. Raises as `any_visiting`, and `NotAdministrator`."""
    return _of(await any_visiting(request), must_administer)


async def posting(request: Request) -> Visit:
    """The visit of an administrator's form. Raises as `any_posting`, and `NotAdministrator`."""
    return _of(await any_posting(request), must_administer)


async def own_visiting(request: Request) -> Visit:
    """The visit of a professional's page. Raises as `any_visiting`, and `NotProfessional`, `EnrolFirst`."""
    return _of(await any_visiting(request), must_be_enrolled)


async def own_posting(request: Request) -> Visit:
    """The visit of a professional's form. Raises as `any_posting`, and `NotProfessional`, `EnrolFirst`."""
    return _of(await any_posting(request), must_be_enrolled)


async def coming_visiting(request: Request) -> Visit:
    """As `own_visiting`, also of somebody whose enrolment is not complete."""
    return _of(await any_visiting(request), must_be_professional)


async def coming_posting(request: Request) -> Visit:
    """As `own_posting`, also of somebody whose enrolment is not complete."""
    return _of(await any_posting(request), must_be_professional)


async def any_visiting(request: Request) -> Visit:
    """The visit of a page for whoever is signed in. Raises `SignInFirst`, and what the directory refuses."""
    workbench: Workbench = request.app.state.workbench
    session = await workbench.sessions.find(request.cookies.get(COOKIE, ""))
    if session is None:
        raise SignInFirst("Il faut être connecté pour voir cette page.", "Connectez-vous.")
    if session.tokens.until - workbench.sessions.now() < LASTS:
        session = await renewed(workbench.sessions, workbench.provider, session)
    visit = await _entered(request, workbench, session)
    if request.method == "GET" and (kept := request.query_params.get("brouillon", "")):
        visit.typed = await _taken_up(visit, kept)
    return visit


async def any_posting(request: Request) -> Visit:
    """The visit of a form of whoever is signed in. Raises also `FormForeign`, `FormExpired`, and as `forms.read`."""
    workbench: Workbench = request.app.state.workbench
    forms.must_be_ours(request, workbench.origin)
    return await _sent(request, await forms.read(request))


async def sent(request: Request, typed: Typed) -> Visit:
    """The visit of an administrator's form of which these fields were read. Raises as `posting`."""
    return _of(await _sent(request, typed), must_administer)


async def _sent(request: Request, typed: Typed) -> Visit:
    workbench: Workbench = request.app.state.workbench
    forms.must_be_ours(request, workbench.origin)
    request.state.typed = typed
    visit = await any_visiting(request)
    visit.typed = typed
    if not sealing.is_form_token(visit.session.secret, forms.token_sent(request, typed)[0]):
        raise FormExpired(visit)
    return visit


def _of(visit: Visit, must: Callable[[Person], None]) -> Visit:
    must(visit.person)
    return visit


async def _entered(request: Request, workbench: Workbench, session: Session) -> Visit:
    """Makes the calls that follow the person's own, and asks who they are."""
    request.state.session = session
    person = await known(workbench.verifier, workbench.desk, session.tokens)
    visit = Visit(request, workbench, session, person)
    if person.rights != session.rights and (new := await workbench.sessions.rotate(session, person.rights)):
        visit.session = request.state.session = new
        visit.cookie = request.state.cookie = new.secret
    return visit


async def _taken_up(visit: Visit, kept: str) -> Typed:
    try:
        id = UUID(kept)
    except ValueError:
        return Typed({})
    return Typed(await visit.workbench.sessions.typed(visit.session, id) or {})
