"""Operations as callers ask for them, and what they touch as callers are told."""

from collections.abc import Iterable
from dataclasses import replace

from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_directory.domain.operations import asked
from terresante_directory.domain.operations.impacts import Circles, Impacts
from terresante_directory.domain.operations.refusals import OperationInvalid
from terresante_directory.domain.typed_structures import typed_structure
from terresante_directory.wire.structures import node_to_proto, typed_content


def operation(told: pb.Operation) -> asked.Operation:
    """As it was asked for. Raises `IdInvalid`, `OperationInvalid`, and as `typed_structure`."""
    match told.WhichOneof("what"):
        case "move_structures":
            move = told.move_structures
            return asked.MoveStructures(
                _ids(move.structure_ids, "structure_ids"), _id(move.part_of, "part_of"), move.territory_code
            )
        case "merge_structures":
            merge = told.merge_structures
            return asked.MergeStructures(_ids(merge.structure_ids, "structure_ids"), str(parsed(merge.into, "into")))
        case "split_structure":
            return _split_structure(told.split_structure)
        case "move_communes":
            return asked.MoveCommunes(tuple(told.move_communes.commune_codes), told.move_communes.territory_code)
        case "split_territory":
            split = told.split_territory
            return asked.SplitTerritory(split.territory_code, split.new_code, split.name, tuple(split.commune_codes))
        case "merge_territories":
            return asked.MergeTerritories(tuple(told.merge_territories.territory_codes), told.merge_territories.into)
    raise OperationInvalid(
        "L’opération à faire n’est pas dite.", "Choisissez un déplacement, une fusion ou une division."
    )


def impacts_to_proto(impacts: Impacts) -> pb.Impacts:
    return pb.Impacts(
        structures=impacts.structures,
        offers=impacts.offers,
        places=impacts.places,
        professionals=impacts.professionals,
        accounts=impacts.accounts,
        administrators=impacts.administrators,
        communes=impacts.communes,
        population=impacts.population,
        examples=map(node_to_proto, impacts.examples),
        circles=_circles_to_proto(impacts.circles) if impacts.circles else None,
    )


def _circles_to_proto(circles: Circles) -> pb.CountedCircles:
    return pb.CountedCircles(
        value=circles.value or 0,
        masked=circles.value is None,
        smallest=circles.smallest,
        rounded_to=circles.rounded_to,
    )


def _split_structure(told: pb.SplitStructure) -> asked.SplitStructure:
    content = typed_content(told.content)
    typed = typed_structure(replace(content, part_of=_id(content.part_of, "part_of")))
    return asked.SplitStructure(
        structure=str(parsed(told.structure_id, "structure_id")),
        content=typed.content(),
        structures=_ids(told.structure_ids, "structure_ids"),
        offers=_ids(told.offer_ids, "offer_ids"),
        places=_ids(told.place_ids, "place_ids"),
    )


def _ids(texts: Iterable[str], field: str) -> tuple[str, ...]:
    return tuple(str(parsed(text, field)) for text in texts)


def _id(text: str, field: str) -> str:
    return str(parsed(text, field)) if text else ""
