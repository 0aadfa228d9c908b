"""/professionals/{professional}/account: the professional's login, made and suspended by administrators."""

from typing import Annotated, Literal

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import directory_service_pb2 as pb

from terresante_gateway.codes import codes_of
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.routes.professionals import Professional
from terresante_gateway.routes.sheets import Why
from terresante_gateway.words import Input

router = APIRouter(prefix="/v1/professionals/{professional}/account", tags=["Comptes des professionnels"])

LoginMeans = Literal["card", "password_and_code"]
MEANS = codes_of(pb.LoginMeans, "LOGIN_MEANS_")
_REASONS = ("TERRITORY_NOT_YOURS", "PROFESSIONAL_UNKNOWN", "ACCOUNTS_UNAVAILABLE", "ACCOUNT_BUSY",
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip


class Account(Struct):
    """Le compte, montré une seule fois avec son mot de passe de départ."""

    professional: Professional
    username: str
    starting_password: Annotated[str | None, Meta(description="À usage unique ; null avec la carte seule")]


class NewAccount(Input):
    """Comment le professionnel se connectera."""

    means: LoginMeans = Field(description="Carte seule, ou mot de passe et code (la carte marche aussi)")


@on(router, "POST", "", "Ouvrir un compte", Authz("account", "open", ("administrator",), max_age=300), *_REASONS,
    "ACCOUNT_SUSPENDED", "ACCOUNT_CARD_TAKEN", "ACCOUNT_MEANS_INVALID", "LOGIN_TOO_OLD", status=201)  # fmt: skip
async def open_account(professional: Id, new: NewAccount, peers: To) -> Account:
    """Crée le compte, ou en rend un nouveau mot de passe de départ."""
    reply = await peers.directory.OpenAccount(
        pb.OpenAccountRequest(professional_id=professional, means=MEANS.number[new.means])
    )
    return Account(Professional.of(reply.professional), reply.username, reply.starting_password or None)


class Suspension(Input):
    """Pourquoi on suspend ; peut être absent."""

    why: Why = ""


@on(router, "POST", "/suspension", "Suspendre un compte", Authz("account", "suspend", ("administrator",)), *_REASONS,
    "ACCOUNT_UNKNOWN", "WHY_INVALID", status=201, vital=True)  # fmt: skip
async def suspend_account(professional: Id, peers: To, suspension: Suspension | None = None) -> Professional:
    """Aussitôt : les sessions finissent, les décisions refusent."""
    request = pb.SuspendAccountRequest(professional_id=professional, why=suspension.why if suspension else "")
    reply = await peers.directory.SuspendAccount(request)
    return Professional.of(reply.professional)


@on(router, "DELETE", "/suspension", "Rétablir un compte",
    Authz("account", "reinstate", ("administrator",), max_age=300), *_REASONS, "ACCOUNT_UNKNOWN", "WHY_INVALID",
    "LOGIN_TOO_OLD")  # fmt: skip
async def reinstate_account(professional: Id, peers: To) -> Professional:
    """Lève la suspension."""
    reply = await peers.directory.ReinstateAccount(pb.ReinstateAccountRequest(professional_id=professional))
    return Professional.of(reply.professional)
