"""What an assessment says in the form of a request that it proposes; a person sends it. B4.5."""

from __future__ import annotations

from starlette.requests import Request

from cordee.care.assessments.desk import Assessment
from cordee.care.assessments.forms import YES
from cordee.runtime.errors import NotFound
from cordee.web.assessments.entrance import assessments_of, assessor
from cordee.web.assessments.words import view_score
from cordee.web.language import gettext as _


async def proposed_words(request: Request, machine: str) -> str:
    """The words that the request begins with; "" where the address names no assessment.

    The assessment is read as the person who asks: what they do not see is not there.
    """
    key = request.query_params.get("reperage", "")
    if not key or request.app.state.ports.assessments is None:
        return ""
    principal, patient = assessor(request).principal, request.path_params["patient_id"]
    try:
        found = await assessments_of(request).one(principal, patient, key)
    except NotFound:
        return ""
    proposal = found.form.proposes
    return _words(found) if proposal and proposal.machine == machine else ""


def _words(found: Assessment) -> str:
    scored = [view_score(one) for one in found.scores(None)]
    met = [
        _(item.text)
        for item in found.form.items()
        if item.kind == "flag" and found.answers.get(item.code) == YES
    ]
    head = "; ".join(f"{one.label} {one.result}" for one in scored)
    return f"{_(found.form.title)} : {head}.\n" + "\n".join(f"- {one}" for one in met)
