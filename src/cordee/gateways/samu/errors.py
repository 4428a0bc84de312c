"""The errors of the national Hub (RS-ERROR): what each makes of a message, and French words for it.

Rule: format of the messages of the Hub Santé, error codes.
"""

from __future__ import annotations

from typing import Final

NOT_PERSISTENT: Final = 100
CONTENT_TYPE: Final = 101
NO_MESSAGE: Final = 102
OTHER_SENDER: Final = 200
INVALID: Final = 300
EXPIRED: Final = 400
DEAD: Final = 500
UNROUTABLE: Final = 501
NAMES: Final = {
    NOT_PERSISTENT: "DELIVERY_MODE_INCONSISTENCY",
    CONTENT_TYPE: "NOT_ALLOWED_CONTENT_TYPE",
    NO_MESSAGE: "UNRECOGNIZED_MESSAGE_FORMAT",
    OTHER_SENDER: "SENDER_INCONSISTENCY",
    INVALID: "INVALID_MESSAGE",
    EXPIRED: "EXPIRED_MESSAGE_BEFORE_ROUTING",
    DEAD: "DEAD_LETTER_QUEUED",
    UNROUTABLE: "UNROUTABLE_MESSAGE",
}
"""The names of the codes on the wire."""
_MEANINGS: Final = {
    NOT_PERSISTENT: ("refused", "Message publié sans être rendu durable."),
    CONTENT_TYPE: ("refused", "Format du message non annoncé au Hub."),
    NO_MESSAGE: ("refused", "Le Hub n’a pas pu lire le message."),
    OTHER_SENDER: ("refused", "L’émetteur annoncé n’est pas celui que le Hub connaît."),
    INVALID: ("refused", "Message non conforme au schéma national."),
    EXPIRED: ("expired", "Message périmé avant d’être acheminé."),
    DEAD: ("dead", "Le destinataire n’a pas retiré le message à temps."),
    UNROUTABLE: ("dead", "Le Hub ne connaît pas ce destinataire."),
    600: ("refused", "Le Hub n’a pas pu traduire le message pour le destinataire."),
    700: ("refused", "Le logiciel du destinataire a échoué."),
    701: ("refused", "Le destinataire connaît déjà ce dossier."),
    702: ("refused", "Message arrivé hors de son ordre."),
    703: ("refused", "Le destinataire ne nous connaît pas."),
    704: ("refused", "Il manque des éléments au destinataire."),
}


def meaning_of(code: int) -> tuple[str, str]:
    """The state of a message after this error, and the words for whoever runs the installation."""
    return _MEANINGS.get(code, ("refused", f"Refusé par le Hub (code {code})."))
