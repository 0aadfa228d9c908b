"""What people read about a decision, in French: the caller, and the patient who reads the journal."""

from collections.abc import Mapping
from types import MappingProxyType

from terresante_consent.domain.vocabulary import Action, Basis, Reason

ACTS: Mapping[Action, str] = MappingProxyType(
    {
        Action.SEARCH_PERSONS: "Recherche d'une personne",
        Action.CREATE_PERSON: "Création d'une identité",
        Action.READ_IDENTITY: "Consultation de l'identité",
        Action.CHANGE_IDENTITY: "Modification de l'identité",
        Action.ISSUE_ACTIVATION: "Remise d'un code d'activation",
        Action.LIST: "Consultation de la liste",
        Action.READ: "Lecture",
        Action.PUBLISH: "Ajout au dossier",
        Action.CHANGE: "Modification ou suppression",
        Action.BE_NOTIFIED: "Notification",
        Action.RECORD_CONSENT: "Recueil du consentement",
        Action.WITHDRAW_CONSENT: "Retrait du consentement",
        Action.READ_CIRCLE: "Consultation du cercle de soins",
        Action.INVITE_MEMBER: "Invitation dans le cercle de soins",
        Action.REMOVE_MEMBER: "Retrait du cercle de soins",
        Action.BLOCK: "Blocage d'un professionnel",
        Action.LIFT_BLOCK: "Levée d'un blocage",
        Action.READ_BLOCKS: "Consultation des blocages",
        Action.OPEN_EMERGENCY: "Ouverture d'un accès en urgence",
        Action.CLOSE_EMERGENCY: "Fermeture d'un accès en urgence",
        Action.READ_EMERGENCIES: "Consultation des accès en urgence",
        Action.APPOINT_REPRESENTATIVE: "Désignation d'un représentant",
        Action.END_REPRESENTATION: "Fin d'une représentation",
        Action.READ_REPRESENTATIVES: "Consultation des représentants",
        Action.READ_CONSENTS: "Consultation des consentements",
        Action.READ_JOURNAL: "Consultation du journal des accès",
        Action.EXPORT_JOURNAL: "Export du journal des accès",
        Action.FEED_IDENTITY: "Réception d'une identité envoyée par un établissement",
        Action.MATCH_IDENTITY: "Recherche de la personne à qui correspond une identité",
        Action.LIST_REVIEWS: "Consultation des identités à vérifier",
        Action.REVIEW_IDENTITY: "Comparaison de l'identité avec d'autres",
        Action.DECIDE_IDENTITY: "Rattachement ou séparation d'identités",
        Action.READ_CONVERSATION: "Lecture d'une conversation autour du patient",
        Action.WRITE_CONVERSATION: "Message dans une conversation autour du patient",
        Action.USE_DIRECT_MESSAGES: "Messages entre professionnels, sans patient",
        Action.USE_TEAM_MESSAGES: "Messages d'une équipe, sans patient",
        Action.SET_PATIENT_WRITING: "Réglage : le patient peut-il écrire à son cercle de soins",
        Action.SET_NEWCOMERS_VIEW: "Réglage : les nouveaux membres voient-ils les messages antérieurs",
        Action.HEAR_AS_PORTAL: "Réception d'événements par un logiciel",
    }
)

WHY: Mapping[Basis, str] = MappingProxyType(
    {
        Basis.MEMBER: "membre du cercle de soins",
        Basis.STRUCTURE_MEMBER: "exerce dans une structure membre du cercle de soins",
        Basis.EMERGENCY: "accès en urgence ouvert",
        Basis.PATIENT: "demande du patient",
        Basis.REPRESENTATIVE: "représentant du patient, dans la limite de ses droits",
        Basis.AUTHOR: "il s'agit de ce que cette personne a elle-même écrit ou fait",
        Basis.PROFESSION: "relève de sa profession",
        Basis.IDENTITY_MANDATE: "référent identité mandaté ; il voit l'identité, rien du dossier de santé",
        Basis.FEEDER: "logiciel d'un établissement, déclaré dans l'annuaire",
    }
)

