"""The sandbox's cast: those whom the README, the story and the examples of the API speak of."""

from datetime import date

from terresante_dev.personas import numbers
from terresante_dev.personas.people import Administrator, Cast, Feeder, Patient, Place, Professional, Structure

_STRUCTURES = (
    Structure(
        "cabinet-plaine",
        "Cabinet médical de la Plaine",
        "cabinet",
        "94-ouest",
        "94800",
        "Villejuif",
        siret=numbers.siret(1),
    ),
    Structure(
        "cabinet-infirmier",
        "Cabinet infirmier des Lilas",
        "cabinet",
        "94-ouest",
        "94400",
        "Vitry-sur-Seine",
        siret=numbers.siret(2),
    ),
    Structure(
        "service-social",
        "Service social du Val de Bièvre",
        "social_service",
        "94-ouest",
        "94230",
        "Cachan",
        finess=numbers.finess(1),
    ),
    Structure(
        "urgences",
        "Service d'accueil des urgences de l'hôpital des Coteaux",
        "hospital_service",
        "94-ouest",
        "94270",
        "Le Kremlin-Bicêtre",
        finess=numbers.finess(2),
    ),
    Structure(
        "hopital",
        "Hôpital des Coteaux",
        "hospital_service",
        "94-ouest",
        "94270",
        "Le Kremlin-Bicêtre",
        finess=numbers.finess(3),
    ),
    Structure(
        "laboratoire",
        "Laboratoire de biologie du Val de Bièvre",
        "laboratory",
        "94-ouest",
        "94250",
        "Gentilly",
        siret=numbers.siret(4),
    ),
    Structure(
        "cabinet-nord",
        "Cabinet médical des Bords de Seine",
        "cabinet",
        "92-nord",
        "92110",
        "Clichy",
        siret=numbers.siret(3),
    ),
)
_ADMINISTRATORS = (
    Administrator("admin-94-ouest", "Renaud", "Sylvie", "94-ouest", "administratrice du territoire 94 Ouest"),
    Administrator("admin-92-nord", "Faure", "Olivier", "92-nord", "administrateur du territoire 92 Nord"),
)
_PROFESSIONALS = (
    Professional(
        "gp",
        "Donnet-Gaillard",
        "Isabelle",
        "10",
        "Médecin",
        (Place("cabinet-plaine", "médecin généraliste"),),
        "médecin généraliste, 94 Ouest",
        rpps=numbers.rpps(1),
        card=True,
    ),
    Professional(
        "nurse",
        "Morel",
        "Karim",
        "60",
        "Infirmier",
        (Place("cabinet-infirmier", "infirmier libéral"),),
        "infirmier libéral, 94 Ouest",
        rpps=numbers.rpps(2),
    ),
    Professional(
        "social-worker",
        "Lambert",
        "Chloé",
        "NPS-ASS",
        "",
        (Place("service-social", "assistante de service social"),),
        "assistante de service social, 94 Ouest",
    ),
    Professional(
        "emergency-physician",
        "Nguyen",
        "Marc",
        "10",
        "Médecin",
        (Place("urgences", "médecin urgentiste"),),
        "médecin urgentiste, 94 Ouest",
        rpps=numbers.rpps(3),
        card=True,
    ),
    Professional(
        "gp2",
        "Roy",
        "Anne",
        "10",
        "Médecin",
        (Place("cabinet-nord", "médecin généraliste"),),
        "médecin généraliste, 92 Nord",
        rpps=numbers.rpps(4),
        card=True,
    ),
    Professional(
        "identity-officer",
        "Baron",
        "Nadia",
        "10",
        "Médecin",
        (Place("hopital", "médecin de l'information médicale"),),
        "référente d'identitovigilance, 94 Ouest",
        rpps=numbers.rpps(5),
        card=True,
        officer_of=("94-ouest",),
    ),
)
_FEEDERS = (
    Feeder(
        "feeder-hospital",
        "Hôpital des Coteaux (DPI)",
        "hopital",
        ("1.2.250.1.999.94.1",),
        "auto",
        "dpi.hopital-coteaux.example",
        "dossier patient informatisé de l'hôpital des Coteaux",
    ),
    Feeder(
        "feeder-laboratory",
        "Laboratoire du Val de Bièvre (SIL)",
        "laboratoire",
        ("1.2.250.1.999.94.2",),
        "suggest",
        "sil.labo-bievre.example",
        "système du laboratoire du Val de Bièvre",
    ),
)
_PATIENTS = (
    Patient(
        "patient",
        "MARCHAND",
        "JEANNE",
        "JEANNE LOUISE",
        date(1948, 3, 17),
        "F",
        "94800",
        "patiente suivie par gp",
    ),
    Patient("patient2", "LEROUX", "HUGO", "HUGO", date(1971, 11, 2), "M", "75013", "patient que personne ne suit"),
)


def sandbox() -> Cast:
    """Two administrators, six professionals with their places of practice, two patients, two feeders."""
    return Cast(_STRUCTURES, _ADMINISTRATORS, _PROFESSIONALS, _PATIENTS, _FEEDERS)
