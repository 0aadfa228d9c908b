"""/patients/{patient}/circle/settings: what the conversations of a circle allow."""

from fastapi import APIRouter
from pydantic import Field
from terresante.consent.v1 import consent_service_pb2 as pb

from terresante_gateway.operation import CARE, Authz, Id, To, Version, on
from terresante_gateway.routes.circle import Circle, shown_circle
from terresante_gateway.words import Input

router = APIRouter(prefix="/v1/patients/{patient}/circle/settings", tags=["Cercle de soins"])


class CircleSettings(Input):
    """Ce qui change ; ce qui n’est pas donné reste."""

    patient_may_write: bool | None = Field(
        None, description="Le patient peut écrire à son cercle : par les professionnels du cercle", examples=[True]
    )
    newcomers_see_earlier: bool | None = Field(
        None, description="Qui rejoint le cercle voit ce qui s’est écrit avant : par le patient"
    )


@on(router, "PUT", "", "Régler les conversations du cercle", Authz("circle", "change", CARE), "ACCESS_REFUSED",
    "CIRCLE_UNKNOWN", "SETTINGS_EMPTY", "VERSION_STALE", etag=True)  # fmt: skip
async def change_circle_settings(patient: Id, settings: CircleSettings, version: Version, peers: To) -> Circle:
    """Chaque réglage se décide à part ; si l’un est refusé, rien ne change. Rend le cercle."""
    reply = await peers.consent.ChangeCircleSettings(
        pb.ChangeCircleSettingsRequest(patient_id=patient, version=version, **settings.model_dump(exclude_none=True))
    )
    return await shown_circle(reply.circle, peers)
