"""history of a resource, a type, the system. Rule: https://hl7.org/fhir/R4/http.html#history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from cordee.fhir.indexing.intervals import interval
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.read import need_open
from cordee.fhir.search.bundle import bundle
from cordee.fhir.search.cursor import Cursor, read_cursor, write_cursor
from cordee.fhir.store.history import HistoryQuery, HistoryRow, history
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Scope
from cordee.runtime.clock import instant
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound

_DEFAULT, _MOST = 100, 1000
_PLACE = 3


async def history_bundle(
    kernel: Kernel,
    scope: Scope,
    resource_type: str | None,
    resource_id: str | None,
    pairs: Iterable[tuple[str, str]],
) -> bytes:
    """Bundle of type history, newest first, with a link to the next page."""
    scope.need("r", resource_type or "*")
    await _need_whole(kernel, scope, resource_type or "*", resource_id)
    given = list(pairs)
    query = _query(resource_type, resource_id, given)
    rows = await history(kernel.database, scope, query)
    if not rows and resource_id is not None and query.before is None and not query.since:
        raise NotFound(f"{resource_type}/{resource_id}: there is nothing here")
    page, more = rows[: query.count], len(rows) > query.count
    path = "/".join(part for part in (resource_type, resource_id, "_history") if part)
    links = [("self", _url(kernel.base, path, given))]
    if more:
        links.append(("next", _url(kernel.base, path, _following(given, page[-1]))))
    whole = not more and query.before is None
    total = len(page) if whole else None
    return bundle("history", total, links, [_entry(kernel.base, row.version) for row in page])


async def _need_whole(
    kernel: Kernel, scope: Scope, resource_type: str, resource_id: str | None
) -> None:
    """Raises `AccessDenied` or `NotFound` where a right to read is limited to some resources."""
    if resource_id is not None:
        await need_open(kernel, scope, resource_type, resource_id, former=True)
    elif scope.limits_of("r", resource_type):
        raise AccessDenied("history: this token opens the history of single resources only")


def _query(
    resource_type: str | None, resource_id: str | None, pairs: list[tuple[str, str]]
) -> HistoryQuery:
    values: dict[str, object] = {"type": resource_type, "id": resource_id, "count": _DEFAULT}
    for name, text in pairs:
        match name:
            case "_count":
                values["count"] = _count(text)
            case "_since":
                values["since"] = interval(text)[0]
            case "_at":
                values["at"] = interval(text.removeprefix("eq"))
            case "_cursor":
                values["before"] = _place(text)
            case "_format" | "_pretty" | "_list":
                continue
            case _:
                raise InvalidRequest(f"{name}: _since, _at and _count narrow a history")
    return HistoryQuery(**values)  # pyright: ignore[reportArgumentType] -- checked above


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise InvalidRequest("_count: use a positive whole number")
    return min(int(text), _MOST)


def _place(text: str) -> tuple[datetime, int, int]:
    values = read_cursor(text).values
    try:
        moment, rid, version = values
        return datetime.fromisoformat(moment or ""), int(rid or ""), int(version or "")
    except ValueError as error:
        raise InvalidRequest("_cursor: follow the links of the page as they are") from error


def _following(pairs: list[tuple[str, str]], last: HistoryRow) -> list[tuple[str, str]]:
    moment, rid, version = last.place
    cursor = write_cursor(Cursor((moment.isoformat(), str(rid), str(version)), None, False))
    return [*(pair for pair in pairs if pair[0] != "_cursor"), ("_cursor", cursor)]


def _entry(base: str, version: Version) -> bytes:
    place = f"{version.type}/{version.id}"
    url = version.type if version.method == "POST" else place
    status = {"POST": "201", "DELETE": "204"}.get(
        version.method, "201" if version.version == 1 else "200"
    )
    start = f'{{"fullUrl":"{base}/{place}"'.encode()
    if not version.deleted:
        start += b',"resource":' + version.json()
    return (
        start
        + (
            f',"request":{{"method":"{version.method}","url":"{url}"}},"response":{{"status":"{status}"'
            f',"etag":"W/\\"{version.version}\\"","lastModified":"{instant(version.updated)}"}}}}'
        ).encode()
    )


def _url(base: str, path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{base}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")
