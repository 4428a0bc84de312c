"""The form of a resident who leaves, read into a sheet; what cannot be read is told by field."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from cordee.care.passages.sheet import MACHINE, VITALS, Sheet
from cordee.care.workflow.machines import machines
from cordee.runtime.clock import PARIS
from cordee.web.forms import Form, form_number
from cordee.web.language import gettext as _

BELONGINGS: Final = {
    "dentier": _("Dentier"),
    "lunettes": _("Lunettes"),
    "appareils": _("Appareils auditifs"),
    "deambulateur": _("Canne ou déambulateur"),
    "carte-vitale": _("Carte Vitale"),
    "piece": _("Pièce d’identité"),
    "traitement": _("Traitement du jour"),
    "vetements": _("Vêtements"),
}
TOLD: Final = {
    "samu": _("SAMU, le 15"),
    "traitant": _("Médecin traitant"),
    "famille": _("Famille ou personne de confiance"),
    "astreinte": _("Infirmière d’astreinte"),
    "direction": _("Direction de garde"),
}
GIRS: Final = ("", "1", "2", "3", "4", "5", "6")
WALKING: Final = {
    "seul": _("marche seul"),
    "aide": _("marche avec aide"),
    "fauteuil": _("fauteuil"),
    "alite": _("alité"),
}
_NUMBER: Final = re.compile(r"\d{1,4}(?:[.,]\d{1,2})?")
_HOUR: Final = re.compile(r"([01]?\d|2[0-3])[:hH]([0-5]\d)?")
_PRESSURE: Final = re.compile(r"(\d{2,3})\s*/\s*(\d{2,3})")
_GRAMS: Final = "glucose"


def read_sheet(form: Form, now: datetime) -> Sheet:
    """The sheet as it was typed; `form.errors` tells what could not be read."""
    motives = machines()[MACHINE].facts["motive"].choices
    return Sheet(
        number=form_number(form),
        destination=form["destination"],
        motive=form["motif"] if form["motif"] in motives else "",
        motive_label=motives.get(form["motif"], ""),
        sent_at=_sent_at(form, now),
        story=form["histoire"],
        since=form["depuis"],
        autonomy=_autonomy(form),
        belongings=_ticked(form, "objet", BELONGINGS, "objet-autre"),
        told=_ticked(form, "prevenu", TOLD, "prevenu-autre"),
        transport=form["transport"],
        callback=form["rappel"],
        vitals=_vitals(form),
    )


def _sent_at(form: Form, now: datetime) -> datetime:
    """The hour that was typed, of today or of yesterday evening."""
    here = now.astimezone(PARIS)
    found = _HOUR.fullmatch(form["heure"])
    if found is None:
        form.errors["heure"] = _("Écrivez l’heure de départ comme 02:31.")
        return now
    at = here.replace(hour=int(found[1]), minute=int(found[2] or 0), second=0, microsecond=0)
    if at - here > timedelta(hours=12):
        at -= timedelta(days=1)
    return at


def _autonomy(form: Form) -> str:
    parts = [f"GIR {form['gir']}"] if form["gir"] in GIRS[1:] else []
    parts += [WALKING[form["marche"]]] if form["marche"] in WALKING else []
    parts += [form["autonomie"]] if form["autonomie"] else []
    return ", ".join(parts)


def _ticked(form: Form, group: str, words: dict[str, str], other: str) -> str:
    ticked = [text for code, text in words.items() if form[f"{group}-{code}"]]
    return ", ".join([*ticked, *([form[other]] if form[other] else [])])


def _vitals(form: Form) -> dict[str, float]:
    found: dict[str, float] = {}
    pressure = _PRESSURE.fullmatch(form["tension"])
    if pressure:
        found |= {"systolic": float(pressure[1]), "diastolic": float(pressure[2])}
    elif form["tension"]:
        form.errors["tension"] = _("Écrivez la tension comme 148/82.")
    for key, vital in VITALS.items():
        typed = form[key]
        if not typed:
            continue
        if not _NUMBER.fullmatch(typed):
            form.errors[key] = _("%s : écrivez un nombre.") % _(vital.label)
            continue
        value = float(typed.replace(",", "."))
        # Readers show g/L; what is stored is mg/dL.
        found[key] = round(value * 100, 1) if key == _GRAMS else value
    return found
