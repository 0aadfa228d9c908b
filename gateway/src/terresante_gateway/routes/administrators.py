"""/administrators: who administers the caller's territories, named and ended within the caller's own rights."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.routes.account_care import PhoneLoss
from terresante_gateway.routes.accounts import MEANS, NewAccount
from terresante_gateway.routes.professionals import ACCOUNTS, AccountState
from terresante_gateway.routes.reorganisations import Territory
from terresante_gateway.routes.sheets import ADMINISTRATORS, Why, moment
from terresante_gateway.words import Input, Line

router = APIRouter(prefix="/v1/administrators", tags=["Administrateurs"])


class TerritoryAdministrator(Struct):
    """Un administrateur, et les territoires qu’il administre."""

    id: str
    name: Annotated[str, Meta(examples=["Maud Ferrandi"])]
    territory_codes: Annotated[list[str], Meta(examples=[["94-ouest"]])]
    account_state: AccountState | None

    @classmethod
    def of(cls, one: pb.Administrator) -> "TerritoryAdministrator":
        """From the service's message."""
        return cls(one.administrator_id, one.name, list(one.territory_codes), ACCOUNTS.word.get(one.account_state))


class TerritoryAdministrators(Struct):
    """Les administrateurs, par nom."""

    items: list[TerritoryAdministrator]


class NamedAdministrator(Struct):
    """L’administrateur nommé, et de quoi se connecter la première fois ; montré une seule fois."""

    administrator: TerritoryAdministrator
    username: str
    starting_password: Annotated[str | None, Meta(description="À usage unique ; null avec la carte seule")]


class AdministratorAccount(Struct):
    """Le compte d’un administrateur, tel qu’il est."""

    name: Annotated[str, Meta(examples=["Maud Ferrandi"])]
    state: AccountState | None
    settled: Annotated[bool, Meta(description="Le service de connexion est d’accord")]
    phone_asked: Annotated[datetime | None, Meta(description="Depuis quand un autre téléphone reste à demander")]

    @classmethod
    def of(cls, one: pb.Account) -> "AdministratorAccount":
        """From the service's message."""
        return cls(one.name, ACCOUNTS.word.get(one.state), one.settled, moment(one, "phone_asked"))


class NewAdministrator(NewAccount):
    """Qui, où, et comment il se connectera."""

    given_name: Line = Field(min_length=1, max_length=100, examples=["Maud"])
    family_name: Line = Field(min_length=1, max_length=100, examples=["Ferrandi"])
    territory_codes: list[Territory] = Field(min_length=1, max_length=100)
    rpps: Line = Field("", pattern="^([0-9]{11})?$", description="Pour une carte")


class AdministratorEnding(Input):
    """Où ses droits prennent fin, et pourquoi."""

    territory_codes: list[Territory] = Field(
        default_factory=list, max_length=100, description="Vide : tous ceux que l’appelant administre aussi"
    )
    why: Why = ""


@on(router, "GET", "", "Administrateurs", Authz("administrator", "list", ADMINISTRATORS),
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_administrators(peers: To) -> TerritoryAdministrators:
    """Ceux des territoires de l’appelant."""
    reply = await peers.enrolment.ListAdministrators(pb.ListAdministratorsRequest())
    return TerritoryAdministrators([TerritoryAdministrator.of(one) for one in reply.administrators])


@on(router, "POST", "", "Nommer un administrateur", Authz("administrator", "name", ADMINISTRATORS, max_age=300),
    "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "PROFESSIONAL_NAME_INVALID", "ACCOUNT_MEANS_INVALID", "RPPS_INVALID",
    "ACCOUNT_CARD_TAKEN", "ACCOUNT_BUSY", "ACCOUNTS_UNAVAILABLE", "ADMINISTRATOR_UNKNOWN", "IDEMPOTENCY_KEY_REUSED",
    "LOGIN_TOO_OLD", status=201, keyed=True)  # fmt: skip
async def name_administrator(new: NewAdministrator, peers: To) -> NamedAdministrator:
    """Pour des territoires de l’appelant seulement. Avec la même clé après une panne, la nomination va à son terme."""
    asked = new.model_dump(exclude={"means"}) | {"means": MEANS.number[new.means]}
    reply = await peers.enrolment.NameAdministrator(pb.NameAdministratorRequest(**asked))
    return NamedAdministrator(
        TerritoryAdministrator.of(reply.administrator), reply.username, reply.starting_password or None
    )


@on(router, "POST", "/{administrator}/phone-replacement", "Remplacer le téléphone perdu d’un administrateur",
    Authz("administrator", "recover", ADMINISTRATORS, max_age=300), "ADMINISTRATOR_UNKNOWN", "TERRITORY_NOT_YOURS",
    "ADMINISTRATOR_OTHER_UNKNOWN", "ADMINISTRATOR_SELF", "PROFESSIONAL_UNKNOWN", "ACCOUNT_UNKNOWN", "ACCOUNT_SUSPENDED",
    "ACCOUNT_MEANS_INVALID", "EVIDENCE_INVALID", "WHY_INVALID", "ACCOUNTS_UNAVAILABLE", "LOGIN_TOO_OLD",
    status=201)  # fmt: skip
async def replace_administrators_phone(administrator: Id, loss: PhoneLoss, peers: To) -> AdministratorAccount:
    """D’un autre, dont l’appelant administre tous les territoires ; après une vérification d’identité."""
    request = pb.ReplacePhoneRequest(administrator_id=administrator, evidence=loss.evidence, why=loss.why)
    return AdministratorAccount.of((await peers.enrolment.ReplacePhone(request)).account)


@on(router, "POST", "/{administrator}/ending", "Mettre fin aux droits d’un administrateur",
    Authz("administrator", "end", ADMINISTRATORS), "ADMINISTRATOR_UNKNOWN", "TERRITORY_NOT_YOURS",
    "ADMINISTRATOR_OTHER_UNKNOWN", "ADMINISTRATOR_SELF", "WHY_INVALID", status=201, vital=True)  # fmt: skip
async def end_administrator(administrator: Id, ending: AdministratorEnding, peers: To) -> TerritoryAdministrator:
    """Dans des territoires de l’appelant ; avec le dernier, son compte est suspendu. Pas les siens propres."""
    request = pb.EndAdministratorRequest(administrator_id=administrator, **ending.model_dump())
    return TerritoryAdministrator.of((await peers.enrolment.EndAdministrator(request)).administrator)
