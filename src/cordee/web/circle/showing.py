"""The page of a circle: members, who is invited, who is around, what the person said, history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from cordee.care.circle.finding import places_of
from cordee.care.circle.opening import keeps
from cordee.care.circle.steps import Past, waiting
from cordee.care.circle.team import is_circle, members_of
from cordee.care.circle.territory import county_of, is_elsewhere
from cordee.care.circle.vocabulary import CHANNELS, OF_RELATIVES, ROLES, SPEAKERS, WORDS
from cordee.care.record.ports import RecordRows
from cordee.web.circle.words import invited_name, member_rows, role_label, step_rows
from cordee.web.forms import Form
from cordee.web.guarding import signed_in
from cordee.web.ports import WebPorts

_SAID = frozenset({"consented", "not-opposed", "opposed"})
_SHOWN = 30


async def circle_values(
    request: Request, rows: RecordRows, section: str, form: Form | None = None
) -> dict[str, Any]:
    """Give what the page of the circle shows beside the record; nothing for other pages."""
    ports: WebPorts = request.app.state.ports
    if section != "cercle" or ports.circle is None:
        return {}
    account, at = signed_in(request), request.app.state.settings.clock()
    principal = account.principal
    patient = str(rows.patient["id"])
    teams = [one for one in rows.care_team if one.get("resourceType") == "CareTeam"]
    team = next((one for one in teams if is_circle(one)), None)
    members = members_of(team) if team is not None else ()
    places = [one.structure or one.reference for one in members]
    known: dict[str, Mapping[str, Any]] = dict(
        await places_of(ports.circle.store, principal, [*places, principal.structure])
    )
    related = [one for one in rows.care_team if one.get("resourceType") == "RelatedPerson"]
    known |= {f"RelatedPerson/{one['id']}": one for one in related}
    names = dict(rows.names) | {f"RelatedPerson/{r['id']}": _name(r) for r in related}
    names |= {one.reference: one.display for one in members if one.display}
    history = await ports.circle.opening.history(patient)
    home = county_of(rows.patient)
    shown = member_rows(members, names, known, (home, principal.practitioner), at)
    return {
        "form": form or Form(),
        "circle_team": team,
        "members": [one for one in shown if one.state != "over"],
        "former": [one for one in shown if one.state == "over"],
        "invited": [(one, invited_name(one), role_label(one.step.role))
                    for one in waiting(history, at)],
        "may_keep": team is not None and keeps(principal, team),
        "may_change": not account.is_patient,
        "is_member": any(one.is_own and one.state != "over" for one in shown),
        "around": _around(related, shown),
        "relative_roles": [(code, ROLES[code].label) for code in OF_RELATIVES],
        "said": _last_word(history),
        "history": step_rows(history[:_SHOWN], names),
        "channels": list(CHANNELS.items()),
        "speakers": list(SPEAKERS.items()),
        "words": list(WORDS.items()),
        "is_here_elsewhere": is_elsewhere(county_of(known.get(principal.structure, {})), home),
        "circle_today": at.date(),
    }  # fmt: skip


def _around(related: list[Any], shown: list[Any]) -> list[tuple[str, str]]:
    """People of the record who are not in the circle."""
    inside = {one.reference for one in shown if one.state != "over"}
    return [
        (f"RelatedPerson/{one['id']}", _name(one))
        for one in related
        if one.get("active") is not False and f"RelatedPerson/{one['id']}" not in inside
    ]


def _name(related: Mapping[str, Any]) -> str:
    name: Mapping[str, Any] = next(iter(related.get("name") or ()), {})
    text = name.get("text") or " ".join((*name.get("given", ()), str(name.get("family", ""))))
    return str(text).strip()


def _last_word(history: tuple[Past, ...]) -> Past | None:
    return next((one for one in history if one.step.step in _SAID), None)
