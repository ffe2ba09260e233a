"""What the values of OSM tags say: speeds, durations, directions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s*(km/?h|kmph|kph|mph|knots)?", re.ASCII)
_KM_PER_H = {"mph": 1.609344, "knots": 1.852}
_CLOCK = re.compile(r"(\d+)(?::(\d{1,2}))?(?::(\d{1,2}))?", re.ASCII)
_ISO = re.compile(
    r"P(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)

FORWARD, BACKWARD = (True, False), (False, True)
BOTH = (True, True)


def speed_m_per_s(value: str | None) -> float | None:
    """Return a ``maxspeed`` in m/s, or None where it gives no number above zero.

    "50", "50 km/h", "30 mph" and "10 knots" are understood, of "50;40" the lowest
    (https://wiki.openstreetmap.org/wiki/Key:maxspeed); "none", "walk", "signals",
    "JP:urban" and typing errors say nothing.
    """
    if value is None:
        return None
    speeds = []
    for part in value.lower().split(";"):
        match = _NUMBER_UNIT.fullmatch(part.strip())
        if match and float(match[1]) > 0:
            speeds.append(float(match[1]) * _KM_PER_H.get(match[2] or "", 1.0) / 3.6)
    return min(speeds, default=None)


def duration_s(value: str | None) -> float | None:
    """Return a ``duration`` in seconds, or None where it says nothing above zero.

    "90" is minutes, "1:30" hours and minutes, "01:30:00" with seconds, "PT1H30M" ISO 8601
    (https://wiki.openstreetmap.org/wiki/Key:duration).
    """
    if value is None:
        return None
    text = value.strip()
    seconds = 0.0
    if clock := _CLOCK.fullmatch(text):
        a, b, c = (int(g) if g else 0 for g in clock.groups())
        seconds = a * 60.0 if clock[2] is None else a * 3600.0 + b * 60.0 + c
    elif iso := _ISO.fullmatch(text):
        days, hours, minutes, secs = (float(g) if g else 0.0 for g in iso.groups())
        seconds = days * 86400 + hours * 3600 + minutes * 60 + secs
    return seconds if seconds > 0 else None


def oneway(value: str | None) -> tuple[bool, bool] | None:
    """Return (forward, backward) for the value of a ``oneway`` tag, None where it says nothing.

    "reversible" and "alternating" open each direction at some time, so they say nothing.
    """
    if value in ("yes", "true", "1"):
        return FORWARD
    if value in ("-1", "reverse"):
        return BACKWARD
    if value in ("no", "false", "0"):
        return BOTH
    return None


def vehicle_directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Return (forward, backward) for vehicles.

    ``oneway`` decides; without it roundabouts, ``junction=circular`` and motorways imply
    one way, motorway links do not (https://wiki.openstreetmap.org/wiki/Key:oneway).
    """
    said = oneway(tags.get("oneway"))
    if said is not None:
        return said
    implied = (
        tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    )
    return FORWARD if implied else BOTH


def foot_directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Return (forward, backward) for people on foot.

    Streets' ``oneway`` is for vehicles; ``oneway:foot`` and moving stairs
    (``conveying=forward|backward``) bind walkers, and a one-way ferry everybody.
    """
    said = oneway(tags.get("oneway:foot"))
    if said is not None:
        return said
    if "highway" not in tags and tags.get("route") == "ferry":
        return vehicle_directions(tags)
    return {"forward": FORWARD, "backward": BACKWARD}.get(tags.get("conveying", ""), BOTH)
