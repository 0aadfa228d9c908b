"""/identity/links, unlinks, merges, splits, acts: an identity officer says which source identities are one person."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.identity.v1 import linkage_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.evidence import Evidence
from terresante_gateway.exchange import LARGEST_VERSION
from terresante_gateway.names import Names, Who
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.routes.identities import Person
from terresante_gateway.routes.sources import ACT_KINDS, ActKind
from terresante_gateway.words import Input, OpaqueId, Text

router = APIRouter(prefix="/v1/identity", tags=["Identitovigilance"])

Why = Annotated[
    Text,
    Field(min_length=1, max_length=1000, pattern=r"\S", description="Pourquoi", examples=["Pièce d’identité vue."]),
]
"""A comment, compulsory."""
SeenVersion = Annotated[
    int, Field(ge=1, le=LARGEST_VERSION, description="`version` de la personne, telle que lue", examples=[3])
]
"""The version of a person that an act is based on."""


class Move(Struct):
    """Une identité source qu’un acte a déplacée."""

    source_id: str
    from_person_id: Annotated[str | None, Meta(description="null si elle était nouvelle")]
    to_person_id: str


class Act(Struct):
    """Ce qui a été fait, par qui et pourquoi. Ne change jamais."""

    id: str
    kind: ActKind
    at: datetime
    by: Who
    moves: list[Move]
    comment: str
    undoes: Annotated[str | None, Meta(description="L’acte que celui-ci défait")]
    undone_by: Annotated[str | None, Meta(description="L’acte qui a défait celui-ci")]
    review_id: str | None
    absorbed_id: Annotated[str | None, Meta(description="Pour une fusion : la personne devenue une autre")]
    surviving_id: Annotated[str | None, Meta(description="Pour une fusion : la personne qui reste")]
    evidence: Annotated[Evidence | None, Meta(description="Pourquoi, si la plateforme l’a fait elle-même")]

    @classmethod
    def of(cls, act: pb.Act, by: Who) -> "Act":
        """From identity's message; `by`: as it can be named here."""
        return cls(
            act.act_id,
            ACT_KINDS.word[act.kind],
            words.read(act.at),
            by,
            [Move(one.source_id, one.from_person_id or None, one.to_person_id) for one in act.moves],
            act.comment,
            act.undoes or None,
            act.undone_by or None,
            act.review_id or None,
            act.absorbed_id or None,
            act.surviving_id or None,
            Evidence.of(act.evidence) if act.HasField("evidence") else None,
        )

    @classmethod
    def just_done(cls, act: pb.Act) -> "Act":
        """Of the caller: nobody is asked for a name once something is done, which must not end in a refusal."""
        return cls.of(act, Names().professional(act.by))


class Done(Struct):
    """L’acte, et la personne après lui."""

    act: Act
    person: Person


class Undone(Struct):
    """L’acte qui a défait l’autre."""

    act: Act


class NewLink(Input):
    """L’identité source à déplacer, et vers qui."""

    source_id: OpaqueId
    person_id: OpaqueId
    person_version: SeenVersion
    comment: Why


class NewUnlink(Input):
    """L’identité source qui quitte sa personne."""

    source_id: OpaqueId
    person_version: SeenVersion
    comment: Why


class NewMerge(Input):
    """Les deux personnes qui n’en sont qu’une."""

    absorbed_id: OpaqueId = Field(description="Celle qui devient l’autre")
    absorbed_version: SeenVersion
    surviving_id: OpaqueId = Field(description="Celle qui reste, de statut au moins aussi élevé")
    surviving_version: SeenVersion
    comment: Why


class NewSplit(Input):
    """Les identités sources qui sont quelqu’un d’autre."""

    person_id: OpaqueId
    person_version: SeenVersion
    source_ids: list[OpaqueId] = Field(max_length=200)
    comment: Why


class NewUndo(Input):
    """Pourquoi défaire."""

    comment: Why


_AUTHZ = Authz("identity", "decide", ("professional",))
_ALWAYS = ("VERSION_STALE", "COMMENT_INVALID", "ACCESS_REFUSED")


@on(router, "POST", "/links", "Lier une identité source à une personne", _AUTHZ, "SOURCE_UNKNOWN", "PERSON_UNKNOWN",
    "PERSON_MERGED", "ALREADY_LINKED", "IDENTITY_TWO_ACTIVE_INS", *_ALWAYS, status=201)  # fmt: skip
async def link_source(new: NewLink, peers: To) -> Done:
    """Déplace une identité source vers une autre personne."""
    reply = await peers.linkage.Link(pb.LinkRequest(**new.model_dump()))
    return Done(Act.just_done(reply.act), Person.of(reply.person))


@on(router, "POST", "/unlinks", "Détacher une identité source", _AUTHZ, "SOURCE_UNKNOWN", "ONLY_SOURCE", *_ALWAYS,
    status=201)  # fmt: skip
async def unlink_source(new: NewUnlink, peers: To) -> Done:
    """Elle redevient une personne à elle seule, que la réponse donne."""
    reply = await peers.linkage.Unlink(pb.UnlinkRequest(**new.model_dump()))
    return Done(Act.just_done(reply.act), Person.of(reply.person))


@on(router, "POST", "/merges", "Fusionner deux personnes", _AUTHZ, "PERSON_UNKNOWN", "PERSONS_SAME", "PERSON_MERGED",
    "SURVIVOR_LESS_QUALIFIED", "IDENTITY_TWO_ACTIVE_INS", *_ALWAYS, status=201)  # fmt: skip
async def merge_persons(new: NewMerge, peers: To) -> Done:
    """L’identifiant absorbé reste connu et dit qui il est devenu. Cercles et consentements ne sont pas réunis pour
    autant : le plus strict des deux vaut jusqu’à ce qu’une personne décide.
    """
    reply = await peers.linkage.Merge(pb.MergeRequest(**new.model_dump()))
    return Done(Act.just_done(reply.act), Person.of(reply.person))


@on(router, "POST", "/splits", "Séparer une personne en deux", _AUTHZ, "PERSON_UNKNOWN", "SOURCE_UNKNOWN",
    "SPLIT_TAKES_ALL", "SPLIT_TAKES_NONE", *_ALWAYS, status=201)  # fmt: skip
async def split_person(new: NewSplit, peers: To) -> Done:
    """Fait une nouvelle personne, que la réponse donne, de certaines identités sources d’une autre."""
    reply = await peers.linkage.Split(pb.SplitRequest(**new.model_dump()))
    return Done(Act.just_done(reply.act), Person.of(reply.person))


@on(router, "POST", "/acts/{act}/undo", "Défaire un acte", _AUTHZ, "ACT_UNKNOWN", "ACT_NOT_UNDOABLE", "ACT_OVERTAKEN",
    "IDENTITY_TWO_ACTIVE_INS", *_ALWAYS, status=201)  # fmt: skip
async def undo_act(act: Id, new: NewUndo, peers: To) -> Undone:
    """Tout redevient comme avant, par un acte qui peut être défait à son tour. ACT_OVERTAKEN dit dans `details.acts`
    lesquels sont à défaire d’abord.
    """
    reply = await peers.linkage.Undo(pb.UndoRequest(act_id=act, comment=new.comment))
    return Undone(Act.just_done(reply.act))
