"""Numbers as a Japanese reader expects them; a figure that is not known says so."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

UNKNOWN: Final = "―"
_NO_BREAK: Final = "\u00a0"
_KM: Final = 10_000
"""Metres from which on a distance is written in kilometres."""

_WIDE_KM2: Final = 10
"""Square kilometres from which on tenths are not written."""


def known(value: Any) -> bool:
    """Tell whether a figure is a finite number."""
    return value is not None and bool(np.isfinite(float(value)))


def people(value: Any) -> str:
    """Return "1,234人"."""
    return f"{float(value):,.0f}人" if known(value) else UNKNOWN


def count(value: Any) -> str:
    """Return "1,234"."""
    return f"{float(value):,.0f}" if known(value) else UNKNOWN


def percent(value: Any) -> str:
    """Return "12.3%" of a share from 0 to 1."""
    return f"{float(value):.1%}" if known(value) else UNKNOWN


def metres(value: Any) -> str:
    """Return "1,234 m", to the nearest metre, or "12.3 km"."""
    if not known(value):
        return UNKNOWN
    number = float(value)
    if number < _KM:
        return f"{number:,.0f}{_NO_BREAK}m"
    return f"{number / 1000:,.1f}{_NO_BREAK}km"


def square_kilometres(value: Any) -> str:
    """Return "84 km²", or "1.2 km²" of a small one."""
    if not known(value):
        return UNKNOWN
    return f"{float(value):,.{0 if float(value) >= _WIDE_KM2 else 1}f}{_NO_BREAK}km²"


def share(part: Any, whole: Any) -> float:
    """Return part / whole, NaN where that has no meaning."""
    if not known(part) or not known(whole) or float(whole) <= 0:
        return float("nan")
    return float(part) / float(whole)


def text(value: Any) -> str:
    """Return a name, "" where there is none."""
    return value if isinstance(value, str) else ""
