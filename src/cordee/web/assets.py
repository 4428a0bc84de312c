"""Static files: cached for a year under their digest, for an hour otherwise."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=3600"


class StaticFolder(StaticFiles):
    """Serves one folder, never its listing."""

    def __init__(self, folder: Path) -> None:
        """Serve the files of `folder`."""
        super().__init__(directory=folder, check_dir=True)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Give the file, with how long it may be kept."""
        answer = await super().get_response(path, scope)
        has_digest = b"v=" in scope.get("query_string", b"")
        answer.headers["cache-control"] = FOREVER if has_digest else A_WHILE
        return answer
