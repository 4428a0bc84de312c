"""The addresses of messages."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.messages import showing, writing
from cordee.web.messages.entrance import PATH

_ONE = f"{PATH}/{{thread}}"
_OF = "/patients/{patient_id}/messages"
routes = [
    Route(PATH, showing.listing, methods=["GET"]),
    Route(PATH, showing.search, methods=["POST"]),
    Route(f"{PATH}/nouveau", writing.new_form, methods=["GET"]),
    Route(f"{PATH}/nouveau", writing.start, methods=["POST"]),
    Route(f"{PATH}/absence", writing.away_form, methods=["GET"]),
    Route(f"{PATH}/absence", writing.say_away, methods=["POST"]),
    Route(_ONE, showing.show, methods=["GET"]),
    Route(_ONE, writing.act, methods=["POST"]),
    Route(f"{_ONE}/flux", showing.stream, methods=["GET"]),
    Route(f"{_ONE}/pieces/{{message}}/{{place}}", showing.file, methods=["GET"]),
    Route(f"{_ONE}/dossier", writing.into_form, methods=["GET"]),
    Route(f"{_ONE}/dossier", writing.into_record, methods=["POST"]),
    Route(_OF, showing.tab, methods=["GET"]),
    Route(f"{_OF}/nouveau", writing.new_form, methods=["GET"]),
    Route(f"{_OF}/nouveau", writing.start, methods=["POST"]),
]
