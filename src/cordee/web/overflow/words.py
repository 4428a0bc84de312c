"""Overflow in words: states, centres, what the trace says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cordee.care.overflow.protocol import Neighbour, Origin
from cordee.care.overflow.saturation import Colour
from cordee.runtime import french
from cordee.web.language import gettext as _

COLOURS: Final = {
    Colour.GREEN: _("vert"), Colour.ORANGE: _("orange"), Colour.RED: _("rouge"),
}  # fmt: skip
LEVELS: Final = {Colour.GREEN: "settled", Colour.ORANGE: "caution", Colour.RED: "critical"}
TRANSFERS: Final[Mapping[str, str]] = {
    Origin.OFFERED: _("proposé au voisin"),
    Origin.GRANTED: _("remise en cours : non confirmée par le voisin"),
    Origin.AWAY: _("chez le voisin"),
    Origin.RECALLING: _("rappel demandé"),
    Origin.FORCED: _("repris de vive voix"),
    Origin.FORCED_TAKEN: _("repris de vive voix, décroché ici"),
    Origin.CLASHED: _("décroché des deux côtés : appelez le voisin"),
    Origin.WITHDRAWN: _("décroché ici avant la remise"),
    Origin.REFUSED: _("refusé par le voisin"),
    Origin.BACK: _("revenu"),
    Origin.DONE: _("terminé chez le voisin"),
    Neighbour.ACCEPTED: _("place gardée"),
    Neighbour.HELD: _("dans votre file"),
    Neighbour.ANSWERED: _("décroché ici"),
    Neighbour.RETURNING: _("rendu : non confirmé par le centre d’origine"),
    Neighbour.FINISHING: _("terminé : non confirmé par le centre d’origine"),
    Neighbour.FENCED: _("retiré avant la remise"),
    Neighbour.RETURNED: _("rendu"),
    Neighbour.FINISHED: _("terminé"),
}
ACTS: Final[Mapping[str, str]] = {
    "episode": _("Délestage"),
    "offer-it": _("Appel proposé"),
    "accept": _("Accepté par le voisin, remis"),
    "accept-it": _("Place gardée"),
    "refuse-it": _("Refusé"),
    "refuse": _("Refusé par le voisin"),
    "grant": _("Reçu dans la file : « vous êtes pris en charge par le SAMU voisin »"),
    "confirm": _("Le voisin l’a dans sa file"),
    "take-here": _("Décroché au centre d’origine"),
    "withdraw": _("Retiré : décroché au centre d’origine"),
    "answer": _("Décroché"),
    "ask-back": _("Rappel demandé"),
    "recall": _("Rendu à la demande du centre d’origine"),
    "kept": _("Gardé par le voisin, en ligne"),
    "take-back": _("Repris de vive voix"),
    "give-back": _("Rendu"),
    "returned": _("Revenu en tête de file, avec son attente"),
    "settled": _("Confirmé"),
    "finish": _("Terminé"),
    "done": _("Terminé chez le voisin"),
    "alarm": _("Alarme : sans réponse de l’autre centre"),
}


def centre_name(key: str) -> str:
    """A centre as people say it: SAMU A for `samu-a`."""
    head, _sep, tail = key.partition("-")
    return f"{head.upper()} {tail.upper()}" if tail else key


def moment(at: datetime | None) -> str:
    """A day and a time; empty for none."""
    return f"{french.short_date(at)} {french.clock(at)}" if at else ""


def decimal(value: float, digits: int = 2) -> str:
    """A number with its comma."""
    return f"{value:.{digits}f}".replace(".", ",")
