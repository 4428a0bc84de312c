"""French words of documents: categories, types, states of deposits, formats."""

from __future__ import annotations

from typing import Final

from cordee.access.matrix import catalogue
from cordee.care.documents.depositing import DONE, GIVEN_UP, REFUSED, WAITING
from cordee.care.documents.intake import PUBLISH, REPLACE, WITHDRAW
from cordee.web.language import gettext as _

REPORTS: Final = "resultats"
OTHERS: Final = "autres"
STATES: Final = {
    REFUSED: _("à réparer"),
    WAITING: _("en attente"),
    DONE: _("fait"),
    GIVEN_UP: _("abandonné"),
}
LEVELS: Final = {REFUSED: "critical", WAITING: "caution", DONE: "settled", GIVEN_UP: ""}
ACTS: Final = {
    PUBLISH: _("dépôt"),
    REPLACE: _("remplacement"),
    WITHDRAW: _("retrait"),
}
_IN_DMP: Final = {
    (PUBLISH, DONE): _("dans le DMP"),
    (REPLACE, DONE): _("dans le DMP"),
    (WITHDRAW, DONE): _("retiré du DMP"),
    (PUBLISH, REFUSED): _("DMP : à réparer"),
    (REPLACE, REFUSED): _("DMP : à réparer"),
    (WITHDRAW, REFUSED): _("DMP : retrait à réparer"),
    (PUBLISH, WAITING): _("DMP : en attente"),
    (REPLACE, WAITING): _("DMP : en attente"),
    (WITHDRAW, WAITING): _("DMP : retrait en attente"),
}


def in_dmp(act: str, state: str) -> str:
    """How far a document is with the DMP; "" where nothing is to be said."""
    return _IN_DMP.get((act, state), "")


def category_label(category: str) -> str:
    """The name of a category of documents."""
    if category == REPORTS:
        return _("Résultats")
    return catalogue().categories.get(category, _("Autres documents"))


def type_label(code: str) -> str:
    """The name of a type of documents, or its code."""
    return catalogue().documents.get(code, code)


def type_choices() -> list[str]:
    """The types as they are chosen: name and code, by name."""
    known = catalogue().documents
    return sorted(f"{label} ({code})" for code, label in known.items())


def chosen_type(text: str) -> str:
    """The code of a type that was chosen or typed: code, name, or both; "" for none."""
    known = catalogue().documents
    typed = text.strip()
    code = typed.rpartition("(")[2].removesuffix(")").strip()
    if code in known:
        return code
    named = [one for one, label in known.items() if label.casefold() == typed.casefold()]
    return named[0] if len(named) == 1 else ""
