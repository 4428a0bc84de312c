"""A board as the page and the file show it: priorities by territories, ranks, places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cordee.population.alignment import Board, Standing, Told, standings
from cordee.runtime.french import number, short_date
from cordee.web.inbox.words import local
from cordee.web.language import gettext as _
from cordee.web.population import words


def line(board: Board) -> dict[str, Any]:
    """A board in a list."""
    draft = board.draft
    return {
        "number": board.number, "title": draft.title, "by": board.by,
        "at": short_date(local(board.at)[:10]),
        "start": short_date(draft.start), "end": short_date(draft.end),
        "territories": ", ".join(one.name for one in draft.territories),
        "is_closed": board.result is not None, "said": len(board.stances),
        "count": len(draft.territories),
    }  # fmt: skip


def head(board: Board) -> dict[str, Any]:
    """What stands above a board: its line, who closed it when, all that was said."""
    names = {one.code: one.name for one in board.draft.territories}
    return line(board) | {
        "level": words.LEVELS[board.draft.level], "top": board.draft.top,
        "ranked": sum(not one.has_declined for one in board.stances.values()),
        "closed_at": words.moment(board.closed_at) if board.closed_at else "",
        "history": [
            (words.moment(one.at), one.by, names[one.territory],
             _("décline : %(motive)s") % {"motive": one.motive} if one.has_declined
             else _("classe : %(order)s") % {"order": ", ".join(_titles(board, one.order))})
            for one in reversed(board.history)
        ],
    }  # fmt: skip


def motives(board: Board) -> dict[str, str]:
    """Why each territory that declined does."""
    return {code: one.motive for code, one in board.stances.items() if one.has_declined}


def standing_lines(board: Board) -> list[dict[str, Any]]:
    """The lines of the table, in the order of the rule."""
    return [_standing(board, one) for one in standings(board.draft, board.stances)]


def lines(board: Board) -> Iterable[tuple[object, ...]]:
    """The lines of the file: a priority and a territory each."""
    declined = motives(board)
    for one in standings(board.draft, board.stances):
        told = one.priority
        mean = "" if one.mean is None else f"{float(one.mean):.2f}"
        common = _("oui") if one.is_common else _("non")
        for each in board.draft.territories:
            figure = told.figures.get(each.code)
            yield (
                one.place or "", told.indicator, told.title, common, mean, each.code, each.name,
                one.ranks.get(each.code, ""), _("oui") if each.code in one.ahead else _("non"),
                declined.get(each.code, ""), *_counts(figure, told.unit),
                f"{told.start}/{told.end}", told.version or "",
            )  # fmt: skip


def _standing(board: Board, one: Standing) -> dict[str, Any]:
    told = one.priority
    return {
        "number": told.number, "title": told.title, "indicator": told.indicator,
        "unit": told.unit, "version": told.version, "start": told.start, "end": told.end,
        "is_common": one.is_common, "place": number(one.place) if one.place else "",
        "tied": one.tied, "total": number(one.total), "count": len(one.ranks),
        "mean": "" if one.mean is None else number(f"{float(one.mean):.2f}"),
        "cells": [
            {
                "rank": one.ranks.get(each.code), "is_ahead": each.code in one.ahead,
                "figure": _figure(told.figures.get(each.code)), "name": each.name,
            }
            for each in board.draft.territories
        ],
    }  # fmt: skip


def _figure(told: Told | None) -> str:
    return number(told.value) if told else _("non publié")


def _counts(told: Told | None, unit: str) -> tuple[object, ...]:
    if told is None:
        return (_("non publié"), "", unit, "", "")
    return (told.cases, told.value, unit, told.low, told.high)


def _titles(board: Board, order: tuple[int, ...]) -> list[str]:
    titles = {one.number: one.title for one in board.draft.priorities}
    return [titles[one] for one in order]
