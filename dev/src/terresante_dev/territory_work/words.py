"""Our own words for names of structures and streets. None was taken from a register; a likeness is chance."""

from __future__ import annotations

from typing import NamedTuple

PATRONS = (
    "Sainte-Claire", "Saint-Roch", "Sainte-Marthe", "Saint-Luc", "Saint-Côme", "Sainte-Odile", "Saint-Fiacre",
    "Sainte-Geneviève", "Saint-Yves", "Saint-Éloi", "Sainte-Agathe", "Saint-Vincent", "Sainte-Cécile", "Saint-Rémi",
)  # fmt: skip
GROUNDS = (
    "des Tilleuls", "des Érables", "du Parc", "des Lilas", "du Val", "de la Fontaine", "des Peupliers", "du Moulin",
    "des Cèdres", "de la Plaine", "du Canal", "des Coteaux", "de l’Orangerie", "des Marronniers", "du Grand Chêne",
    "de la Roseraie", "des Bruyères", "du Vieux Pont", "de la Croisée", "des Quatre Vents", "de l’Écluse", "du Verger",
    "des Acacias", "de la Garenne", "du Belvédère", "des Glycines", "de la Mairie", "du Marché", "de l’Église",
    "des Œillets",
)  # fmt: skip
STREETS = (
    ("R", "DE LA REPUBLIQUE"), ("R", "VICTOR HUGO"), ("AV", "DU GENERAL LECLERC"), ("R", "PASTEUR"),
    ("R", "DES ECOLES"),
    ("AV", "JEAN JAURES"), ("R", "DU MOULIN"), ("BD", "DE LA GARE"), ("R", "DES TILLEULS"), ("PL", "DE L EGLISE"),
    ("R", "MARIE CURIE"), ("AV", "DE LA LIBERATION"), ("R", "DU PARC"), ("CHE", "DES VIGNES"), ("R", "DE PARIS"),
    ("ALL", "DES ERABLES"), ("R", "DES LILAS"), ("IMP", "DES ROSES"), ("R", "LOUISE MICHEL"), ("SQ", "DES PEUPLIERS"),
    ("AV", "FOCH"), ("R", "CLAUDE BERNARD"), ("R", "DE L ABBE LEMIRE"), ("BD", "VOLTAIRE"), ("R", "DES CARRIERES"),
)  # fmt: skip
STREET_KINDS = {
    "R": "Rue", "AV": "Avenue", "BD": "Boulevard", "PL": "Place", "CHE": "Chemin", "ALL": "Allée", "IMP": "Impasse",
    "SQ": "Square",
}  # fmt: skip


class Kind(NamedTuple):
    """A kind of site. `category`: FINESS, "" if it has no FINESS number. `crowd`: how many practise there, against
    others. `named`: {town}, {patron}, {grounds}. `offers`: keys of OFFERS.
    """

    weight: float
    category: str
    category_name: str
    sector: str
    legal_status: str
    named: str
    crowd: int
    organisations: int
    offers: tuple[str, ...]


KINDS = (
    Kind(0.6, "355", "Centre Hospitalier (C.H.)", "SA01", "14", "Centre hospitalier de {town}", 220, 14,
         ("emergency", "medicine", "surgery", "geriatrics", "psychiatry", "imaging")),
    Kind(1.2, "365", "Etablissement de Soins Pluridisciplinaire", "SA04", "95", "Clinique {patron}", 70, 6,
         ("surgery", "medicine", "imaging", "rehabilitation")),
    Kind(4.5, "124", "Centre de Santé", "SA05", "03", "Centre de santé {grounds}", 9, 1, ("gp", "dental", "nursing")),
    Kind(3.5, "603", "Maison de santé (L.6223-3)", "SA52", "80", "Maison de santé {grounds}", 9, 0,
         ("gp", "nursing", "physio")),
    Kind(9, "500", "Etablissement d'hébergement pour personnes âgées dépendantes", "SA17", "60", "Résidence {grounds}",
         14, 2, ("residence", "respite")),
    Kind(3, "354", "Service de Soins Infirmiers A Domicile (S.S.I.A.D)", "SA41", "60", "SSIAD de {town}", 12, 0,
         ("home_nursing",)),
    Kind(2, "223", "Protection Maternelle et Infantile (P.M.I.)", "SA15", "02", "PMI de {town}", 4, 0, ("infants",)),
    Kind(5, "611", "Laboratoire de Biologie Médicale", "SA25", "91", "Laboratoire {grounds}", 4, 0, ()),
    Kind(22, "620", "Pharmacie d'Officine", "SA33", "85", "Pharmacie {grounds}", 4, 0, ()),
    Kind(27, "", "", "SA08", "79", "Cabinet médical {grounds}", 5, 0, ("gp", "specialist")),
    Kind(14, "", "", "SA08", "79", "Cabinet infirmier {grounds}", 5, 0, ("nursing",)),
    Kind(8, "", "", "SA07", "70", "Cabinet de kinésithérapie {grounds}", 3, 0, ("physio",)),
)  # fmt: skip


class Offered(NamedTuple):
    """Codes of the directory's value sets, and what makes the offer what it is."""

    name: str
    field: str
    type: str
    activity: str
    care_mode: str
    ages: tuple[int | None, int | None]
    beds: int
    sensitive: bool = False


