"""An overlay as the page shows it: a pattern over the map, its legend, a column, its formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cordee.population.asking import (
    LAYER_ACCESS,
    LAYER_DENSITY,
    LAYER_DEPRIVATION,
    LAYER_DISTANCE,
    LAYER_GAP,
    LAYER_TEAMS,
)
from cordee.population.maps.classes import breaks, step
from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population.views import Class, RowView, Shape, classes

NAMES: Final = {
    LAYER_DEPRIVATION: _("Précarité"), LAYER_DISTANCE: _("Distance au spécialiste"),
    LAYER_TEAMS: _("Équipes en place"), LAYER_DENSITY: _("Densité de professionnels"),
    LAYER_ACCESS: _("Accès aux généralistes (APL)"),    LAYER_GAP: _("Indice de carence"),
}  # fmt: skip
_HEADS: Final = {
    LAYER_DEPRIVATION: _("Quintile moyen de précarité"),
    LAYER_DISTANCE: _("Minutes : %(speciality)s ou centre le plus proche"),
    LAYER_TEAMS: _("Équipes en place"),
    LAYER_DENSITY: _("%(speciality)s, pour 100 000 habitants"),
    LAYER_ACCESS: _("Généralistes accessibles, pour 100 000 habitants"),
    LAYER_GAP: _("Indice de carence"),
}
_MARKS: Final = {
    LAYER_DEPRIVATION: _("quintile moyen de %(n)s ou plus"),
    LAYER_DISTANCE: _("%(n)s minutes ou plus"), LAYER_TEAMS: _("au moins une équipe"),
    LAYER_DENSITY: _("moins de %(n)s"), LAYER_ACCESS: _("moins de %(n)s"),
    LAYER_GAP: _("indice de %(n)s ou plus"),
}  # fmt: skip
_NOTES: Final = {
    LAYER_DEPRIVATION: _(
        "Quintile de précarité des communes, de 1 (favorisé) à 5, pondéré par les habitants."
    ),
    LAYER_DISTANCE: _(
        "Minutes en moyenne par habitant : vol d’oiseau allongé de 30 %%, vitesses moyennes, "
        "aucun réseau routier n’est lu. Centre : établissement autorisé, %(activity)s."
    ),
    LAYER_TEAMS: _("Équipes dites par les fichiers de territoires."),
    LAYER_DENSITY: _("Professionnels installés dans le territoire, pour ses habitants ; ceux d’à "
                     "côté n’y sont pas. Marqué : moins de la moitié de la région."),
    LAYER_ACCESS: _(
        "Accessibilité potentielle localisée, ceux des communes voisines compris : chaque "
        "généraliste est partagé entre les habitants à moins de 20 minutes, moins quand ils sont "
        "loin (2/3 dès 10 minutes, 1/3 dès 15) ; aucun réseau routier n’est lu, l’âge non plus. "
        "Marqué : moins de la moitié de la région."
    ),
    LAYER_GAP: _("La carte montre l’indice, le tableau les deux."),
}  # fmt: skip
_DIGITS: Final = {LAYER_DISTANCE: 0, LAYER_TEAMS: 0, LAYER_GAP: 2}


@dataclass(frozen=True, slots=True)
class LayerView:
    """An overlay in words: `cells` by the code of a row, `marked` the codes that bear the pattern.

    `mark` says in the legend what the pattern means.
    """

    name: str
    label: str
    head: str
    mark: str
    note: str
    cells: Mapping[str, str]
    marked: frozenset[str]
    count: int


def layer_view(layer: Any) -> LayerView:
    """An overlay in words."""
    care = {"speciality": layer.care.speciality, "activity": layer.care.activity}
    cells = {code: _cell(layer, code, one) for code, one in layer.values.items()}
    bound = _figure(layer.bound, 1 if layer.name in {LAYER_DENSITY, LAYER_ACCESS, LAYER_GAP} else 0)
    return LayerView(
        layer.name, str(NAMES[layer.name]), _capital(_HEADS[layer.name] % care),
        _MARKS[layer.name] % {"n": bound}, _NOTES[layer.name] % care, cells, layer.marked,
        len(layer.marked),
    )  # fmt: skip


def columns(layer: Any) -> list[str]:
    """The heads of an overlay in the file."""
    view = layer_view(layer)
    if layer.name != LAYER_GAP:
        return [view.head]
    told = [_("besoin"), _("offre"), *(f"z : {one.label}" for one in layer.definition.terms)]
    return [view.head, *map(str, told)]


def values(layer: Any, code: str) -> list[object]:
    """The cells of an overlay in the file: plain numbers, words for what is not told."""
    if layer.name == LAYER_TEAMS:
        return [", ".join(layer.names.get(code, ()))]
    value = layer.values.get(code)
    gap = layer.gaps.get(code)
    parts: Sequence[object] = ()
    if layer.name == LAYER_GAP:
        parts = [""] * (2 + len(layer.definition.terms))
    if gap is not None:
        scores = [gap.scores[one.name] for one in layer.definition.terms]
        parts = [round(one, 3) for one in (gap.need, gap.offer, *scores)]
    return [_("non publié") if value is None else round(value, 3), *parts]


def over(layer: LayerView, reading: Any, paths: Mapping[str, str]) -> list[str]:
    """The outlines that bear the pattern."""
    return [
        paths[one]
        for row in reading.rows
        if row.code in layer.marked
        for one in row.members
        if one in paths
    ]


def gap_map(
    layer: Any, reading: Any, views: Sequence[RowView], paths: Mapping[str, str]
) -> tuple[list[Shape], list[Class]]:
    """The index as a map: the shapes with its classes, and their legend."""
    told = {code: one for code, one in layer.values.items() if one is not None}
    bounds = breaks(list(told.values()), 2)
    shapes, counts = [], {}
    for row, view in zip(reading.rows, views, strict=True):
        value = told.get(row.code)
        at = 0 if value is None else step(value, bounds, 2)
        counts[at] = counts.get(at, 0) + len(row.members)
        title = f"{view.place} : {_cell(layer, row.code, value)}"
        shapes += [Shape(paths[one], at, title, row.code) for one in row.members if one in paths]
    return shapes, classes(bounds, counts, 2)


def by_gap(layer: Any, views: Sequence[RowView]) -> list[RowView]:
    """The lines of the table, the widest gap first, those that have none last."""
    told = layer.gaps
    return sorted(
        views, key=lambda one: (one.code not in told, -told[one.code].value if one.code in told
                                else 0.0)
    )  # fmt: skip


def formula(layer: Any) -> dict[str, Any]:
    """The definition of the index in words: its formula, terms, weights, dates and origins."""
    told = layer.definition
    sides = {True: _("besoin"), False: _("offre")}
    return {
        "title": told.title, "version": told.version, "formula": told.formula, "note": told.note,
        "source": told.source, "text": told.text,
        "terms": [
            (str(sides[one.is_need]), one.label, number(f"{one.weight:g}"), one.date, one.origin)
            for one in told.terms
        ],
    }  # fmt: skip


def _cell(layer: Any, code: str, value: float | None) -> str:
    if value is None:
        return _("non publié")
    if layer.name == LAYER_TEAMS:
        return ", ".join(layer.names[code]) or _("aucune")
    told = _figure(value, _DIGITS.get(layer.name, 1))
    if (gap := layer.gaps.get(code)) is None:
        return told
    parts = {"need": _figure(gap.need, 2), "offer": _figure(gap.offer, 2)}
    return f"{told} {_('(besoin %(need)s, offre %(offer)s)') % parts}"


def _figure(value: float, digits: int) -> str:
    return number(f"{round(value, digits) + 0.0:.{digits}f}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
