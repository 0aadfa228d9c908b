"""The reasons for which messaging refuses, and records where it alerts (see `reasons.py`)."""

from terresante_gateway.problems import Reason

MESSAGING: dict[str, Reason] = {
    # conversations
    "THREAD_UNKNOWN": Reason(404, "Fil inconnu, ou dont l’appelant ne peut rien savoir."),
    "THREAD_INVALID": Reason(400, "Ce qui est donné ne va pas avec cette sorte de fil."),
    "THREAD_NOT_CHANGEABLE": Reason(409, "Les membres de cette sorte de fil ne se choisissent pas."),
    "THREAD_NOT_YOURS": Reason(403, "Seul qui a ouvert le fil peut en retirer d’autres."),
    "MEMBERS_INVALID": Reason(400, "Certains ne peuvent pas être membres : voir « details.members »."),
    "MESSAGE_UNKNOWN": Reason(404, "Message inconnu, ou que l’appelant ne peut pas lire."),
    "MESSAGE_INVALID": Reason(400, "Le message est vide, ou n’a pas la forme attendue : voir « details.field »."),
    "MESSAGE_NOT_YOURS": Reason(403, "Seul l’auteur reprend ou supprime son message."),
    "MESSAGE_DELETED": Reason(409, "Ce message est supprimé."),
    "MENTIONS_INVALID": Reason(400, "Quelqu’un qui est nommé ne peut pas lire ce fil."),
    "PLACE_INVALID": Reason(400, "Cette place n’est pas possible dans ce fil."),
    "PATIENTS_TOO_MANY": Reason(409, "Trop de patients pour une vue d’ensemble : demander patient par patient."),
    "ANSWER_INVALID": Reason(400, "La réponse ne va pas avec ce que le message porte."),
    "ITEM_NOT_YOURS": Reason(403, "C’est à quelqu’un d’autre d’y répondre."),
    "PERIOD_INVALID": Reason(400, "Cette durée n’est pas possible ici."),
    # files that go with messages
    "ATTACHMENT_UNKNOWN": Reason(404, "Fichier joint inconnu, ou que l’appelant ne peut pas lire."),
    "ATTACHMENTS_TOO_MANY": Reason(429, "Trop de fichiers attendent leur message : les envoyer, ou attendre."),
    "NAME_INVALID": Reason(400, "Le nom du fichier n’a pas la forme attendue."),
    "THUMBNAIL_NOT_READY": Reason(404, "La vignette n’est pas prête, ou n’existe pas."),
    # being told
    "NOTIFICATION_UNKNOWN": Reason(404, "Cette notification est inconnue."),
    "PREFERENCES_INVALID": Reason(400, "Ces préférences ne sont pas possibles : voir « details.field »."),
    "PORTAL_UNKNOWN": Reason(404, "Ce portail est inconnu."),
    "EMAIL_INVALID": Reason(400, "L’adresse électronique n’a pas la forme attendue."),
    "EMAIL_TOO_OFTEN": Reason(429, "Trop de codes envoyés : voir Retry-After."),
    "CODE_INVALID": Reason(400, "Ce code est faux, trop ancien, ou essayé trop souvent."),
    "DELEGATE_INVALID": Reason(400, "Cette personne ne peut pas remplacer l’appelant."),
    "ABSENCE_ALREADY": Reason(409, "Une absence est déjà déclarée pour cette durée."),
    "ABSENCE_UNKNOWN": Reason(404, "Cette absence est inconnue."),
    "ON_CALL_ALREADY": Reason(409, "Cette personne est déjà d’astreinte à ce moment."),
    "ON_CALL_UNKNOWN": Reason(404, "Cette astreinte est inconnue."),
    # the feed
    "CURSOR_GONE": Reason(404, "Ce qui suivait ce curseur n’est plus gardé : relire les conversations elles-mêmes."),
    "STREAM_SLOW": Reason(429, "Le flux n’était pas lu assez vite : reprendre où il en était."),
    "STREAMS_TOO_MANY": Reason(429, "Trop de flux ouverts à la fois."),
    "LOGIN_EXPIRED": Reason(401, "La connexion est échue : reprendre le flux avec un jeton en cours."),
    # portals' webhooks
    "WEBHOOK_UNKNOWN": Reason(404, "Ce webhook est inconnu."),
    "WEBHOOKS_TOO_MANY": Reason(409, "Trop de webhooks pour ce portail."),
    "URL_INVALID": Reason(400, "L’adresse du webhook n’a pas la forme attendue."),
    "URL_FORBIDDEN": Reason(403, "L’adresse du webhook mène là où rien n’est envoyé (réseau privé, cette machine)."),
    "LABEL_INVALID": Reason(400, "Le nom du portail n’a pas la forme attendue."),
    "DELIVERY_UNKNOWN": Reason(404, "Cet envoi est inconnu."),
    # stays and thresholds
    "STAY_UNKNOWN": Reason(404, "Séjour inconnu, ou masqué à l’appelant."),
    "STAY_NOT_YOURS": Reason(403, "Seul qui exerce dans cet établissement dit la sortie."),
    "STAY_ALREADY": Reason(409, "Un séjour y est déjà en cours."),
    "STAY_ENDED": Reason(409, "Ce séjour est terminé."),
    "STAY_DATE_INVALID": Reason(400, "La date d’entrée ou de sortie n’est pas possible."),
    "STAY_KIND_INVALID": Reason(400, "La nature du séjour manque ou n’existe pas."),
    "UNIT_INVALID": Reason(400, "L’unité n’a pas la forme attendue."),
    "THRESHOLD_UNKNOWN": Reason(404, "Ce seuil est inconnu."),
    "THRESHOLD_INVALID": Reason(400, "Ces limites, ce code ou cette unité ne sont pas possibles."),
}