OFFERS = {
    "emergency": (Offered("Urgences", "01", "20", "157", "33", (15, None), 0),
                  Offered("Urgences pédiatriques", "01", "20", "249", "33", (0, 15), 0)),
    "medicine": (Offered("Médecine polyvalente", "01", "238", "083", "28", (18, None), 24),
                 Offered("Cardiologie", "01", "149", "013", "28", (18, None), 20),
                 Offered("Pneumologie", "01", "163", "114", "28", (18, None), 18)),
    "surgery": (Offered("Chirurgie orthopédique", "01", "150", "025", "28", (16, None), 20),
                Offered("Chirurgie viscérale", "01", "153", "033", "09", (16, None), 8)),
    "geriatrics": (Offered("Court séjour gériatrique", "01", "156", "050", "28", (75, None), 26),
                   Offered("Soins palliatifs", "01", "175", "170", "28", (18, None), 10)),
    "psychiatry": (Offered("Psychiatrie adulte", "03", "174", "229", "28", (18, None), 22, True),
                   Offered("Addictologie", "03", "145", "404", "32", (18, None), 0, True)),
    "imaging": (Offered("Scanner", "01", "164", "070", "55", (None, None), 0),
                Offered("IRM", "01", "164", "068", "55", (None, None), 0)),
    "rehabilitation": (Offered("Réadaptation locomoteur", "02", "102", "233", "28", (18, None), 20),),
    "gp": (Offered("Médecine générale", "05", "196", "437", "32", (None, None), 0),),
    "specialist": (Offered("Consultation de dermatologie", "05", "190", "037", "32", (None, None), 0),
                   Offered("Consultation de gynécologie", "05", "194", "053", "32", (12, None), 0),
                   Offered("Consultation de psychiatrie", "05", "208", "229", "32", (16, None), 0, True)),
    "dental": (Offered("Soins dentaires", "05", "226", "442", "32", (None, None), 0),),
    "nursing": (Offered("Soins infirmiers", "05", "225", "287", "49", (None, None), 0),),
    "physio": (Offered("Kinésithérapie", "05", "195", "339", "32", (None, None), 0),
               Offered("Kinésithérapie respiratoire", "05", "195", "419", "32", (None, None), 0)),
    "residence": (Offered("Hébergement permanent", "04", "21", "293", "46", (60, None), 80),
                  Offered("Unité de vie protégée", "04", "24", "293", "46", (60, None), 14)),
    "respite": (Offered("Accueil de jour", "04", "21", "325", "47", (60, None), 10),
                Offered("Hébergement temporaire", "04", "21", "393", "46", (60, None), 4)),
    "home_nursing": (Offered("Soins infirmiers à domicile", "04", "28", "287", "49", (60, None), 40),
                     Offered("Équipe spécialisée Alzheimer", "04", "29", "292", "49", (60, None), 10)),
    "infants": (Offered("Consultation de PMI", "05", "125", "118", "32", (0, 6), 0),),
}  # fmt: skip


class Trade(NamedTuple):
    """A profession of TRE_G15, or of this platform (NPS-…). `weight`: share of people. `label`: as in the national
    extract. `town`: share that works for itself. `skills`: specialties to draw from.
    """

    weight: float
    code: str
    label: str
    roles: tuple[str, ...]
    town: float
    skills: tuple[str, ...] = ()


TRADES = (
    Trade(20, "10", "Médecin", ("médecin", "médecin coordonnateur", "chef de service"), 0.6,
          ("SM54", "SM54", "SM54", "SM04", "SM18", "SM36")),
    Trade(38, "60", "Infirmier", ("infirmier", "infirmier coordinateur", "cadre de santé"), 0.3),
    Trade(9, "70", "Masseur-Kinésithérapeute", ("masseur-kinésithérapeute",), 0.8),
    Trade(8, "21", "Pharmacien", ("pharmacien titulaire", "pharmacien adjoint"), 0.6),
    Trade(9, "35", "Aide-soignant", ("aide-soignant",), 0),
    Trade(5, "40", "Chirurgien-Dentiste", ("chirurgien-dentiste",), 0.85),
    Trade(2.5, "50", "Sage-Femme", ("sage-femme",), 0.4),
    Trade(2.5, "91", "Orthophoniste", ("orthophoniste",), 0.85),
    Trade(1.5, "80", "Pédicure-Podologue", ("pédicure-podologue",), 0.95),
    Trade(1, "94", "Ergothérapeute", ("ergothérapeute",), 0.2),
    Trade(1.5, "98", "Manipulateur ERM", ("manipulateur",), 0),
    Trade(2, "NPS-ASS", "Assistant de service social", ("assistant de service social",), 0),
)  # fmt: skip
SKILLS = {
    "SM54": "Médecine générale", "SM04": "Cardiologie et maladies vasculaires", "SM18": "Gériatrie",
    "SM36": "Oncologie option médicale",
}  # fmt: skip
SECTORS = {
    "SA01": "Etablissement public de santé", "SA04": "Etablissement privé non PSPH", "SA05": "Centre de santé",
    "SA07": "Cabinet individuel", "SA08": "Cabinet de groupe", "SA15": "PMI et Planification familiale",
    "SA17": "Etablissement pour personnes âgées", "SA25": "Laboratoire de biologie médicale",
    "SA33": "Pharmacie d'officine", "SA41": "Autre établissement du domaine social ou médico-social",
    "SA52": "Maison de santé ou Pôle de santé",
}  # fmt: skip
PRACTICES = frozenset({"SA07", "SA08", "SA52"})
"""Sectors where one works for oneself."""
DEPARTMENTS = {
    "75": "PARIS", "77": "SEINE-ET-MARNE", "78": "YVELINES", "91": "ESSONNE", "92": "HAUTS-DE-SEINE",
    "93": "SEINE-SAINT-DENIS", "94": "VAL-DE-MARNE", "95": "VAL-D'OISE",
}  # fmt: skip
