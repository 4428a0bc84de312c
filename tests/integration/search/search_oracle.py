"""What a search should find, worked out the slow way over parsed JSON.

Written from https://hl7.org/fhir/R4/search.html alone: it shares nothing with the compiler, so
that the two can only agree by being right.
"""

# ruff: noqa: C901, PLR0911, DTZ001 -- nine prefixes; wall clocks of Paris

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Resource = dict[str, Any]
Span = tuple[datetime, datetime]
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
GENDER = "http://hl7.org/fhir/administrative-gender"
BOOLEAN = "http://terminology.hl7.org/CodeSystem/special-values"
STATUS = {
    "Observation": "http://hl7.org/fhir/observation-status",
    "Encounter": "http://hl7.org/fhir/encounter-status",
}
# UCUM code: what it measures, factor to its base, offset.
UNITS = {
    "kg": ("mass", Decimal(1000), Decimal(0)), "g": ("mass", Decimal(1), Decimal(0)),
    "mg": ("mass", Decimal("0.001"), Decimal(0)),
    "mol/L": ("concentration", Decimal(1000), Decimal(0)),
    "mmol/L": ("concentration", Decimal(1), Decimal(0)),
    "m": ("length", Decimal(100), Decimal(0)), "cm": ("length", Decimal(1), Decimal(0)),
    "h": ("time", Decimal(60), Decimal(0)), "min": ("time", Decimal(1), Decimal(0)),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """Type of a parameter, and its values in a resource."""

    type: str
    values: Callable[[Resource], list[Any]]
    targets: tuple[str, ...] = ()


class World:
    """Resources by `Type/id`, and who may see which of them."""

    def __init__(
        self, resources: dict[str, Resource], visible: Callable[[Resource], bool] | None = None
    ) -> None:
        self.resources = resources
        self.visible = visible or (lambda _: True)

    def __repr__(self) -> str:
        return f"World of {len(self.resources)}"

    def of(self, resource_type: str) -> list[Resource]:
        """Resources of a type that may be seen."""
        return [
            one
            for one in self.resources.values()
            if one["resourceType"] == resource_type and self.visible(one)
        ]

    def search(self, resource_type: str, criteria: Iterable[tuple[str, str]]) -> list[Resource]:
        """Resources that meet all criteria."""
        wanted = list(criteria)
        return [
            one
            for one in self.of(resource_type)
            if all(self.meets(one, name, text) for name, text in wanted)
        ]

    def meets(self, one: Resource, name: str, text: str) -> bool:
        """Whether a resource meets `name=text`."""
        kind = one["resourceType"]
        if name.startswith("_has:"):
            _, source, reference, rest = name.split(":", 3)
            me = f"{kind}/{one['id']}"
            return any(
                me in PARAMETERS[source][reference].values(other) and self.meets(other, rest, text)
                for other in self.of(source)
            )
        head, dot, rest = name.partition(".")
        code, _, modifier = head.partition(":")
        if dot:
            return self._chained(one, (code, modifier), rest, text)
        parameter = PARAMETERS[kind][code]
        values = parameter.values(one)
        if modifier == "missing":
            return (not values) == (text == "true")
        return matches(parameter, values, modifier, text)

    def _chained(self, one: Resource, step: tuple[str, str], rest: str, text: str) -> bool:
        code, target = step
        for reference in PARAMETERS[one["resourceType"]][code].values(one):
            other = self.resources.get(reference) if isinstance(reference, str) else None
            if other is None or not self.visible(other):
                continue
            if target and other["resourceType"] != target:
                continue
            first = re.split(r"[.:]", rest)[0]
            known = first in PARAMETERS[other["resourceType"]] or rest.startswith("_has:")
            if known and self.meets(other, rest, text):
                return True
        return False


def matches(parameter: Kind, values: list[Any], modifier: str, text: str) -> bool:
    """Whether values meet a text of alternatives under a modifier."""
    alternatives = split(text, ",")
    if parameter.type == "token":
        found = any(token(value, one, modifier) for one in alternatives for value in values)
        return not found if modifier == "not" else found
    test = {
        "date": date, "string": string, "reference": reference, "quantity": quantity,
        "number": number, "composite": composite, "uri": lambda value, wanted, _: value == wanted,
    }[parameter.type]  # fmt: skip
    return any(test(value, one, modifier) for one in alternatives for value in values)


def split(text: str, mark: str) -> list[str]:
    """Parts at marks that no backslash precedes; escapes of this mark are resolved."""
    return [
        part.replace("\\" + mark, mark) for part in re.split(rf"(?<!\\){re.escape(mark)}", text)
    ]


def fold(text: str) -> str:
    """Without case, accents, ligatures."""
    text = text.replace("œ", "oe").replace("Œ", "oe")
    plain = "".join(
        one for one in unicodedata.normalize("NFD", text) if unicodedata.category(one) != "Mn"
    )
    return " ".join(plain.casefold().split())


def token(value: dict[str, Any], text: str, modifier: str) -> bool:
    """A coding, identifier, contact or boolean against `system|code`."""
    if modifier == "text":
        return any(fold(one).startswith(fold(text)) for one in value["texts"])
    if modifier == "of-type":
        system, code, wanted = split(text, "|")
        return (system, code.lower(), wanted.lower()) in value.get("types", ())
    if not value["code"]:
        return False
    parts = split(text, "|")
    same = parts[-1].lower() == value["code"].lower()
    if value.get("phone"):
        same = same or digits(parts[-1]) == digits(value["code"])
    if len(parts) == 1:
        return same
    if parts[1] == "":
        return value["system"] == parts[0]
    return same and (value["system"] or "") == parts[0]


def digits(text: str) -> str:
    """A phone number without its punctuation."""
    return re.sub(r"[\s.()/-]", "", text)


def string(value: str, text: str, modifier: str) -> bool:
    """Starts with, contains or is."""
    if modifier == "exact":
        return value == text
    if modifier == "contains":
        return fold(text) in fold(value)
    return fold(value).startswith(fold(text))


def reference(value: Any, text: str, modifier: str) -> bool:
    """`Type/id`, a bare id, an address of this server; `:Type`, `:identifier`."""
    if isinstance(value, dict):
        parts = split(text, "|")
        same = value["value"].lower() == parts[-1].lower()
        return modifier == "identifier" and same and parts[:-1] in ([], [value["system"]])
    if modifier == "identifier":
        return False
    text = text.removeprefix("http://127.0.0.1:8100/fhir/")
    kind, _, key = value.partition("/")
    if modifier and kind != modifier:
        return False
    return text in {value, key}


def span(text: str) -> Span:
    """Interval of a date; without a zone it is of Paris."""
    if "T" not in text:
        numbers = [int(part) for part in text.split("-")]
        low = datetime(numbers[0], *[*numbers[1:], 1, 1][:2])
        if len(numbers) == 1:
            high = datetime(low.year + 1, 1, 1)
        elif len(numbers) == 2:
            high = low + timedelta(days=calendar.monthrange(low.year, low.month)[1])
        else:
            high = low + timedelta(days=1)
        return paris(low), paris(high)
    whole, _, fraction = re.split(r"Z|[+-]\d\d:\d\d$", text)[0].partition(".")
    low = datetime.fromisoformat(text.replace("Z", "+00:00"))
    low = paris(low) if low.tzinfo is None else low.astimezone(UTC)
    if fraction:
        return low, low + timedelta(microseconds=10 ** (6 - len(fraction)))
    return low, low + (timedelta(seconds=1) if whole.count(":") == 2 else timedelta(minutes=1))


def paris(moment: datetime) -> datetime:
    """A wall clock of Paris in UTC."""
    return moment.replace(tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


def date(value: Span, text: str, _: str) -> bool:
    """The nine prefixes over intervals."""
    prefix, text = prefixed(text)
    low, high = value
    start, end = span(text)
    equal = start <= low and high <= end
    match prefix:
        case "eq":
            return equal
        case "ne":
            return not equal
        case "gt":
            return high > end
        case "lt":
            return low < start
        case "ge":
            return high > end or equal
        case "le":
            return low < start or equal
        case "sa":
            return low >= end
        case "eb":
            return high <= start
    margin = abs(datetime.now(UTC) - start) / 10
    return low < end + margin and high > start - margin


def prefixed(text: str) -> tuple[str, str]:
    """Prefix and rest."""
    found = re.match(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[\d-])", text)
    return (found[0], text[2:]) if found else ("eq", text)


def quantity(value: Resource, text: str, _: str) -> bool:
    """`number|system|code` with conversion between UCUM units."""
    parts = split(text, "|")
    prefix, wanted = prefixed(parts[0])
    here = amount = Decimal(str(value["value"]))
    factor, offset = Decimal(1), Decimal(0)
    if len(parts) > 1:
        system, code = parts[1], parts[2]
        if not system:
            if code not in {value.get("code"), value.get("unit")}:
                return False
        else:
            ours = value.get("system"), value.get("code")
            if (
                system == "http://unitsofmeasure.org"
                and {code, ours[1]} <= set(UNITS)
                and ours[0] == system
            ):
                if UNITS[code][0] != UNITS[ours[1]][0]:
                    return False
                here = amount * UNITS[ours[1]][1]
                factor, offset = UNITS[code][1], UNITS[code][2]
            elif ours != (system, code):
                return False
    low = high = here
    if value.get("comparator", "") in {"<", "<="}:
        low = Decimal("-Infinity")
    if value.get("comparator", "") in {">", ">="}:
        high = Decimal("Infinity")
    return compared((low, high), prefix, wanted, lambda number: number * factor + offset)


def number(value: Decimal, text: str, _: str) -> bool:
    """A plain number."""
    prefix, wanted = prefixed(text)
    return compared((value, value), prefix, wanted, lambda one: one)


def compared(
    value: tuple[Decimal, Decimal], prefix: str, text: str, scale: Callable[[Decimal], Decimal]
) -> bool:
    """The nine prefixes over numbers; eq, ne and ap look at the digits that were written."""
    wanted = Decimal(text)
    half = Decimal(5).scaleb(int(wanted.as_tuple().exponent) - 1)
    low, high = value
    exact = scale(wanted)
    equal = scale(wanted - half) <= low and high < scale(wanted + half)
    match prefix:
        case "eq":
            return equal
        case "ne":
            return not equal
        case "gt":
            return high > exact
        case "lt":
            return low < exact
        case "ge":
            return high >= exact
        case "le":
            return low <= exact
        case "sa":
            return low > exact
        case "eb":
            return high < exact
    margin = max(abs(wanted) / 10, half)
    return low <= scale(wanted + margin) and high >= scale(wanted - margin)


def composite(value: list[tuple[str, list[Any]]], text: str, _: str) -> bool:
    """All components of one element."""
    pieces = split(text, "$")
    return all(
        matches(Kind(kind, lambda _: []), list(values), "", piece)
        for (kind, values), piece in zip(value, pieces, strict=True)
    )


def at(value: Any, path: str) -> Iterator[Any]:
    """Everything at a path of properties."""
    if not path:
        yield from value if isinstance(value, list) else [value]
        return
    name, _, rest = path.partition(".")
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and name in one:
            yield from at(one[name], rest)


def concepts(path: str) -> Callable[[Resource], list[Any]]:
    """Codings of CodeableConcepts; the text belongs to each of them."""

    def values(one: Resource) -> list[Any]:
        found = []
        for concept in at(one, path):
            text = [concept["text"]] if "text" in concept else []
            for coding in concept.get("coding", ()):
                display = [coding["display"]] if "display" in coding else []
                found.append(
                    {
                        "system": coding.get("system"),
                        "code": coding.get("code"),
                        "texts": display + text,
                    }
                )
            if not concept.get("coding"):
                found.append({"system": None, "code": None, "texts": text})
        return found

    return values


def codings(path: str) -> Callable[[Resource], list[Any]]:
    return lambda one: [
        {
            "system": coding.get("system"),
            "code": coding.get("code"),
            "texts": [coding["display"]] if "display" in coding else [],
        }
        for coding in at(one, path)
    ]


def codes(path: str, system: str | Callable[[Resource], str]) -> Callable[[Resource], list[Any]]:
    return lambda one: [
        {"system": system, "code": str(code), "texts": []} for code in at(one, path)
    ]


def booleans(path: str) -> Callable[[Resource], list[Any]]:
    return lambda one: [
        {"system": BOOLEAN, "code": "true" if value else "false", "texts": []}
        for value in at(one, path)
    ]


def identifiers(one: Resource) -> list[Any]:
    return [
        {"system": value.get("system"), "code": value["value"], "texts": []}
        for value in one.get("identifier", ())
    ]


def contacts(system: str | None) -> Callable[[Resource], list[Any]]:
    return lambda one: [
        {"system": value["system"], "code": value["value"], "texts": [],
         "phone": value["system"] == "phone"}
        for value in one.get("telecom", ())
        if system in {None, value["system"]}
    ]  # fmt: skip


def spans(*paths: str) -> Callable[[Resource], list[Any]]:
    def values(one: Resource) -> list[Any]:
        found = []
        for path in paths:
            for value in at(one, path):
                if isinstance(value, str):
                    found.append(span(value))
                else:
                    low = span(value["start"])[0] if "start" in value else FIRST
                    high = span(value["end"])[1] if "end" in value else LAST
                    found.append((low, high))
        return found

    return values


def texts(*paths: str) -> Callable[[Resource], list[Any]]:
    return lambda one: [value for path in paths for value in at(one, path)]


def references(*paths: str) -> Callable[[Resource], list[Any]]:
    """`Type/id` of literal references; the identifier of logical ones."""
    return lambda one: [
        value["reference"] if "reference" in value else value["identifier"]
        for path in paths
        for value in at(one, path)
    ]


def code_values(path: str, kind: str, value: str) -> Callable[[Resource], list[Any]]:
    """Composite of a code and a value beside it; `path` is where both stand."""

    def values(one: Resource) -> list[Any]:
        found = []
        for element in at(one, path) if path else [one]:
            worth = concepts(value)(element) if kind == "token" else list(at(element, value))
            if worth:
                found.append([("token", concepts("code")(element)), (kind, worth)])
        return found

    return values


NAMES = texts("name.family", "name.given", "name.text")
COMMON = {
    "_id": Kind("token", lambda one: [{"system": None, "code": one["id"], "texts": []}]),
    "_tag": Kind("token", codings("meta.tag")),
    "_security": Kind("token", codings("meta.security")),
    "_source": Kind("uri", lambda one: list(at(one, "meta.source"))),
    "_lastUpdated": Kind("date", spans("meta.lastUpdated")),
}
PARAMETERS: dict[str, dict[str, Kind]] = {
    "Organization": {
        "name": Kind("string", texts("name")),
        "identifier": Kind("token", identifiers),
        "active": Kind("token", booleans("active")),
        "partof": Kind("reference", references("partOf"), ("Organization",)),
    },
    "Practitioner": {
        "name": Kind("string", NAMES),
        "family": Kind("string", texts("name.family")),
        "identifier": Kind("token", identifiers),
    },
    "Patient": {
        "name": Kind("string", NAMES),
        "family": Kind("string", texts("name.family")),
        "given": Kind("string", texts("name.given")),
        "address": Kind("string", texts("address.city", "address.postalCode", "address.country")),
        "address-city": Kind("string", texts("address.city")),
        "birthdate": Kind("date", spans("birthDate")),
        "death-date": Kind("date", spans("deceasedDateTime")),
        "gender": Kind("token", codes("gender", GENDER)),
        "active": Kind("token", booleans("active")),
        "identifier": Kind("token", identifiers),
        "telecom": Kind("token", contacts(None)),
        "phone": Kind("token", contacts("phone")),
        "email": Kind("token", contacts("email")),
        "organization": Kind("reference", references("managingOrganization"), ("Organization",)),
        "general-practitioner": Kind(
            "reference", references("generalPractitioner"), ("Practitioner", "Organization")
        ),
    },
    "Encounter": {
        "status": Kind("token", codes("status", STATUS["Encounter"])),
        "class": Kind("token", codings("class")),
        "date": Kind("date", spans("period")),
        "subject": Kind("reference", references("subject"), ("Patient",)),
        "patient": Kind("reference", references("subject"), ("Patient",)),
        "service-provider": Kind("reference", references("serviceProvider"), ("Organization",)),
        "part-of": Kind("reference", references("partOf"), ("Encounter",)),
        "participant": Kind("reference", references("participant.individual"), ("Practitioner",)),
        "length": Kind("quantity", texts("length")),
    },
    "Observation": {
        "status": Kind("token", codes("status", STATUS["Observation"])),
        "code": Kind("token", concepts("code")),
        "category": Kind("token", concepts("category")),
        "combo-code": Kind("token", lambda one: concepts("code")(one) + concepts("component.code")(one)),
        "component-code": Kind("token", concepts("component.code")),
        "value-concept": Kind("token", concepts("valueCodeableConcept")),
        "value-string": Kind("string", texts("valueString")),
        "value-quantity": Kind("quantity", texts("valueQuantity")),
        "component-value-quantity": Kind("quantity", texts("component.valueQuantity")),
        "combo-value-quantity": Kind("quantity", texts("valueQuantity", "component.valueQuantity")),
        "date": Kind("date", spans("effectiveDateTime", "effectivePeriod")),
        "subject": Kind("reference", references("subject"), ("Patient",)),
        "patient": Kind("reference", references("subject"), ("Patient",)),
        "performer": Kind("reference", references("performer"), ("Practitioner", "Organization", "Patient")),
        "encounter": Kind("reference", references("encounter"), ("Encounter",)),
        "code-value-quantity": Kind("composite", code_values("", "quantity", "valueQuantity")),
        "code-value-concept": Kind("composite", code_values("", "token", "valueCodeableConcept")),
        "code-value-string": Kind("composite", code_values("", "string", "valueString")),
        "component-code-value-quantity": Kind(
            "composite", code_values("component", "quantity", "valueQuantity")
        ),
    },
    "Condition": {
        "code": Kind("token", concepts("code")),
        "clinical-status": Kind("token", concepts("clinicalStatus")),
        "onset-date": Kind("date", spans("onsetDateTime", "onsetPeriod")),
        "recorded-date": Kind("date", spans("recordedDate")),
        "onset-info": Kind("string", texts("onsetString")),
        "subject": Kind("reference", references("subject"), ("Patient",)),
        "patient": Kind("reference", references("subject"), ("Patient",)),
        "encounter": Kind("reference", references("encounter"), ("Encounter",)),
    },
    "RiskAssessment": {
        "probability": Kind("number", lambda one: [Decimal(str(v)) for v in at(one, "prediction.probabilityDecimal")]),
        "subject": Kind("reference", references("subject"), ("Patient",)),
        "patient": Kind("reference", references("subject"), ("Patient",)),
    },
}  # fmt: skip
for _known in PARAMETERS.values():
    _known |= COMMON
