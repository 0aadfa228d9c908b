"""Structures of the directory in time: what is typed of them, and their sheets."""

from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory import wire
from terresante_directory.domain.facts import Told
from terresante_directory.domain.nodes import Node
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.structures import StructureLevel
from terresante_directory.wire.contacts import position, position_to_proto, telecoms_to_proto, typed_telecoms

LEVELS = {
    StructureLevel.LEGAL_ENTITY.value: pb.STRUCTURE_LEVEL_LEGAL_ENTITY,
    StructureLevel.SITE.value: pb.STRUCTURE_LEVEL_SITE,
    StructureLevel.INTERNAL.value: pb.STRUCTURE_LEVEL_INTERNAL,
}
TYPED_LEVELS = {number: level for level, number in LEVELS.items()}


def typed_content(told: pb.StructureContent) -> StructureContent:
    """As it was typed, nothing checked; a level that is none is blank."""
    return StructureContent(
        name=told.name,
        level=TYPED_LEVELS.get(told.level, ""),
        kind=told.kind,
        territory_code=told.territory_code,
        part_of=told.part_of,
        finess=told.finess,
        siren=told.siren,
        siret=told.siret,
        address_line=told.address_line,
        postal_code=told.postal_code,
        commune=told.commune,
        commune_code=told.commune_code,
        position=position(told.position) if told.HasField("position") else None,
        telecoms=typed_telecoms(told.telecoms),
    )


def sheet_to_proto(told: Told, said: StructureContent, version: int) -> pb.StructureSheet:
    """`said`: the fact's content, with the contacts that the reader may know (R-ROR1)."""
    span = told.fact.span
    return pb.StructureSheet(
        structure_id=told.fact.subject.id,
        content=content_to_proto(said),
        closed=said.closed,
        closing_kind=said.closing_kind,
        valid_from=wire.timestamp(span.start) if span.start else None,
        valid_to=wire.timestamp(span.end) if span.end else None,
        known_from=wire.timestamp(told.known_from),
        version=version,
        act_id=str(told.fact.said_by),
        doubts=wire.doubts_to_proto(said.doubts()),
    )


def content_to_proto(said: StructureContent) -> pb.StructureContent:
    return pb.StructureContent(
        name=said.name,
        level=LEVELS[said.level],
        kind=said.kind,
        part_of=said.part_of,
        territory_code=said.territory_code,
        finess=said.finess,
        siren=said.siren,
        siret=said.siret,
        address_line=said.address_line,
        postal_code=said.postal_code,
        commune=said.commune,
        commune_code=said.commune_code,
        position=position_to_proto(said.position),
        telecoms=telecoms_to_proto(said.telecoms),
    )


def node_to_proto(node: Node) -> pb.Node:
    return pb.Node(
        kind=node.kind,
        id=node.id,
        name=node.name,
        level=LEVELS.get(node.level, pb.STRUCTURE_LEVEL_UNSPECIFIED),
        children=node.children,
        closed=node.closed,
        commune=node.commune,
    )
