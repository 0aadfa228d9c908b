"""/identity/matches, /identity/cross-references: who traits or a number may be. Nothing is kept; no trait in a URL."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

import msgspec
from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.identity.v1 import linkage_service_pb2 as pb

from terresante_gateway.evidence import Evidence
from terresante_gateway.operation import CONTENT_SECONDS, Authz, Kind, Stream, To, on
from terresante_gateway.routes.identities import Person
from terresante_gateway.routes.sources import RECEIVED_REASONS, GivenIns, Oid, ReceivedTraits, SourceIdentity
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1/identity", tags=["Identités des systèmes"])
ASKERS: tuple[Kind, ...] = ("professional", "system")
MOST_LOOKUPS = 1_000
LARGEST_BATCH = 2 * 1024 * 1024
_LINES = "application/x-ndjson"
_encode = msgspec.json.Encoder().encode


class Lookup(Input):
    """Qui l’on cherche."""

    traits: ReceivedTraits = ReceivedTraits()
    ins: GivenIns | None = None
    limit: int = Field(10, ge=1, le=10, description="Candidats, au plus")

    def told(self) -> pb.MatchRequest:
        """As identity reads it."""
        ins = self.ins
        return pb.MatchRequest(
            traits=self.traits.told(),
            ins_matricule=ins.matricule if ins else "",
            ins_oid=ins.oid if ins else "",
            limit=self.limit,
        )


class MatchCandidate(Struct):
    """Quelqu’un qui peut être la personne cherchée."""

    person: Annotated[Person, Meta(description="Sans son INS")]
    source_id: Annotated[str, Meta(description="Celle de ses identités sources qui ressemble le plus")]
    evidence: Evidence

    @classmethod
    def of(cls, candidate: pb.MatchCandidate) -> "MatchCandidate":
        """From identity's message."""
        return cls(Person.of(candidate.person), candidate.source_id, Evidence.of(candidate.evidence))


class Matches(Struct):
    """Les candidats, le meilleur d’abord."""

    items: list[MatchCandidate]
    capped_keys: Annotated[
        list[str],
        Meta(description="Rapprochements écartés, trop de personnes les partageant : il peut manquer quelqu’un"),
    ]


@on(router, "POST", "/matches", "Rapprocher des traits", Authz("identity", "match", ASKERS), *RECEIVED_REASONS,
    "INS_KEY_WRONG", "LIMIT_INVALID", "SEARCH_RATE_LIMITED", "ACCESS_REFUSED")  # fmt: skip
async def match(lookup: Lookup, peers: To) -> Matches:
    """Qui ces traits, ou cet INS, peuvent être, et pourquoi. Rien n’est gardé que la demande au journal."""
    reply = await peers.linkage.Match(lookup.told())
    return Matches([MatchCandidate.of(one) for one in reply.candidates], list(reply.capped_keys))


class LookupBatch(Input):
    """Plusieurs recherches à la fois."""

    lookups: list[Lookup] = Field(min_length=1, max_length=MOST_LOOKUPS)


class MatchLine(Struct):
    """La réponse à une recherche du lot."""

    index: Annotated[int, Meta(description="Rang dans la demande, à partir de 0", ge=0)]
    items: list[MatchCandidate]
    capped_keys: list[str]
    reason: Annotated[str | None, Meta(description="Motif, si cette recherche n’a pas pu être lue")]
    detail: Annotated[str | None, Meta(description="Ce motif en français")]

    @classmethod
    def of(cls, answer: pb.BatchMatchResponse) -> "MatchLine":
        """From identity's message."""
        return cls(
            answer.index,
            [MatchCandidate.of(one) for one in answer.candidates],
            list(answer.capped_keys),
            answer.reason or None,
            answer.sentence or None,
        )


@on(router, "POST", "/matches/batch", "Rapprocher un lot", Authz("identity", "match", ASKERS), "MATCH_TOO_MANY",
    "SEARCH_RATE_LIMITED", "ACCESS_REFUSED", seconds=CONTENT_SECONDS, answer_media_type=_LINES, line=MatchLine,
    largest_body=LARGEST_BATCH)  # fmt: skip
async def match_batch(batch: LookupBatch, peers: To) -> Stream:
    """Jusqu’à 1 000 recherches, 2 Mio. Une ligne JSON par réponse, dans l’ordre demandé, dès qu’elle est connue ; une
    recherche illisible a sa ligne, avec son motif.
    """
    ask = cast(Any, peers.linkage.BatchMatch)  # the platform's stub takes `seconds`
    request = pb.BatchMatchRequest(lookups=[lookup.told() for lookup in batch.lookups])
    answers = ask(request, seconds=CONTENT_SECONDS)
    first = await anext(answers)  # a refusal of the whole is a problem, not a broken stream
    return Stream(_LINES, _lines(first, answers))


async def _lines(first: pb.BatchMatchResponse, answers: AsyncIterator[pb.BatchMatchResponse]) -> AsyncIterator[bytes]:
    yield _encode(MatchLine.of(first)) + b"\n"
    async for answer in answers:
        yield _encode(MatchLine.of(answer)) + b"\n"


class Reference(Input):
    """Une seule façon de nommer quelqu’un : `person_id`, ou `issuer` et `local_id`, ou `ins`."""

    person_id: OpaqueId | None = None
    issuer: Oid | None = Field(None, examples=["1.2.250.1.999.1.1"])
    local_id: Annotated[Line, Field(min_length=1, max_length=128)] | None = Field(None, examples=["0004711"])
    ins: GivenIns | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Reference":
        if (self.issuer is None) != (self.local_id is None):
            raise ValueError("Il faut donner issuer et local_id ensemble.")
        if [self.person_id, self.issuer, self.ins].count(None) != 2:
            raise ValueError("Il faut donner person_id, ou issuer et local_id, ou ins : une seule de ces façons.")
        return self


class CrossReference(Struct):
    """Tout ce qui est connu comme cette personne."""

    person_id: Annotated[str, Meta(description="La personne aujourd’hui : après une fusion, celle qui reste")]
    sources: list[SourceIdentity]


@on(router, "POST", "/cross-references", "Retrouver les identités d’une personne",
    Authz("identity", "cross_reference", ASKERS), "REFERENCE_INVALID", "SOURCE_UNKNOWN", "PERSON_UNKNOWN",
    "INS_MALFORMED", "INS_KEY_WRONG", "INS_OID_UNKNOWN", "INS_OID_OF_OTHER_ENVIRONMENT", "ISSUER_INVALID",
    "LOCAL_ID_INVALID", "ACCESS_REFUSED")  # fmt: skip
async def cross_reference(reference: Reference, peers: To) -> CrossReference:
    """Ses identités sources. Un système y voit les numéros, et les traits de ce qu’il a lui-même envoyé."""
    ins = reference.ins
    reply = await peers.linkage.CrossReference(
        pb.CrossReferenceRequest(
            person_id=reference.person_id or "",
            issuer=reference.issuer or "",
            local_id=reference.local_id or "",
            ins_matricule=ins.matricule if ins else "",
            ins_oid=ins.oid if ins else "",
        )
    )
    return CrossReference(reply.person_id, [SourceIdentity.of(one) for one in reply.sources])
