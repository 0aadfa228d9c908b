"""/identity/sources, /identity/changes: what other systems say of their patients, and what became of it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import AfterValidator, Field
from terresante.identity.v1 import linkage_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.evidence import WORDS, Evidence, Remark, remarks
from terresante_gateway.operation import Authz, To, Unless, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.identities import FLAGS, SEXES, STATUSES, TRAIT_REASONS, Flag, Ins, Sex, Status
from terresante_gateway.words import Input, Line, Moment

router = APIRouter(prefix="/v1/identity", tags=["Identités des systèmes"])

Outcome = Literal["created", "linked", "doubtful", "updated", "unchanged"]
OUTCOMES = codes_of(pb.RegistrationOutcome, "REGISTRATION_OUTCOME_")
ActKind = Literal["registered", "linked", "unlinked", "merged", "split", "refused", "undone"]
ACT_KINDS = codes_of(pb.ActKind, "ACT_KIND_")
RECEIVED_REASONS = (*TRAIT_REASONS, "IDENTITY_BIRTH_PLACE_INVALID", "INS_MALFORMED", "INS_OID_UNKNOWN",
    "INS_OID_OF_OTHER_ENVIRONMENT")  # fmt: skip
_URN = "urn:oid:"


def _bare(oid: str) -> str:
    return oid[len(_URN) :] if oid[: len(_URN)].lower() == _URN else oid


Oid = Annotated[
    Line,
    AfterValidator(_bare),
    Field(min_length=1, max_length=72, description="OID ; « urn:oid: » devant est admis", examples=["1.2.250.1.999.1"]),
]
"""An OID, given to the services without `urn:oid:`."""


class ReceivedTraits(Input):
    """Les traits tels que le système les connaît : gardés tels quels, lus par la plateforme."""

    birth_name: str = Field("", max_length=200, description="Nom de naissance", examples=["CARADEC"])
    first_names: str = Field(
        "", max_length=300, description="Prénoms de naissance, le premier d’abord", examples=["SOLENE ANNE"]
    )
    birth_date: str = Field("", max_length=32, description="AAAA-MM-JJ, AAAA-MM ou AAAA", examples=["1951-03-14"])
    sex: Sex | None = Field(None, description="F, M, ou I (indéterminé)", examples=["F"])
    birth_country: str = Field("", max_length=16, description="Pays, ISO 3166-1 ; ZZ s’il est inconnu", examples=["FR"])
    birth_postal_code: str = Field("", max_length=16, description="Code postal, en France", examples=["94000"])
    birth_code: str = Field("", max_length=16, description="Code officiel géographique", examples=["94028"])
    used_name: str = Field("", max_length=200, description="Nom utilisé, s’il est connu", examples=["LE GOFF"])
    used_first_name: str = Field("", max_length=200, description="Prénom utilisé, s’il est connu")

    def told(self) -> pb.ReceivedTraits:
        """As identity reads them."""
        return pb.ReceivedTraits(**self.model_dump(exclude={"sex"}), sex=SEXES.number_of(self.sex))


class GivenIns(Input):
    """Une identité nationale de santé."""

    matricule: str = Field(min_length=1, max_length=32, description="15 caractères", examples=["251039402812392"])
    oid: Oid = Field(examples=["1.2.250.1.213.1.4.10"])


class NewSource(Input):
    """Une identité, sous le numéro que l’émetteur lui donne."""

    issuer: Oid = Field(description="OID de l’émetteur du numéro", examples=["1.2.250.1.999.1.1"])
    local_id: Line = Field(min_length=1, max_length=128, description="Le numéro (IPP)", examples=["0004711"])
    traits: ReceivedTraits
    status: Status = Field("PROV", description="Statut RNIV chez l’émetteur")
    flags: list[Flag] = Field(default_factory=list, max_length=3, description="Attributs RNIV chez l’émetteur")
    ins: GivenIns | None = None
    valid_from: Moment | None = Field(
        None, description="Depuis quand cette version vaut chez l’émetteur", examples=["2026-03-02T08:15:00Z"]
    )


class SourceTraits(Struct):
    """Les traits tels qu’ils ont été reçus."""

    birth_name: Annotated[str, Meta(examples=["CARADEC"])]
    first_names: Annotated[str, Meta(examples=["SOLENE ANNE"])]
    birth_date: Annotated[str, Meta(description="AAAA-MM-JJ, AAAA-MM ou AAAA", examples=["1951-03-14"])]
    sex: Sex | None
    birth_country: Annotated[str, Meta(examples=["FR"])]
    birth_postal_code: Annotated[str, Meta(examples=["94000"])]
    birth_code: Annotated[str, Meta(examples=["94028"])]
    used_name: str
    used_first_name: str

    @classmethod
    def of(cls, traits: pb.ReceivedTraits) -> "SourceTraits":
        """From identity's message."""
        return cls(
            traits.birth_name,
            traits.first_names,
            traits.birth_date,
            SEXES.word.get(traits.sex),
            traits.birth_country,
            traits.birth_postal_code,
            traits.birth_code,
            traits.used_name,
            traits.used_first_name,
        )