WHY_NOT: Mapping[Reason, tuple[str, str]] = MappingProxyType(
    {
        Reason.LOGIN_TOO_WEAK: (
            "la connexion n'est pas assez sûre",
            "Connectez-vous avec une carte CPS, ou avec un mot de passe et un code à usage unique.",
        ),
        Reason.ACCOUNT_SUSPENDED: (
            "le compte est suspendu ou inconnu de l'annuaire",
            "Adressez-vous à l'administrateur de votre territoire.",
        ),
        Reason.NO_PLACE_OF_PRACTICE: (
            "aucun lieu d'exercice actif",
            "Faites enregistrer votre lieu d'exercice par l'administrateur de votre territoire.",
        ),
        Reason.NOT_CONCERNED: (
            "cette personne n'est ni le patient ni son représentant",
            "Le patient peut désigner un représentant depuis son espace.",
        ),
        Reason.NOT_PERMITTED: (
            "cet acte n'est pas ouvert à cette catégorie d'utilisateur",
            "Demandez-le à qui peut le faire : le patient, ou un professionnel de son cercle de soins.",
        ),
        Reason.OUTSIDE_MANDATE: (
            "le mandat de ce représentant ne couvre pas cet acte",
            "Le patient peut étendre la délégation, ou faire l'acte lui-même.",
        ),
        Reason.BLOCKED_BY_PATIENT: (
            "le patient a bloqué ce professionnel",
            "Seul le patient ou son représentant peut lever ce blocage.",
        ),
        Reason.CONSENT_NOT_IN_FORCE: (
            "aucun consentement du patient n'est en vigueur",
            "Informez le patient, recueillez son consentement et enregistrez-le.",
        ),
        Reason.NOT_IN_CIRCLE: (
            "ce professionnel n'est pas membre du cercle de soins",
            "Faites-vous inviter par le patient ou par un membre de son cercle de soins ; en cas d'urgence vitale, "
            "un professionnel de santé peut ouvrir un accès en urgence.",
        ),
        Reason.AGREEMENT_MISSING: (
            "l'accord explicite du patient pour ce membre manque",
            "Recueillez l'accord explicite du patient, puis renouvelez l'invitation.",
        ),
        Reason.NOT_HEALTH_PROFESSIONAL: (
            "réservé aux professionnels de santé",
            "Adressez-vous à un professionnel de santé du cercle de soins.",
        ),
        Reason.PROFESSION_NOT_ENTITLED: (
            "la profession n'est pas habilitée à cet acte",
            "Adressez-vous à un professionnel habilité du cercle de soins.",
        ),
        Reason.CATEGORY_NOT_ENTITLED: (
            "la profession n'est pas habilitée à consulter cette catégorie",
            "Adressez-vous à un professionnel habilité du cercle de soins.",
        ),
        Reason.HIDDEN: (
            "ce contenu est masqué",
            "Son auteur peut le rendre visible.",
        ),
        Reason.NOT_AUTHOR: (
            "seul l'auteur peut le faire",
            "Adressez-vous à l'auteur.",
        ),
        Reason.LEGAL_REPRESENTATION: (
            "cette représentation dépend de la loi ou d'un juge, pas du patient",
            "Adressez-vous à un professionnel du cercle de soins.",
        ),
        Reason.NOT_IDENTITY_OFFICER: (
            "réservé aux référents identité",
            "Adressez-vous au référent identité de votre structure ou de votre territoire.",
        ),
        Reason.OUTSIDE_IDENTITY_MANDATE: (
            "cette identité ne vient ni d'un territoire ni d'une structure du mandat de ce référent identité",
            "Adressez-vous au référent identité du territoire d'où elle vient.",
        ),
        Reason.ISSUER_NOT_YOURS: (
            "ces numéros ne sont pas de ceux que ce logiciel peut attribuer",
            "Faites déclarer l'OID par l'administrateur de votre territoire.",
        ),
        Reason.WRITING_NOT_OPEN: (
            "le cercle de soins n'a pas encore ouvert l'écriture au patient",
            "Demandez à un professionnel du cercle de soins d'ouvrir l'écriture ; en attendant, joignez-le autrement.",
        ),
        Reason.NOT_IN_TEAM: (
            "ce professionnel n'exerce pas dans cette structure",
            "Faites enregistrer votre lieu d'exercice dans cette structure par l'administrateur de votre territoire.",
        ),
    }
)


def sentence(action: Action, basis: Basis | None, reasons: tuple[Reason, ...]) -> str:
    """Why it was allowed or refused: « Lecture. Permis : membre du cercle de soins. »"""
    if basis is not None:
        return f"{ACTS[action]}. Permis : {WHY[basis]}."
    why = " ; ".join(WHY_NOT[reason][0] for reason in reasons)
    return f"{ACTS[action]}. Refusé : {why}."


def todo(reasons: tuple[Reason, ...]) -> str:
    """What would change a refusal, by its decisive reason; blank if allowed."""
    return WHY_NOT[reasons[0]][1] if reasons else ""
