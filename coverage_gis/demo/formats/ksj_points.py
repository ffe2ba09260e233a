"""国土数値情報 point layers: P04 medical institutions (2020) and P11 bus stops (2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.demo.formats.archive import write_zip
from coverage_gis.demo.formats.shapefile import Field, shapefile
from coverage_gis.demo.plan import HOME, Site

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_gis.demo.buses import Buses
    from coverage_gis.demo.facilities import Place
    from coverage_gis.demo.municipalities import Municipalities

_ROUTE_SLOTS = 35
_DEPARTMENTS = (
    "内科", "内科　小児科", "整形外科", "皮膚科　内科", "外科　内科　整形外科", "産婦人科",
    "眼科", "内科　循環器内科", "", "小児科　アレルギー科", "内科　消化器内科",
)  # fmt: skip
"""In turn; one in eleven is not known."""


def write_medical(
    path: Path, places: Sequence[Place], areas: Municipalities, site: Site = HOME
) -> None:
    """Write ``P04-20_PP_GML.zip`` with a shapefile in CP932 without .cpg."""
    dental = [p.kind == "3" for p in places]
    department = [
        "歯科" if d else _DEPARTMENTS[k % len(_DEPARTMENTS)] for k, d in enumerate(dental)
    ]
    fields = [
        Field("P04_001", "C", 1, [p.kind for p in places]),
        Field("P04_002", "C", 128, [p.name for p in places]),
        Field("P04_003", "C", 128, [address(p, areas, k) for k, p in enumerate(places)]),
        Field("P04_004", "C", 254, department),
        Field("P04_005", "C", 254, [""] * len(places)),
        Field("P04_006", "C", 254, [""] * len(places)),
        Field("P04_007", "C", 1, ["6"] * len(places)),
        Field("P04_008", "N", 6, [p.tags["beds"] for p in places]),
        Field("P04_009", "C", 1, [p.tags["emergency"] for p in places]),
        Field("P04_010", "C", 1, ["9"] * len(places)),
    ]
    stem = path.stem.removesuffix("_GML")
    lon, lat = site.lon([p.x for p in places]), site.lat([p.y for p in places])
    write_zip(path, shapefile(stem, lon, lat, fields))


def write_welfare(
    path: Path, places: Sequence[Place], areas: Municipalities, site: Site = HOME
) -> None:
    """Write ``P14-23_PP_GML.zip`` with a shapefile in CP932 without .cpg."""
    blank = [""] * len(places)
    munis = [areas.items[p.muni] for p in places]
    fields = [
        Field("P14_001", "C", 20, [site.name] * len(places)),
        Field("P14_002", "C", 40, [m.name for m in munis]),
        Field("P14_003", "C", 5, [m.code for m in munis]),
        Field("P14_004", "C", 128, [address(p, areas, k) for k, p in enumerate(places)]),
        Field("P14_005", "C", 2, [p.kind for p in places]),
        Field("P14_006", "C", 4, blank),
        Field("P14_007", "C", 6, blank),
        Field("P14_008", "C", 128, [p.name for p in places]),
        Field("P14_009", "C", 1, ["9"] * len(places)),
        Field("P14_010", "C", 1, ["1"] * len(places)),
    ]
    lon, lat = site.lon([p.x for p in places]), site.lat([p.y for p in places])
    write_zip(path, shapefile(path.stem.removesuffix("_GML"), lon, lat, fields))


def write_bus_stops(path: Path, buses: Buses, site: Site = HOME) -> None:
    """Write ``P11-22_PP_SHP.zip``: one point per stop, its routes packed into the first slot."""
    stops = buses.surveyed_stops()
    blank = [""] * len(stops)
    fields = [
        Field("P11_001", "C", 100, [s.name for s in stops]),
        Field("P11_002", "C", 100, [s.operator for s in stops]),
    ]
    routes, classes = [s.routes for s in stops], [s.operator_class for s in stops]
    fields += [
        Field(f"P11_003_{slot:02d}", "C", 254, routes if slot == 1 else blank)
        for slot in range(1, _ROUTE_SLOTS + 1)
    ]
    fields += [
        Field(f"P11_004_{slot:02d}", "C", 254, classes if slot == 1 else blank)
        for slot in range(1, _ROUTE_SLOTS + 1)
    ]
    fields.append(Field("P11_005", "C", 254, ["架空のデータ"] * len(stops)))
    lon = site.lon(np.array([s.x for s in stops]))
    lat = site.lat(np.array([s.y for s in stops]))
    write_zip(path, shapefile(path.stem.removesuffix("_SHP"), lon, lat, fields))


def address(place: Place, areas: Municipalities, number: int) -> str:
    """Return an address that does not exist."""
    return f"{areas.items[place.muni].full_name}架空{number // 97 + 1}丁目{number % 97 + 1}番"
