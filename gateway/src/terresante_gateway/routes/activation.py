"""/patients/{patient}/activation: the code with which a patient opens their account."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.identity.v1 import identity_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.words import Input

router = APIRouter(prefix="/v1/patients/{patient}/activation", tags=["Patients"])


class NewActivation(Input):
    """Pourquoi un code est remis ; sans contenu, le compte n’a encore jamais servi."""

    replace: bool = Field(
        False,
        description=(
            "Le patient a perdu son mot de passe ou son téléphone : ses anciens moyens de connexion et ses sessions "
            "prennent fin, et le compte repart de ce code"
        ),
        examples=[True],
    )


class Activation(Struct):
    """À remettre au patient en mains propres ; montré une seule fois."""

    username: str
    activation_code: Annotated[str, Meta(description="Mot de passe de départ, à usage unique")]
    expires_at: datetime
    login_url: Annotated[str, Meta(description="La page où le patient se connecte")]


@on(router, "POST", "", "Remettre un code d’activation", Authz("activation", "issue", ("professional",)),
    "PERSON_UNKNOWN", "ACTIVATION_ALREADY_DONE", "ACTIVATION_BUSY", "ACTIVATION_RATE_LIMITED", "ACCOUNTS_UNAVAILABLE",
    "ACCESS_REFUSED", status=201)  # fmt: skip
async def issue_activation(patient: Id, peers: To, why: NewActivation | None = None) -> Activation:
    """Prépare le compte du patient et rend son code d’activation, qui expire. Redemandé, il remplace le précédent.

    D’un compte déjà en service, un nouveau code ne se donne qu’avec `replace`.
    """
    request = pb.IssueActivationRequest(person_id=patient, replace=why is not None and why.replace)
    reply = await peers.identity.IssueActivation(request)
    return Activation(reply.username, reply.activation_code, words.read(reply.expires_at), reply.login_url)
