"""A dosage in words: « DOSE 5 mg, 2 fois par jour, le matin et le soir »."""

from __future__ import annotations

import re

from cordee.care.record.treatments import Dosage
from cordee.runtime import french
from cordee.web.language import gettext as _
from cordee.web.record.words import MOMENTS, PERIODS

NO_BREAK = french.NO_BREAK
_SAID = re.compile(r"dose\b[\s:]*", re.IGNORECASE)


def dosage_words(dosage: Dosage) -> str:
    """Give the dosage as it was written, else built from its parts; DOSE stands before, once."""
    written = _SAID.sub("", dosage.text, count=1) if _SAID.match(dosage.text) else dosage.text
    parts = [written] if written else [_amount(dosage), *_rhythm(dosage)]
    if dosage.as_needed and _("si besoin") not in dosage.text.casefold():
        reason = f" ({dosage.reason})" if dosage.reason else ""
        parts.append(_("si besoin") + reason)
    text = ", ".join(part for part in parts if part)
    return f"{_('DOSE')}{NO_BREAK}{text}" if text else _("dose non précisée")


def _amount(dosage: Dosage) -> str:
    if dosage.amount is None:
        return ""
    low = french.dose(dosage.amount, dosage.amount_unit)
    if dosage.amount_high is None:
        return low
    high = french.dose(dosage.amount_high, dosage.amount_unit)
    return _("%(low)s à %(high)s") % {"low": low, "high": high}


def _rhythm(dosage: Dosage) -> list[str]:
    parts = []
    if dosage.frequency and dosage.period and dosage.period_unit in PERIODS:
        parts.append(_frequency(dosage.frequency, int(dosage.period), dosage.period_unit))
    moments = [MOMENTS[code] for code in dosage.moments if code in MOMENTS]
    if moments:
        parts.append(
            _(" et ").join((", ".join(moments[:-1]), moments[-1])) if moments[1:] else moments[0]
        )
    if dosage.route:
        parts.append(dosage.route)
    return parts


def _frequency(times: int, period: int, unit: str) -> str:
    one, many = PERIODS[unit]
    if times == 1 and (period > 1 or unit == "h"):
        article = _("tous les") if unit in {"d", "mo"} else _("toutes les")
        return f"{article} {french.plural(period, one, many)}"
    each = one if period == 1 else french.plural(period, one, many)
    return _("%(times)s fois par %(each)s") % {"times": times, "each": each}
