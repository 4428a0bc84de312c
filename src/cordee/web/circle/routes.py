"""The addresses of circles of care; the page of a circle itself is one of the record's."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.circle import changing, invitations

_HERE = "/patients/{patient_id}/cercle"
routes = [
    Route(_HERE, changing.act, methods=["POST"]),
    Route(f"{_HERE}/ouvrir", changing.opening_form, methods=["GET"]),
    Route(f"{_HERE}/ouvrir", changing.open_circle, methods=["POST"]),
    Route(f"{_HERE}/inviter", changing.invite_form, methods=["GET"]),
    Route(f"{_HERE}/inviter", changing.invite, methods=["POST"]),
    Route(invitations.PATH, invitations.show, methods=["GET"]),
    Route(invitations.PATH, invitations.answer, methods=["POST"]),
]
