"""Operations on many at once, as their forms hold them."""

import re
from dataclasses import dataclass
from typing import Any

from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.gazetteer import Gazetteer
from terresante_directory.workbench import contents
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.moments import beginning

BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Kind:
    """One of them. `needs`: which parts its form has."""

    title: str
    what: str
    needs: frozenset[str]


KINDS = {
    "deplacer": Kind(
        "Déplacer des structures",
        "Des structures et ce qui en dépend passent sous une autre structure, dans un autre territoire ou les deux.",
        frozenset({"structures", "part_of", "territory"}),
    ),
    "fusionner": Kind(
        "Fusionner des structures",
        "Ce qui dépendait de plusieurs structures, offres et lieux d’exercice, passe à une seule ; les autres ferment.",
        frozenset({"structures", "into"}),
    ),
    "diviser": Kind(
        "Diviser une structure",
        "Une partie d’une structure devient une structure à part.",
        frozenset({"part", "new"}),
    ),
    "communes": Kind(
        "Changer des communes de territoire",
        "Des communes sont couvertes par un autre territoire ; les structures qui s’y trouvent suivent.",
        frozenset({"communes", "territory"}),
    ),
    "diviser-territoire": Kind(
        "Diviser un territoire",
        "Des communes d’un territoire forment un nouveau territoire ; les structures qui s’y trouvent suivent.",
        frozenset({"source", "communes", "new_territory"}),
    ),
    "fusionner-territoires": Kind(
        "Fusionner des territoires",
        "Tout ce qui est à plusieurs territoires passe à un seul ; les autres finissent.",
        frozenset({"territories", "into_territory"}),
    ),
}


def operation(kind: str, typed: Typed, communes: Gazetteer) -> pb.Operation:
    """What was composed. Raises `DayInvalid`."""
    ids, codes = typed.all("structure"), commune_codes(typed)
    into, territory = typed.one("vers"), typed.one("territoire")
    starts: dict[str, Any] = {"from": beginning(typed.one("from"))}
    told = pb.Operation(**starts)
    if kind == "deplacer":
        told.move_structures.MergeFrom(pb.MoveStructures(structure_ids=ids, part_of=into, territory_code=territory))
    elif kind == "fusionner":
        told.merge_structures.MergeFrom(pb.MergeStructures(structure_ids=[id for id in ids if id != into], into=into))
    elif kind == "diviser":
        told.split_structure.MergeFrom(_split(typed, communes))
    elif kind == "communes":
        told.move_communes.MergeFrom(pb.MoveCommunes(commune_codes=codes, territory_code=territory))
    elif kind == "diviser-territoire":
        split = pb.SplitTerritory(territory_code=territory, new_code=typed.one("code"), name=typed.one("nom"))
        split.commune_codes.extend(codes)
        told.split_territory.MergeFrom(split)
    else:
        sources = [code for code in typed.all("territoires") if code != territory]
        told.merge_territories.MergeFrom(pb.MergeTerritories(territory_codes=sources, into=territory))
    return told


def commune_codes(typed: Typed) -> list[str]:
    """Codes ticked, and those typed."""
    return list(dict.fromkeys([*typed.all("commune"), *filter(None, BETWEEN.split(typed.one("codes").upper()))]))


def _split(typed: Typed, communes: Gazetteer) -> pb.SplitStructure:
    new = Typed({**typed.fields, "name": typed.all("nom"), "part_of": typed.all("vers")})
    return pb.SplitStructure(
        structure_id=typed.one("structure"),
        content=contents.content(new, communes),
        structure_ids=typed.all("dessous"),
        offer_ids=typed.all("offre"),
        place_ids=typed.all("lieu"),
    )
