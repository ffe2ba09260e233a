"""Service quality (試案), the priority of vacuum areas, and what places are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.errors import SettingsError
from coverage_gis.settings.model import (
    PRIORITY_PARTS,
    PlaceNames,
    Priority,
    PriorityPart,
    ServiceQuality,
)

if TYPE_CHECKING:
    from coverage_gis.settings.reader import Reader


def service_quality(r: Reader) -> ServiceQuality:
    """Return ``[service_quality]``."""
    r.only("label_ja", "source", "trips_per_day", "distance_m", "rail", "bus", "same_station_m")
    trips, distances = r.numbers("trips_per_day"), r.numbers("distance_m")
    if list(trips) != sorted(trips, reverse=True) or list(distances) != sorted(distances):
        raise SettingsError(
            "Settings: service_quality.trips_per_day must fall and distance_m must rise."
        )
    return ServiceQuality(
        label_ja=r.text("label_ja"),
        source=r.text("source"),
        trips_per_day=trips,
        distance_m=distances,
        rail=_quality_bands(r, "rail", len(trips), len(distances)),
        bus=_quality_bands(r, "bus", len(trips), len(distances)),
        same_station_m=r.number("same_station_m"),
    )


def _quality_bands(r: Reader, key: str, rows: int, columns: int) -> tuple[str, ...]:
    """Read a table of letters that never get better with fewer trips or a longer walk."""
    bands = r.texts(key)
    order = "".join(schema.QUALITY_LETTERS) + "-"
    if len(bands) != rows or any(len(b) != columns or set(b) - set(order) for b in bands):
        raise SettingsError(
            f"Settings: service_quality.{key} needs {rows} texts of {columns} of the "
            f"characters {order}."
        )
    for line in (*bands, *("".join(column) for column in zip(*bands, strict=True))):
        if list(line) != sorted(line, key=order.index):
            raise SettingsError(
                f"Settings: service_quality.{key} gets better with fewer trips or farther away "
                f"('{line}')."
            )
    return bands


def priority(r: Reader) -> Priority:
    """Return ``[priority]``."""
    r.only("label_ja", "source", "min_people", *PRIORITY_PARTS)
    parts = {}
    for name in PRIORITY_PARTS:
        part = r.sub(name)
        part.only("weight", "full")
        parts[name] = PriorityPart(part.number("weight"), part.number("full"))
    return Priority(r.text("label_ja"), r.text("source"), r.number("min_people", above=-1), parts)


def place_names(r: Reader) -> PlaceNames:
    """Return ``[place_names]``."""
    r.only("label_ja", "source", "osm", "within_m")
    return PlaceNames(r.text("label_ja"), r.text("source"), r.tags("osm"), r.number("within_m"))
