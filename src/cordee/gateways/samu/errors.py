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
FELL: Final = 700
KNOWN_CASE: Final = 701
OUT_OF_TURN: Final = 702
UNKNOWN_SENDER: Final = 703
MISSING: Final = 704
FROM_RECIPIENT: Final = range(700, 800)
"""What a recipient says of a message that it has acknowledged."""
HUB: Final = "fr.health.hub"
"""The sender of what the Hub says itself."""
NAMES: Final = {
    NOT_PERSISTENT: "DELIVERY_MODE_INCONSISTENCY",
    CONTENT_TYPE: "NOT_ALLOWED_CONTENT_TYPE",
    NO_MESSAGE: "UNRECOGNIZED_MESSAGE_FORMAT",
    OTHER_SENDER: "SENDER_INCONSISTENCY",
    INVALID: "INVALID_MESSAGE",
    EXPIRED: "EXPIRED_MESSAGE_BEFORE_ROUTING",
    DEAD: "DEAD_LETTER_QUEUED",
    UNROUTABLE: "UNROUTABLE_MESSAGE",
    FELL: "RECIPIENT_SOFTWARE_FAILURE",
    KNOWN_CASE: "CASE_ALREADY_EXISTS",
    OUT_OF_TURN: "WRONG_MESSAGE_SEQUENCE",
    UNKNOWN_SENDER: "UNKNOWN_SENDER",
    MISSING: "MISSING_ELEMENTS",
}
"""The names of the codes on the wire; no public text names those of recipients: ours."""
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
    FELL: ("refused", "Le logiciel du destinataire a échoué."),
    KNOWN_CASE: ("refused", "Le destinataire connaît déjà ce dossier."),
    OUT_OF_TURN: ("refused", "Message arrivé hors de son ordre."),
    UNKNOWN_SENDER: ("refused", "Le destinataire ne nous connaît pas."),
    MISSING: ("refused", "Il manque des éléments au destinataire."),
}


_REFUSALS: Final = {
    FELL: "Erreur interne en reprenant ce message.",
    KNOWN_CASE: "Dossier déjà connu ici.",
    OUT_OF_TURN: "Message hors de son ordre : dossier ou demande inconnus.",
    UNKNOWN_SENDER: "L’émetteur n’est pas partie à ce dossier.",
}
"""Why we refuse what came, as our page says it, by the code that its sender is told."""


def code_of(why: str) -> int:
    """The code of a refusal of ours; what is wrong in the content lacks something."""
    return next((code for code, words in _REFUSALS.items() if words == why), MISSING)


def words_of(code: int) -> str:
    """The words of a refusal of ours."""
    return _REFUSALS[code]


def meaning_of(code: int) -> tuple[str, str]:
    """The state of a message after this error, and the words for whoever runs the installation."""
    return _MEANINGS.get(code, ("refused", f"Refusé par le Hub (code {code})."))
