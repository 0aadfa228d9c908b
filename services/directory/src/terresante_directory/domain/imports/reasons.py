"""Why a line is as it is, in French."""

from collections.abc import Sequence

SENTENCES = {
    "WRONG_FIELD_COUNT": "La ligne n’a pas le nombre de colonnes attendu.",
    "CELL_TOO_LARGE": "Une cellule est trop longue (10 000 caractères au plus).",
    "NUL_BYTE": "La ligne contient un caractère nul.",
    "CHARACTER_UNREADABLE": "La ligne contient un caractère de contrôle ou invisible.",
    "STRAY_QUOTE": "Un guillemet n’est pas refermé sur la ligne.",
    "ENCODING_WRONG": "La ligne n’est pas dans l’encodage du fichier.",
    "ENCODING_GUESSED": "Le fichier n’est pas en UTF-8 : vérifiez les lettres accentuées.",
    "JSON_INVALID": "La ligne n’est pas du JSON.",
    "KEY_MISSING": "La ligne n’a pas d’identifiant.",
    "RPPS_INVALID": "Un numéro RPPS a 11 chiffres.",
    "RPPS_KEY": "La clé du numéro RPPS est fausse.",
    "FINESS_KEY": "La clé du numéro FINESS est fausse.",
    "SIRET_KEY": "La clé du numéro SIRET est fausse.",
    "SIREN_KEY": "La clé du numéro SIREN est fausse.",
    "STRUCTURE_IDENTIFIER_INVALID": "Un numéro FINESS a 9 caractères.",
    "STRUCTURE_NAME_INVALID": "Le nom de la structure manque ou ne se lit pas.",
    "STRUCTURE_ADDRESS_INVALID": "L’adresse ne se lit pas.",
    "PROFESSIONAL_NAME_INVALID": "Le nom ou le prénom manque ou ne se lit pas.",
    "PROFESSION_UNKNOWN": "Cette profession n’est pas connue ici.",
    "LEVEL_UNKNOWN": "Le niveau est EJ, EG ou OI.",
    "DATE_INVALID": "Une date s’écrit AAAA-MM-JJ.",
    "DATES_REVERSED": "La fin vient avant le début.",
    "NUMBER_INVALID": "Un nombre ne se lit pas.",
    "FORMULA": "Une cellule a la forme d’une formule : elle est gardée comme un texte.",
    "FORMULA_VALUE": "Une cellule est une formule : sa dernière valeur enregistrée est lue.",
    "COMMUNE_UNKNOWN": "Cette commune n’est dans aucun territoire.",
    "TERRITORY_UNKNOWN": "Ce territoire n’existe pas.",
    "PARENT_UNKNOWN": "Le rattachement ne se trouve ni dans le fichier ni ici.",
    "PARENT_NOT_HERE": "L’entité de rattachement n’est pas inscrite ici.",
    "PARENT_CIRCULAR": "Les rattachements tournent en rond.",
    "PARENT_INVALID": "Ce niveau ne peut pas relever de celui du rattachement.",
    "PARENT_NOT_TAKEN": "Le rattachement n’est pas inscrit : choisissez d’abord sa ligne.",
    "STRUCTURE_UNKNOWN": "La structure ne se trouve ni dans le fichier ni ici.",
    "STRUCTURE_NOT_TAKEN": "La structure n’est pas inscrite : choisissez d’abord sa ligne.",
    "STRUCTURE_CLOSED": "La structure est fermée ici.",
    "NOT_ENROLLED": "Ce professionnel n’est pas inscrit : un extrait national n’inscrit personne.",
    "LINE_REPEATED": "Une ligne plus haut dit déjà cela.",
    "LINES_CONTRADICT": "Deux lignes du fichier se contredisent sous le même identifiant.",
    "NUMBER_TWICE": "Deux lignes du fichier portent le même numéro national.",
    "CHANGED_BOTH": "Changé ici et à la source depuis leur dernier accord.",
    "CHANGED_SINCE": "La fiche a changé depuis l’aperçu : la ligne n’a pas été appliquée.",
    "SOME_LINES_REJECTED": "Des lignes du fichier n’ont pas pu être lues : vérifiez que celle-ci n’en est pas.",
    "TERRITORY_NOT_YOURS": "Une partie de ce qui changerait est dans le territoire d’autres administrateurs.",
    "PLACE_INVALID": "Le rôle ne se lit pas.",
    "RESOURCE_NOT_TAKEN": "Ce genre de ressource n’est pas repris.",
}


def sentence(reasons: Sequence[str]) -> str:
    """Blank if there is no reason."""
    return " ".join(SENTENCES.get(reason, reason) for reason in reasons)