class SourceIdentity(Struct):
    """Ce qu’un émetteur dit de quelqu’un, sous un numéro à lui."""

    id: str
    issuer: Annotated[str, Meta(description="OID", examples=["1.2.250.1.999.1.1"])]
    local_id: Annotated[str, Meta(description="Le numéro (IPP)", examples=["0004711"])]
    version: Annotated[int, Meta(description="Croît à chaque version reçue", ge=1)]
    person_id: Annotated[str, Meta(description="La personne, dans la région")]
    traits: Annotated[SourceTraits | None, Meta(description="null si l’appelant ne peut pas les voir")]
    status: Annotated[Status | None, Meta(description="Statut RNIV chez l’émetteur")]
    flags: list[Flag]
    ins: Ins | None
    warnings: Annotated[list[Remark], Meta(description="Ce qui paraît faux, et n’a rien empêché")]
    valid_from: datetime | None
    received_at: datetime | None
    structure_id: Annotated[str | None, Meta(description="null pour une identité saisie sur la plateforme")]

    @classmethod
    def of(cls, source: pb.SourceIdentity) -> "SourceIdentity":
        """From identity's message."""
        return cls(
            source.source_id,
            source.issuer,
            source.local_id,
            source.version,
            source.person_id,
            SourceTraits.of(source.traits) if source.HasField("traits") else None,
            STATUSES.word.get(source.status),
            [FLAGS.word[flag] for flag in source.flags],
            Ins(source.ins_matricule, source.ins_oid) if source.ins_matricule else None,
            remarks(source.warnings, WORDS.warnings),
            words.read(source.valid_from) if source.HasField("valid_from") else None,
            words.read(source.received_at) if source.HasField("received_at") else None,
            source.structure_id or None,
        )


class Registration(Struct):
    """Qui c’est, dans la région."""

    outcome: Annotated[Outcome, Meta(description="Nouvelle personne, liée, en doute, mise à jour, inchangée")]
    person_id: str
    source: SourceIdentity
    review_ids: Annotated[list[str], Meta(description="Les paires qu’un humain regardera, si elle est en doute")]
    evidence: Annotated[Evidence | None, Meta(description="Pourquoi elle a été liée, ou laissée en doute")]

    @classmethod
    def of(cls, reply: pb.RegisterIdentityResponse) -> "Registration":
        """From identity's answer."""
        return cls(
            OUTCOMES.word[reply.outcome],
            reply.person_id,
            SourceIdentity.of(reply.source),
            list(reply.review_ids),
            Evidence.of(reply.evidence) if reply.HasField("evidence") else None,
        )


def _nothing_new(registration: Registration) -> bool:
    return registration.outcome in ("updated", "unchanged")


@on(router, "POST", "/sources", "Alimenter une identité", Authz("source", "feed", ("system",)), *RECEIVED_REASONS,
    "LOCAL_ID_INVALID", "ISSUER_INVALID", "IDENTITY_FLAGS_EXCLUSIVE", "IDENTITY_VERSION_OLDER", "VERSION_STALE",
    "MOMENT_INVALID", "IDENTITY_STATUS_UNKNOWN", "ACCESS_REFUSED", "IDEMPOTENCY_KEY_REUSED",
    status=201, keyed=True, unless=Unless(200, _nothing_new))  # fmt: skip
async def register_identity(new: NewSource, peers: To) -> Registration:
    """Une identité nouvelle (201), ou une version d’une identité connue (200). Émetteur et numéro sont dans le corps :
    aucun journal de relais ne les retient. Ce qui paraît faux est gardé et signalé dans `warnings`.
    """
    request = pb.RegisterIdentityRequest(
        issuer=new.issuer,
        local_id=new.local_id,
        traits=new.traits.told(),
        status=STATUSES.number[new.status],
        flags=[FLAGS.number[flag] for flag in new.flags],
        ins_matricule=new.ins.matricule if new.ins else "",
        ins_oid=new.ins.oid if new.ins else "",
        valid_from=words.timestamp(new.valid_from) if new.valid_from else None,
    )
    return Registration.of(await peers.linkage.RegisterIdentity(request))


class Change(Struct):
    """Une identité de l’appelant est passée d’une personne à une autre."""

    act_id: str
    kind: ActKind
    source_id: str
    issuer: str
    local_id: str
    from_person_id: Annotated[str | None, Meta(description="null si elle était nouvelle")]
    to_person_id: str
    at: datetime

    @classmethod
    def of(cls, one: pb.Change) -> "Change":
        """From identity's message."""
        return cls(
            one.act_id,
            ACT_KINDS.word[one.kind],
            one.source_id,
            one.issuer,
            one.local_id,
            one.from_person_id or None,
            one.to_person_id,
            words.read(one.at),
        )


class Changes(Struct):
    """Une page de changements, le plus ancien d’abord."""

    items: list[Change]
    next_cursor: Annotated[str | None, Meta(description="À garder : d’où reprendre, même s’il n’y a plus rien")]


class ChangesQuery(ListQuery):
    """À partir d’où."""

    limit: int = Field(100, ge=1, le=500, description="Éléments par page, au plus", examples=[100])


@on(router, "GET", "/changes", "Ce que mes identités sont devenues", Authz("source", "list", ("system",)),
    "CURSOR_INVALID", "LIMIT_INVALID", "ACCESS_REFUSED")  # fmt: skip
async def list_identity_changes(query: Annotated[ChangesQuery, Query()], pages: Pages, peers: To) -> Changes:
    """Les liens des identités de l’appelant, dans l’ordre. Sans curseur, depuis le premier."""
    reply = await peers.linkage.ListChanges(pb.ListChangesRequest(cursor=pages.open(query), limit=query.limit))
    return Changes([Change.of(one) for one in reply.changes], pages.seal(query, reply.next_cursor))
