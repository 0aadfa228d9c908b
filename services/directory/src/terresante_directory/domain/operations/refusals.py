"""Why an operation is refused, where no other module says it."""

from terresante_platform.refusals import Conflict, Invalid, Refusal, Stale

from terresante_directory.domain.hierarchy import StructureParentInvalid
from terresante_directory.domain.structures import StructureClosed
from terresante_directory.domain.territories import TerritoryUnknown


class OperationInvalid(Invalid):
    reason = "OPERATION_INVALID"


class PreviewStale(Stale):
    reason = "PREVIEW_STALE"


class TerritoryAlready(Conflict):
    reason = "TERRITORY_ALREADY"


class CommuneUnknown(Invalid):
    reason = "COMMUNE_UNKNOWN"


def stale() -> PreviewStale:
    """The refusal when something that the preview was computed from is no longer the same."""
    return PreviewStale(
        "Ce que l’opération touche a changé depuis l’aperçu : rien n’a été modifié.",
        "Demandez un nouvel aperçu, relisez-le, puis confirmez.",
    )


def circular() -> Refusal:
    return StructureParentInvalid(
        "Une structure ne peut pas dépendre d’elle-même, même à travers d’autres.",
        "Choisissez une structure de rattachement qui n’est pas sous celle-ci.",
    )


def closed() -> Refusal:
    return StructureClosed(
        "Une structure concernée est fermée, ou doit fermer : rien n’a été changé.",
        "Choisissez une structure ouverte, ou annulez d’abord sa fermeture.",
    )


def nothing_to_do() -> OperationInvalid:
    return OperationInvalid("Cette opération ne changerait rien.", "Vérifiez la sélection et la destination.")


def unknown_territory() -> TerritoryUnknown:
    return TerritoryUnknown("Ce territoire n’existe pas, ou doit prendre fin.", "Choisissez un territoire de la liste.")


def territory_already() -> TerritoryAlready:
    return TerritoryAlready("Un territoire porte ou a porté ce code.", "Choisissez un autre code.")


def unknown_commune() -> CommuneUnknown:
    return CommuneUnknown(
        "Une de ces communes n’est pas dans la liste.", "Choisissez-les sur la carte ou dans la liste."
    )


def one_under_another() -> OperationInvalid:
    return OperationInvalid(
        "Une des structures à déplacer est déjà sous une autre de la sélection.",
        "Ne gardez que celle du haut : ce qui est dessous la suit.",
    )


def not_one_level() -> OperationInvalid:
    return OperationInvalid(
        "On ne fusionne que des structures de même niveau.",
        "Fusionnez des entités juridiques, des sites ou des organisations internes entre eux.",
    )


def not_of_it() -> OperationInvalid:
    return OperationInvalid(
        "Une structure, une offre ou un lieu d’exercice de la sélection n’appartient pas directement à la structure.",
        "Relisez la structure à cette date et refaites la sélection.",
    )


def communes_not_of_it() -> OperationInvalid:
    return OperationInvalid(
        "Une de ces communes n’est pas couverte par le territoire à cette date.",
        "Relisez la liste de ses communes à cette date et refaites la sélection.",
    )


def nothing_left() -> OperationInvalid:
    return OperationInvalid(
        "Il ne resterait aucune commune au territoire.", "Laissez-lui au moins une commune, ou renommez-le."
    )
