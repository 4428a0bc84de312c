"""Population health in words: levels, figures, lenses, methods."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from cordee.population.asking import (
    AGE,
    CRUDE,
    EUROPE,
    QUINTILE,
    RATIO,
    REGIONAL,
    RURAL,
    SEX,
    SMOOTH,
    STANDARD,
)
from cordee.runtime import french
from cordee.runtime.french import number
from cordee.web.language import gettext as _

LEVELS: Final = {
    "commune": _("Commune"), "epci": _("EPCI"), "cpts": _("CPTS"),
    "departement": _("Département"), "region": _("Région"),
}  # fmt: skip
KINDS: Final = {
    STANDARD: _("Standardisée"), CRUDE: _("Brute"), SMOOTH: _("Lissée"), RATIO: _("Rapport (SMR)"),
}  # fmt: skip
REFERENCES: Final = {
    REGIONAL: _("population de la région"), EUROPE: _("population européenne 2013"),
}  # fmt: skip
LENSES: Final = {
    QUINTILE: _("Précarité"), RURAL: _("Ruralité"), SEX: _("Sexe"), AGE: _("Âge"),
}  # fmt: skip
GROUPS: Final = {
    "1": _("1, le plus favorisé"), "2": "2", "3": "3", "4": "4", "5": _("5, le plus défavorisé"),
    "rural": _("Communes rurales"), "urbain": _("Communes urbaines"),
    "female": _("Femmes"), "male": _("Hommes"),
    "0-44": _("Moins de 45 ans"), "45-64": _("45 à 64 ans"), "65-74": _("65 à 74 ans"),
    "75+": _("75 ans et plus"),
}  # fmt: skip
SOURCES: Final = {
    "cordee": _("Dossiers partagés de Cordée"),
    "assurance-maladie": _("Assurance Maladie (synthétique)"),
}
EVENTS: Final = {
    "act": _("les actes"), "diagnosis": _("les diagnostics"), "dispensation": _("les délivrances"),
    "access": _("les établissements du territoire"),
    "encounter": _("les séjours et passages"), "followup": _("les suivis"),
    "prescription": _("les prescriptions"), "request": _("les demandes"),
    "result": _("les résultats de biologie"), "vaccine": _("les vaccins"),
}  # fmt: skip
METHODS: Final = {
    STANDARD: _("Standardisation directe sur l’âge (bandes de 5 ans) et le "
                "sexe, %(reference)s ; intervalle à 95 %% par la loi gamma (Fay et Feuer, 1997)."),
    CRUDE: _("Cas rapportés aux personnes ; intervalle à 95 %% exact (Clopper et Pearson) quand "
             "les cas sont rares, de Wilson sinon ; de Poisson pour des événements."),
    SMOOTH: _("Rapport observé sur attendu, rapproché de la moyenne quand peu de personnes y "
              "vivent (Bayes empirique, Marshall, 1991) ; la région sert de référence."),
    RATIO: _("Cas observés rapportés aux cas attendus si chaque âge et chaque sexe avait le taux "
             "de la région ; intervalle à 95 %% exact de Poisson."),
}  # fmt: skip
_OLD: Final = 120
"""An upper bound of ages that bounds nothing."""
RULE: Final = _(
    "Un nombre de moins de %(k)s cas n’est pas dit, ni ce qui le ferait deviner par "
    "soustraction : un territoire est alors réuni à ses voisins, ou n’est pas publié."
)


def source(name: str) -> str:
    """A source in words; several joined by a plus are known together."""
    return " + ".join(str(SOURCES.get(one, one)) for one in name.split("+"))


def unit(measure: str, per: int) -> str:
    """What a figure is told for."""
    if per == 100:  # noqa: PLR2004 -- per cent
        return "%"
    noun = _("séjours") if measure == "events" else _("personnes")
    return _("pour %(n)s %(what)s") % {"n": number(per), "what": noun}


def figure(value: float, per: int, digits: int) -> str:
    """A rate as it is read, at the precision of its page."""
    return number(f"{value * per:.{digits}f}")


def moment(at: datetime) -> str:
    """A moment in short, in the time of Paris."""
    here = at.astimezone(french.PARIS)
    return f"{french.short_date(here.date())}, {french.clock(here)}"


def day(value: date) -> str:
    """A day in short."""
    return french.short_date(value)


def criteria(asked: Any) -> str:
    """A criterion of a definition in a sentence, so that nobody has to trust the name alone."""
    parts = getattr(asked, "parts", None)
    if parts is not None:
        word = {"any": _(" ; ou "), "all": _(" ; et "), "none": _(" ; ni ")}[asked.how]
        told = str(word).join(_part(one) for one in parts)
        return _("sans %(what)s") % {"what": told} if asked.how == "none" else told
    if hasattr(asked, "kind"):
        return _event(asked)
    told = [_ages(asked.youngest, asked.oldest)]
    told += [str(GROUPS[asked.sex])] if asked.sex else []
    if asked.doctor is not None:
        told.append(_("avec médecin traitant") if asked.doctor else _("sans médecin traitant"))
    if asked.far:
        way = {"n": number(f"{asked.minutes:g}"), "service": asked.far}
        told.append(_("à plus de %(n)s minutes : %(service)s") % way)
    return ", ".join(told)


def _part(asked: Any) -> str:
    """A part of a criterion; one of several parts stands in brackets."""
    told = criteria(asked)
    is_several = len(getattr(asked, "parts", ())) > 1
    return f"({told})" if is_several else told


def _ages(low: int, high: int) -> str:
    if high >= _OLD:
        return _("%(low)s ans et plus") % {"low": low}
    return _("de %(low)s à %(high)s ans") % {"low": low, "high": high}


def _event(asked: Any) -> str:
    told = [str(EVENTS[asked.kind])]
    if asked.codes:
        told.append(", ".join(asked.codes))
    if asked.detail:
        told.append(_("pour %(codes)s") % {"codes": ", ".join(asked.detail)})
    if asked.at_least is not None:
        told.append(f"≥ {number(asked.at_least)} {asked.unit}")
    if asked.below is not None:
        told.append(f"< {number(asked.below)} {asked.unit}")
    if asked.times > 1:
        told.append(_("au moins %(n)s jours") % {"n": asked.times})
    told += [_("encore actif")] if asked.lasting else []
    return " ".join(map(str, [*told, *_when(asked)]))


def _when(asked: Any) -> list[str]:
    if asked.is_ever:
        return [_("à tout moment")]
    if asked.span is None:
        return []
    if asked.span.months:
        return [_("en %(n)s mois") % {"n": asked.span.months}]
    return [_("en %(n)s jours") % {"n": asked.span.days}]
