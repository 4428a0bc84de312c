"""The services around the decision, as the pages find them."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from cordee.access.trust import Trust
from cordee.web.guarding import signed_in


def trust_of(request: Request) -> Trust:
    """Give the services of this screen; 404 where it has none."""
    trust: Trust | None = request.app.state.ports.trust
    if trust is None:
        raise HTTPException(404)
    return trust


def patient_of(request: Request) -> str:
    """Give the bare id of the patient that the address names."""
    return str(request.path_params["patient_id"])


def user_of(request: Request) -> str:
    """Give the login of who is signed in."""
    return signed_in(request).user
