"""/identity/persons, explanations, quality: what was done to identities, why, and how well matching does."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.identity.v1 import linkage_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.evidence import Evidence
from terresante_gateway.names import named
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.acts import Act
from terresante_gateway.routes.identities import Person
from terresante_gateway.routes.sources import SourceIdentity
from terresante_gateway.words import Input, Moment, OpaqueId

router = APIRouter(prefix="/v1/identity", tags=["Identitovigilance"])

_SEE = Authz("identity", "review", ("professional",))


class Acts(Struct):
    """Une page d’actes, le plus récent d’abord."""

    items: list[Act]
    next_cursor: str | None


@on(router, "GET", "/persons/{person}/acts", "Historique d’une identité", _SEE, "PERSON_UNKNOWN", "CURSOR_INVALID",
    "LIMIT_INVALID", "ACCESS_REFUSED")  # fmt: skip
async def list_acts(person: Id, query: Annotated[ListQuery, Query()], pages: Pages, peers: To) -> Acts:
    """Tout ce qui a été fait des identités sources d’une personne."""
    reply = await peers.linkage.ListActs(
        pb.ListActsRequest(person_id=person, cursor=pages.open(query), limit=query.limit)
    )
    names = await named(peers, professionals=[act.by for act in reply.acts])
    items = [Act.of(act, names.professional_or_system(act.by)) for act in reply.acts]
    return Acts(items, pages.seal(query, reply.next_cursor))


class AsOfQuery(Input):
    """À quel moment."""

    at: Moment = Field(description="RFC 3339, avec son fuseau", examples=["2026-03-02T08:15:00Z"])


class PersonThen(Struct):
    """Ce qu’une personne était à un moment."""

    person: Annotated[Person | None, Meta(description="null si rien n’était alors lié à cet identifiant")]
    sources: Annotated[list[SourceIdentity], Meta(description="Les versions reçues jusque-là")]
    merged_into: Annotated[str | None, Meta(description="La personne qu’elle était alors devenue")]


@on(router, "GET", "/persons/{person}/as-of", "Une identité à un moment passé", _SEE, "PERSON_UNKNOWN",
    "MOMENT_INVALID", "ACCESS_REFUSED")  # fmt: skip
async def get_person_as_of(person: Id, query: Annotated[AsOfQuery, Query()], peers: To) -> PersonThen:
    """L’identité montrée et ses identités sources, reconstruites à partir des actes."""
    reply = await peers.linkage.PersonAsOf(pb.PersonAsOfRequest(person_id=person, at=words.timestamp(query.at)))
    return PersonThen(
        Person.of(reply.person) if reply.HasField("person") else None,
        [SourceIdentity.of(one) for one in reply.sources],
        reply.merged_into or None,
    )


class TwoPersons(Input):
    """Deux personnes à comparer."""

    person_id: OpaqueId
    other_person_id: OpaqueId


class Explanation(Struct):
    """Ce qui parle pour, et contre."""

    evidence: Evidence
    source_id: Annotated[str, Meta(description="Celle de la première qui ressemble le plus à l’autre")]
    other_source_id: str


@on(router, "POST", "/explanations", "Expliquer un rapprochement", _SEE, "PERSON_UNKNOWN", "PERSONS_SAME",
    "ACCESS_REFUSED")  # fmt: skip
async def explain_match(two: TwoPersons, peers: To) -> Explanation:
    """Trait par trait, pour les deux identités sources qui se ressemblent le plus."""
    reply = await peers.linkage.Explain(pb.ExplainRequest(**two.model_dump()))
    return Explanation(Evidence.of(reply.evidence), reply.source_id, reply.other_source_id)


class FeederQuality(Struct):
    """Les chiffres d’une structure qui alimente des identités."""

    structure_id: Annotated[str | None, Meta(description="null : identités saisies sur la plateforme")]
    received: int
    created: int
    linked: int
    doubtful: int
    undone: Annotated[int, Meta(description="Liens faits sans humain et défaits depuis")]
    waiting: int
    oldest_waiting: datetime | None
    flawed_traits: Annotated[
        dict[str, int],
        Meta(description="Combien de fois chaque trait manquait ou était signalé", examples=[{"birth_place": 12}]),
    ]

    @classmethod
    def of(cls, one: pb.FeederQuality) -> "FeederQuality":
        """From identity's message."""
        return cls(
            one.structure_id or None,
            one.received,
            one.created,
            one.linked,
            one.doubtful,
            one.undone,
            one.waiting,
            words.read(one.oldest_waiting) if one.HasField("oldest_waiting") else None,
            dict(one.flawed_traits),
        )


class MatchingQuality(Struct):
    """Une ligne par structure du mandat de l’appelant."""

    items: list[FeederQuality]


class QualityQuery(Input):
    """Depuis quand."""

    since: Moment | None = Field(None, description="Il y a trente jours si absent", examples=["2026-03-02T08:15:00Z"])


@on(router, "GET", "/quality", "Qualité du rapprochement", Authz("review", "list", ("professional",)),
    "ACCESS_REFUSED")  # fmt: skip
async def get_matching_quality(query: Annotated[QualityQuery, Query()], peers: To) -> MatchingQuality:
    """Des nombres seulement, structure par structure."""
    reply = await peers.linkage.GetMatchingQuality(
        pb.GetMatchingQualityRequest(since=words.timestamp(query.since) if query.since else None)
    )
    return MatchingQuality([FeederQuality.of(one) for one in reply.feeders])
