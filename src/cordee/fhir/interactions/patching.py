"""Which patch a body is, by its content type or by what a Bundle entry carries."""

from __future__ import annotations

import base64
from collections.abc import Callable

from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.patch.fhirpath_patch import apply_fhirpath_patch
from cordee.fhir.patch.json_patch import apply_json_patch
from cordee.fhir.patch.xml_patch import apply_xml_patch
from cordee.runtime.errors import InvalidRequest, UnsupportedMedia

Change = Callable[[bytes], bytes]


def change_of(content_type: str, body: bytes) -> Change:
    """The change that a PATCH body makes; raises `UnsupportedMedia` for another content type."""
    media = content_type.partition(";")[0].strip().lower()
    match media:
        case "application/json-patch+json":
            return lambda resource: apply_json_patch(resource, body)
        case "application/xml-patch+xml":
            return lambda resource: apply_xml_patch(resource, body)
        case "application/fhir+json" | "application/json":
            return lambda resource: apply_fhirpath_patch(resource, body)
        case _:
            raise UnsupportedMedia(
                "PATCH: application/json-patch+json, application/xml-patch+xml or FHIR Parameters "
                "as application/fhir+json are expected"
            )


def change_of_entry(raw: bytes) -> Change:
    """The change of a PATCH entry: Parameters, or a Binary that holds a patch.

    Rule: https://hl7.org/fhir/R4/http.html#patch.
    """
    resource = parsed(raw)
    if resource.get("resourceType") == "Parameters":
        return lambda body: apply_fhirpath_patch(body, raw)
    if resource.get("resourceType") != "Binary":
        raise InvalidRequest("a PATCH entry carries Parameters, or a Binary with the patch")
    return change_of(str(resource.get("contentType")), base64.b64decode(resource.get("data", "")))
