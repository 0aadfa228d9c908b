"""The application: all routers, the FastAPI object that describes them, and the door in front."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from msgspec import Struct
from terresante_platform.refusals import Unavailable
from terresante_platform.tokens import Verifier

from terresante_gateway import openapi, page
from terresante_gateway.door import Door
from terresante_gateway.exchange import Services
from terresante_gateway.fhir import doors as fhir
from terresante_gateway.operation import NOBODY, Operation, on, operations_of
from terresante_gateway.routes import (
    absences,
    account_care,
    accounts,
    activation,
    acts,
    addressees,
    administrators,
    attachments,
    blocks,
    change_requests,
    circle,
    circle_settings,
    consents,
    contents,
    correspondents,
    decisions,
    desk,
    differences,
    directory_acts,
    documents,
    emergency_accesses,
    feeders,
    finding,
    identities,
    identity_history,
    identity_officers,
    import_files,
    imports,
    journal,
    matches,
    me,
    message_acts,
    messages,
    news,
    nodes,
    notes,
    notifications,
    observations,
    offer_upkeep,
    offers,
    on_call,
    patients,
    preferences,
    professionals,
    reference,
    reorganisations,
    representatives,
    reviews,
    self_enrolment,
    sheets,
    sources,
    stays,
    stream,
    structures,
    threads,
    thresholds,
    unread,
    webhooks,
)

ROUTERS: Sequence[APIRouter] = (
    me.router,
    patients.router,
    identities.router,
    activation.router,
    consents.router,
    circle.router,
    circle_settings.router,
    blocks.router,
    emergency_accesses.router,
    representatives.router,
    documents.router,
    contents.router,
    notes.router,
    observations.router,
    stays.router,
    thresholds.router,
    news.router,
    threads.router,
    messages.router,
    message_acts.router,
    attachments.router,
    unread.router,
    addressees.router,
    stream.router,
    webhooks.router,
    journal.router,
    decisions.router,
    notifications.router,
    preferences.router,
    absences.router,
    on_call.router,
    professionals.router,
    accounts.router,
    account_care.router,
    self_enrolment.router,
    structures.router,
    sheets.router,
    nodes.router,
    offers.router,
    offer_upkeep.router,
    finding.router,
    directory_acts.router,
    reorganisations.router,
    imports.router,
    import_files.router,
    differences.router,
    correspondents.router,
    change_requests.router,
    administrators.router,
    desk.router,
    reference.router,
    sources.router,
    matches.router,
    reviews.router,
    acts.router,
    identity_history.router,
    identity_officers.router,
    feeders.router,
)


class Stopping(Unavailable):
    """The process is about to end: balancers should send nothing new."""

    reason = "STOPPING"


class Starting(Unavailable):
    """The process does not reach every part yet, or cannot verify everybody's login."""

    reason = "STARTING"


class Health(Struct):
    """L’état de ce processus."""

    status: str


@dataclass(slots=True)
class State:
    """What the process says about itself."""

    starting: bool = False
    stopping: bool = False


def _observing(state: State) -> APIRouter:
    """Liveness, readiness: about this process only, so that a sick neighbour never takes all gateways out."""
    router = APIRouter(tags=["Exploitation"])

    @on(router, "GET", "/health", "Le processus vit", NOBODY)
    async def get_health() -> Health:
        """Répond tant que le processus vit."""
        return Health("alive")

    @on(router, "GET", "/ready", "Le processus accepte des demandes", NOBODY, "STARTING", "STOPPING")
    async def get_readiness() -> Health:
        """Refuse au démarrage, tant qu’un service ou le service de connexion ne répond pas, et pendant l’arrêt."""
        if state.stopping:
            raise Stopping("Cette passerelle s’arrête.", "Réessayez : une autre répondra.")
        if state.starting:
            raise Starting("Cette passerelle démarre.", "Réessayez : une autre répondra.")
        return Health("ready")

    return router


def described(state: State, public_url: str = "") -> tuple[FastAPI, list[Operation]]:
    """All operations, and the FastAPI object that describes them. One without `x-authz` stops here."""
    operations = operations_of([*ROUTERS, _observing(state)])
    app = FastAPI(
        title="Terr-eSanté, API des portails",
        version="1.0.0",
        summary="La coordination autour du patient, avec son consentement",
        description=openapi.DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": public_url}] if public_url else None,
        openapi_url=None,
    )
    app.router.routes.clear()
    app.router.routes.extend(operations)
    return app, operations


def door(
    services: Services,
    verifier: Verifier,
    state: State,
    *,
    public_url: str = "",
    origins: Iterable[str] = (),
    most_requests: int = 400,
    body_seconds: float = 10.0,
    issuers: page.Issuers | None = None,
) -> Door:
    """The ASGI application, its own description included."""
    app, operations = described(state, public_url)
    return Door(
        [
            *operations,
            *fhir.operations(public_url),
            *page.operations(openapi.document(app, operations), issuers or {}),
        ],
        services,
        verifier,
        origins=origins,
        most_requests=most_requests,
        body_seconds=body_seconds,
    )
