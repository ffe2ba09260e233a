"""KSJ S12, passengers by station, as GeoJSON: four columns a year from 2011 on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coverage_gis.demo.formats.archive import write_zip
from coverage_gis.demo.formats.geojson import collection
from coverage_gis.demo.plan import HOME, Site

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.demo.rail import Rail, Station
    from coverage_gis.demo.towns import Settlement

EDITION: Final = "S12-24"
_YEARS: Final = range(2011, 2024)
_FIRST_COLUMN, _PER_YEAR = 6, 4
# 重複コード: 1 counted here, 2 in another line's row. データ有無コード: 1 there is one, 3 none.
_HERE, _ELSEWHERE, _KNOWN, _NONE = 1, 2, 1, 3
_PER_PERSON, _FALL = 0.09, 0.985
"""Passengers a day in the first year per inhabitant of the nearest place, and what stays a year."""
_UNCOUNTED_EVERY = 7


def write(path: Path, rail: Rail, settlement: Settlement, site: Site = HOME) -> None:
    """Write the zip with its GeoJSON in UTF-8; every seventh station has no record."""
    seen: set[str] = set()
    features = []
    for number, station in enumerate(rail.stations):
        first = station.group not in seen
        seen.add(station.group)
        known = (number + 1) % _UNCOUNTED_EVERY != 0
        own = {
            "S12_001": station.name, "S12_001c": station.code, "S12_001g": station.group,
            "S12_002": rail.company, "S12_003": station.line, "S12_004": "12", "S12_005": "5",
        }  # fmt: skip
        people = _people(settlement, station)
        line = np.column_stack([site.lon(station.platform[:, 0]), site.lat(station.platform[:, 1])])
        shape = {"type": "LineString", "coordinates": np.round(line, 7).tolist()}
        features.append((own | _counts(people, first=first, known=known), shape))
    name = f"{EDITION}_NumberOfPassengers"
    write_zip(path, {f"UTF-8/{name}.geojson": collection(name, features)})


def _counts(people: float, *, first: bool, known: bool) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for i, _ in enumerate(_YEARS):
        column = _FIRST_COLUMN + _PER_YEAR * i
        real = first and known
        out[f"S12_{column:03d}"] = _HERE if first else _ELSEWHERE
        out[f"S12_{column + 1:03d}"] = _KNOWN if known else _NONE
        out[f"S12_{column + 2:03d}"] = ""
        out[f"S12_{column + 3:03d}"] = round(people * _PER_PERSON * _FALL**i) if real else 0
    return out


def _people(settlement: Settlement, station: Station) -> float:
    def away(place: Any) -> float:
        return float((place.x - station.x) ** 2 + (place.y - station.y) ** 2)

    return float(min(settlement.places, key=away).people)
