"""What a page of a record says to somebody whose profession opens a few parts of it. Rule: B7.7."""

from __future__ import annotations

from typing import Final

from cordee.access.social import is_social
from cordee.identity.principal import Principal
from cordee.web.identity.words import Alert
from cordee.web.language import gettext as _

BOUNDED: Final = frozenset({"synthese", "cercle", "agenda", "messages"})
"""Sections of a record that the professions of the social field open."""


def bounds(principal: object) -> tuple[Alert, ...]:
    """Give what tells that an empty pane is closed, not empty; () for professions of care."""
    if not isinstance(principal, Principal) or not is_social(principal.profession):
        return ()
    text = _(
        "Votre profession ouvre l’identité, l’entourage, les messages, vos demandes, l’agenda "
        "social. "
        "Un cadre vide ne dit pas qu’il n’y a rien : ce qui touche à la santé n’est pas montré."
    )
    return (Alert("", _("Accès du champ social."), text, "/matrice", _("Voir la matrice")),)
