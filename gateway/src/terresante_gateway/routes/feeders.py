"""/feeders: the systems that feed identities, registered, tuned and suspended by administrators."""

from typing import Annotated, Literal

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.directory.v1 import directory_service_pb2 as pb

from terresante_gateway.operation import Authz, Id, To, Version, on
from terresante_gateway.routes.professionals import ACCOUNTS, AccountState
from terresante_gateway.routes.sources import Oid
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1/feeders", tags=["Systèmes qui alimentent les identités"])

Policy = Literal["strict", "suggest", "auto"]


class Feeder(Struct):
    """Un système qui alimente des identités."""

    id: str
    name: Annotated[str, Meta(examples=["Hôpital des Lilas, DPI"])]
    structure_id: str
    territory_code: Annotated[str, Meta(examples=["94-ouest"])]
    issuers: Annotated[list[str], Meta(description="OID des numéros qu’il donne", examples=[["1.2.250.1.999.1.1"]])]
    policy: Annotated[Policy, Meta(description="Jusqu’où ses identités sont liées sans humain")]
    certificate_subject: Annotated[str | None, Meta(description="Sujet de son certificat, RFC 4514")]
    state: AccountState | None
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, feeder: pb.Feeder) -> "Feeder":
        """From the service's message."""
        return cls(
            feeder.feeder_id,
            feeder.name,
            feeder.structure_id,
            feeder.territory_code,
            list(feeder.issuers),
            feeder.policy,  # type: ignore[arg-type]  # one of the directory's three
            feeder.certificate_subject or None,
            ACCOUNTS.word.get(feeder.account_state),
            feeder.version,
        )


class Feeders(Struct):
    """Les systèmes, par nom."""

    items: list[Feeder]


class NewFeeder(Input):
    """Ce que l’on enregistre."""

    name: Line = Field(min_length=1, max_length=200, examples=["Hôpital des Lilas, DPI"])
    structure_id: OpaqueId = Field(description="La structure pour laquelle il alimente")
    issuers: list[Oid] = Field(min_length=1, max_length=20, description="OID des numéros qu’il donne")
    policy: Policy = Field(description="strict : jamais sans humain ; suggest : proposer ; auto : lier ce qui est sûr")
    certificate_subject: Line = Field(
        min_length=1,
        max_length=500,
        description="Sujet de son certificat d’organisation, RFC 4514",
        examples=["CN=dpi.hopital-des-lilas.example,O=Hôpital des Lilas,C=FR"],
    )


class FeederChange(Input):
    """Ce qui change : la politique, l’état, ou les deux."""

    policy: Policy | None = None
    state: Literal["open", "suspended"] | None = None

    @model_validator(mode="after")
    def _something(self) -> "FeederChange":
        if self.policy is None and self.state is None:
            raise ValueError("Il faut donner policy ou state.")
        return self


@on(router, "GET", "", "Systèmes qui alimentent", Authz("feeder", "list", ("administrator",)),
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_feeders(peers: To) -> Feeders:
    """Ceux des territoires de l’administrateur."""
    reply = await peers.directory.ListFeeders(pb.ListFeedersRequest())
    return Feeders([Feeder.of(one) for one in reply.feeders])


@on(router, "POST", "", "Enregistrer un système", Authz("feeder", "register", ("administrator",), max_age=300),
    "TERRITORY_NOT_YOURS", "STRUCTURE_UNKNOWN", "FEEDER_NAME_INVALID", "ISSUER_INVALID", "ISSUER_TAKEN",
    "FEEDING_POLICY_UNKNOWN", "CERTIFICATE_SUBJECT_INVALID", "CERTIFICATE_SUBJECT_TAKEN", "ACCOUNTS_UNAVAILABLE",
    "ADMINISTRATOR_UNKNOWN", "IDEMPOTENCY_KEY_REUSED", "LOGIN_TOO_OLD", status=201, etag=True,
    keyed=True)  # fmt: skip
async def register_feeder(new: NewFeeder, peers: To) -> Feeder:
    """Pour une structure du territoire de l’administrateur ; son compte s’ouvre avec son certificat."""
    reply = await peers.directory.RegisterFeeder(pb.RegisterFeederRequest(**new.model_dump()))
    return Feeder.of(reply.feeder)


@on(router, "PATCH", "/{feeder}", "Changer un système", Authz("feeder", "change", ("administrator",)),
    "TERRITORY_NOT_YOURS", "FEEDER_UNKNOWN", "FEEDING_POLICY_UNKNOWN", "ACCOUNT_STATE_INVALID", "VERSION_STALE",
    "VERSION_REQUIRED", "ACCOUNTS_UNAVAILABLE", "ADMINISTRATOR_UNKNOWN", etag=True, vital=True)  # fmt: skip
async def change_feeder(feeder: Id, change: FeederChange, version: Version, peers: To) -> Feeder:
    """Sa politique, ou sa suspension (aussitôt) et son rétablissement."""
    reply = await peers.directory.ChangeFeeder(
        pb.ChangeFeederRequest(
            feeder_id=feeder,
            version=version,
            policy=change.policy or "",
            account_state=ACCOUNTS.number_of(change.state),
        )
    )
    return Feeder.of(reply.feeder)
