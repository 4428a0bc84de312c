"""Errors as French pages: what happened, what is still true, what to do."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.runtime.errors import NotAuthenticated, ProductError, TooWeak
from cordee.web.guarding import SIGN_IN, InTraining
from cordee.web.headers import secure
from cordee.web.language import gettext as _
from cordee.web.rendering import page

SERVER_ERROR = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """The words of one error page."""

    heading: str
    what: str
    todo: str


WORDS = {
    400: ErrorWords(
        _("Demande non comprise"),
        _("La page n’a pas pu lire ce qui a été envoyé."),
        _("Revenez en arrière et recommencez."),
    ),
    403: ErrorWords(
        _("Accès refusé"),
        _("Votre rôle ou votre session ne permet pas cette action. Rien n’a été changé."),
        _("Si un formulaire est resté ouvert longtemps, rouvrez la page et recommencez."),
    ),
    404: ErrorWords(
        _("Page introuvable"),
        _("Cette page n’existe pas, ou ce dossier ne vous est pas ouvert."),
        _("Cherchez le patient par son nom et sa date de naissance."),
    ),
    405: ErrorWords(
        _("Action impossible ici"),
        _("Cette page ne s’ouvre pas de cette façon. Rien n’a été changé."),
        _("Revenez à l’accueil."),
    ),
    422: ErrorWords(
        _("Demande refusée"),
        _("Ce qui a été envoyé ne peut pas être enregistré. Rien n’a été changé."),
        _("Revenez en arrière, corrigez et recommencez."),
    ),
    429: ErrorWords(
        _("Trop de demandes"),
        _("Trop de demandes en peu de temps. Rien n’est perdu."),
        _("Attendez une minute et recommencez."),
    ),
    500: ErrorWords(
        _("Une erreur est survenue"),
        _("La page n’a pas pu être faite. Ce qui était enregistré le reste."),
        _("Recommencez. Si l’erreur revient, prévenez votre support."),
    ),
    503: ErrorWords(
        _("Service non disponible"),
        _("Une partie de Cordée ne répond pas. Ce qui était enregistré le reste."),
        _("Recommencez dans une minute. En cas d’urgence, appelez le 15."),
    ),
}
_LIKE = {401: 403, 410: 404, 406: 400, 409: 422, 412: 422, 413: 400, 415: 400, 504: 503}


def error_page(request: Request, status: int) -> Response:
    """Give the page of an HTTP status; an unknown one is shown as the nearest."""
    known = status if status in WORDS else _LIKE.get(status, 500 if status >= SERVER_ERROR else 400)
    words = WORDS[known]
    return page(
        request,
        "layout/error.html",
        status=status,
        heading=words.heading,
        what=words.what,
        todo=words.todo,
        number=status,
    )


async def http_error(request: Request, error: Exception) -> Response:
    """Give the page of an error of the router: not found, method not allowed."""
    known = cast("HTTPException", error)
    answer = error_page(request, known.status_code)
    answer.headers.update(known.headers or {})
    return answer


async def product_error(request: Request, error: Exception) -> Response:
    """Give the page of an error of the product; who is not signed in is asked to."""
    status = error.status if isinstance(error, ProductError) else 500
    if isinstance(error, NotAuthenticated):
        return RedirectResponse(SIGN_IN, status_code=303)
    if isinstance(error, TooWeak):
        return _level_page(request)
    if isinstance(error, InTraining):
        return _training_page(request)
    log.info("page_refused status=%s error=%s", status, type(error).__name__)
    return error_page(request, status)


def _level_page(request: Request) -> Response:
    """Lead to confirm and back; not while the national service is broken."""
    account = getattr(request.state, "account", None)
    visitor = account.visitor if account is not None else None
    back = request.url.path if request.method == "GET" else "/"
    is_possible = visitor is not None and visitor.broken is None
    told = {"back": back, "is_possible": is_possible}
    return page(request, "layout/level.html", status=TooWeak.status, **told)


def _training_page(request: Request) -> Response:
    """Say why a page is closed during a night of training, and the way out."""
    return page(
        request, "layout/error.html", status=InTraining.status, number=InTraining.status,
        heading=_("FORMATION : page fermée"),
        what=_("Vous êtes assis dans une nuit de formation. Cette page agit sur le vrai plateau."),
        todo=_("Sortez de la formation (Plateau, puis Formation) pour l’ouvrir. Rien n’a changé."),
    )  # fmt: skip


async def bug(request: Request, error: Exception) -> Response:
    """Give the page of anything else; the error goes to the log, never to the page.

    It is sent outside the middleware, so it sets the headers of security itself.
    """
    status = error.status if isinstance(error, ProductError) else 500
    log.error("page_failed status=%s error=%s", status, type(error).__name__)
    answer = error_page(request, status)
    secure(answer.headers, request.state.nonce)
    return answer
