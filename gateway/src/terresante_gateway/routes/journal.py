"""/patients/{patient}/journal: who did, saw or tried what, and why it was allowed or refused."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from terresante.consent.v1 import decision_service_pb2 as decisions
from terresante.consent.v1 import journal_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import ACTIONS, BASES, RESOURCES, codes_of
from terresante_gateway.names import Names, Where, Who, named
from terresante_gateway.operation import CARE, CONTENT_SECONDS, Asker, Authz, Id, Stream, To, on
from terresante_gateway.pages import ListQuery, Pages

router = APIRouter(prefix="/v1/patients/{patient}/journal", tags=["Journal des accès"])

ACTION = codes_of(decisions.Action, "ACTION_")
RESOURCE = codes_of(decisions.ResourceKind, "RESOURCE_KIND_")
BASIS = codes_of(decisions.Basis, "BASIS_")


class What(Struct):
    """Ce qui a été fait ou tenté."""

    action: Annotated[str, Meta(examples=["read"])]
    label: Annotated[str, Meta(description="En français", examples=["Lecture : document"])]
    resource_kind: Literal["document", "note", "observation", "message"] | None
    resource_id: str | None
    category: str | None


class Why(Struct):
    """Pourquoi c’était permis ou refusé."""

    sentence: Annotated[str, Meta(examples=["Membre du cercle de soins, consentement en vigueur."])]
    reasons: Annotated[list[str], Meta(description="Motifs pour les programmes, le décisif d’abord")]
    basis: Annotated[str | None, Meta(examples=["member"])]
    basis_label: Annotated[str | None, Meta(examples=["membre du cercle de soins"])]
    policy_version: str


class Entry(Struct):
    """Une ligne du journal."""

    id: Annotated[str, Meta(description="Aussi l’identifiant de la décision : voir /decisions/{decision}")]
    at: datetime
    who: Who
    yourself: Annotated[bool, Meta(description="C’est l’appelant lui-même")]
    place: Where | None
    what: What
    about: Annotated[Who | None, Meta(description="La personne concernée par un changement de droits")]
    outcome: Literal["allowed", "refused"]
    why: Why
    sequence: Annotated[int, Meta(description="Rang parmi les lignes du patient, à partir de 1, sans trou")]

    @classmethod
    def of(cls, entry: pb.Entry, names: Names, caller: str) -> "Entry":
        """From the service's message, with names."""
        action = ACTION.word[entry.action]
        resource = RESOURCE.word.get(entry.resource_kind)
        label = ACTIONS[action] + (f" : {RESOURCES[resource]}" if resource else "")
        basis = BASIS.word.get(entry.basis)
        return cls(
            entry.entry_id,
            words.read(entry.at),
            names.actor(entry.actor_kind, entry.actor_id),
            entry.actor_id == caller,
            names.where(entry.actor_id, entry.place_id, entry.structure_id),
            What(action, label, resource, entry.resource_id or None, entry.category or None),
            _about(entry.about_id, names),
            "allowed" if entry.allowed else "refused",
            Why(entry.sentence, list(entry.reasons), basis, BASES.get(basis or ""), entry.policy_version),
            entry.patient_sequence,
        )


def _about(id: str, names: Names) -> Who | None:
    if not id:
        return None
    return names.professional(id) if id in names.professionals else Who("patient", id, None)


class Journal(Struct):
    """Une page du journal, le plus récent d’abord."""

    items: list[Entry]
    next_cursor: str | None


@on(router, "GET", "", "Journal des accès", Authz("journal", "read", CARE), "ACCESS_REFUSED",
    "CURSOR_INVALID", "JOURNAL_BUSY")  # fmt: skip
async def list_journal(
    patient: Id, query: Annotated[ListQuery, Query()], pages: Pages, asker: Asker, peers: To
) -> Journal:
    """Le patient et ses représentants lisent tout, refus compris ; un professionnel, ses propres actes seulement."""
    reply = await peers.journal.ListEntries(
        pb.ListEntriesRequest(patient_id=patient, cursor=pages.open(query), limit=query.limit)
    )
    caller = str(asker.id)
    entries = reply.entries
    acted = {one.actor_id for one in entries if one.actor_kind == "professional"}
    persons = {one.actor_id for one in entries if one.actor_kind == "patient"} - {caller}
    names = await named(
        peers,
        professionals=acted | {one.about_id for one in entries},
        structures=[one.structure_id for one in entries],
        persons=persons,
    )
    return Journal([Entry.of(one, names, caller) for one in entries], pages.seal(query, reply.next_cursor))


@on(router, "GET", "/proof", "Journal avec sa preuve", Authz("journal", "export", ("patient",), max_age=300),
    "ACCESS_REFUSED", "LOGIN_TOO_OLD", seconds=CONTENT_SECONDS)  # fmt: skip
async def export_journal(patient: Id, peers: To) -> Stream:
    """Toutes les lignes du patient, leurs preuves d’inclusion et la chaîne signée, à vérifier hors de la plateforme."""
    export = cast(Any, peers.journal.ExportJournal)  # the platform's stub takes `seconds`
    messages = export(pb.ExportJournalRequest(patient_id=patient), seconds=CONTENT_SECONDS)
    first = (await anext(messages)).chunk
    headers = [(b"content-disposition", b'attachment; filename="journal.json"')]
    return Stream("application/json", _bytes_of(first, messages), headers)


async def _bytes_of(first: bytes, messages: AsyncIterator[pb.ExportJournalResponse]) -> AsyncIterator[bytes]:
    yield first
    async for message in messages:
        yield message.chunk
