"""What a page shows beside the cells, packed as text: outlines, polygons, facilities, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.maps import outlines
from coverage_gis.maps.model import english
from coverage_gis.maps.packing import Pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from coverage_gis.maps.model import Field, MapContent

LON_ORIGIN = 100
LAT_ORIGIN = -90


def payload(content: MapContent) -> str:
    """Return all but the cells of ``content``; ``templates/page.js`` reads it."""
    pack = Pack()
    pack.json(
        "meta",
        {
            "pref": content.pref_code,
            "title": content.title_ja,
            "scale": outlines.SCALE,
            "groupsEn": dict(content.groups_en),
            "year": content.year,
            "yearOf": content.year_of_ja,
            "yearOfEn": english(content.year_of_ja),
            "years": sorted(content.years),
            "fewPeople": content.few_people,
            "muniFields": _fields(content.municipality_fields),
            "noRoadField": next(
                (
                    place
                    for place, field in enumerate(content.municipality_fields)
                    if field.column == schema.POPULATION_NO_ROAD
                ),
                -1,
            ),
            "vacuumFields": _fields(content.vacuum_fields),
            "services": [
                {"key": key, "label": label, "labelEn": content.service_labels_en.get(key, "")}
                for key, label in _services(content).items()
            ],
        },
    )
    _municipalities(pack, sorted_municipalities(content), content)
    _vacuum(pack, content.vacuum, content.vacuum_fields)
    _facilities(pack, content.facilities, list(_services(content)))
    pack.json("places", _places(content.places))
    return pack.text()


def _places(frame: pd.DataFrame | None) -> dict[str, list[str] | list[int]]:
    """Names in order, and where they are in 1/``SCALE`` degree."""
    if frame is None:
        return {"names": [], "lon": [], "lat": []}
    table = pd.DataFrame(
        {
            "names": frame[schema.NAME].astype(str),
            "lon": _degrees(frame[schema.LON], 0),
            "lat": _degrees(frame[schema.LAT], 0),
        }
    ).drop_duplicates()
    table = table.sort_values(["names", "lon", "lat"], kind="stable")
    return {column: table[column].tolist() for column in ("names", "lon", "lat")}


def sorted_municipalities(content: MapContent) -> gpd.GeoDataFrame:
    """Return the municipalities in the page's order, by code."""
    return content.municipalities.sort_values("muni_code", kind="stable").reset_index(drop=True)


def muni_index(content: MapContent) -> NDArray[np.int64] | None:
    """Return each cell's place in :func:`sorted_municipalities`, -1 for one that is not there."""
    if content.muni_codes is None:
        return None
    codes = sorted_municipalities(content)["muni_code"].astype(str).to_numpy(dtype=str)
    wanted = np.asarray(content.muni_codes, dtype=str)
    if not len(codes):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.searchsorted(codes, wanted).clip(max=len(codes) - 1)
    return np.where(codes[place] == wanted, place, -1).astype(np.int64)


def _services(content: MapContent) -> dict[str, str]:
    """Return the labels of the services that have facilities, in the given order."""
    present = set(content.facilities[schema.SERVICE].unique().tolist())
    labelled = {s: label for s, label in content.service_labels.items() if s in present}
    return {**labelled, **{s: s for s in sorted(present - set(labelled))}}


def _municipalities(pack: Pack, frame: gpd.GeoDataFrame, content: MapContent) -> None:
    """Outlines, and figures of today and of each year to come (those not known are null)."""
    shapes = outlines.thinned(frame.geometry) if len(frame) else np.array([], dtype=object)
    fields, codes = content.municipality_fields, frame["muni_code"].tolist()
    by_year = {
        year: outlines.figures(table.set_index("muni_code").reindex(codes), fields)
        for year, table in sorted(content.municipality_years.items())
    }
    rows = zip(codes, frame["name"].tolist(), shapes.tolist(), strict=True)
    today = outlines.figures(frame, fields)
    pack.json(
        "munis",
        [
            {
                "code": str(code),
                "name": str(name),
                "at": outlines.label_point(shape),
                "rings": outlines.rings(shape),
                "figures": today[m],
                "years": {str(year): figures[m] for year, figures in by_year.items()},
            }
            for m, (code, name, shape) in enumerate(rows)
        ],
    )


def _vacuum(pack: Pack, frame: gpd.GeoDataFrame | None, fields: Sequence[Field]) -> None:
    if frame is None:
        pack.json("vacuum", None)
        return
    shapes = frame.geometry.tolist()
    values = outlines.figures(frame, fields)
    pack.json(
        "vacuum",
        [
            {"rings": outlines.rings(shape), "figures": row}
            for shape, row in zip(shapes, values, strict=True)
        ],
    )


def _facilities(pack: Pack, frame: pd.DataFrame, services: list[str]) -> None:
    """Positions as integers; each distinct name once."""
    order = {service: number for number, service in enumerate(services)}
    table = frame.assign(
        _service=frame[schema.SERVICE].map(order).astype("int64"),
        _name=frame[schema.NAME].fillna("").astype(str),
        _lon=_degrees(frame[schema.LON], LON_ORIGIN),
        _lat=_degrees(frame[schema.LAT], LAT_ORIGIN),
    ).sort_values(["_service", "_lon", "_lat", "_name"], kind="stable")
    names, name_of = np.unique(table["_name"].to_numpy(dtype=str), return_inverse=True)
    pack.json("names", names.tolist())
    pack.ints("f_service", table["_service"].to_numpy())
    pack.ints("f_lon", table["_lon"].to_numpy())
    pack.ints("f_lat", table["_lat"].to_numpy())
    pack.ints("f_name", name_of)
    pack.ints("f_trips", _or_zero(table, schema.TRIPS_PER_DAY))
    pack.ints("f_capacity", _or_zero(table, schema.CAPACITY))


def _or_zero(table: pd.DataFrame, column: str) -> NDArray[np.int64]:
    """Return 1 + the numbers of a column, 0 where they, or the column, are not known."""
    if column not in table.columns:
        return np.zeros(len(table), dtype=np.int64)
    return np.asarray((table[column].astype("float64") + 1).fillna(0).round(), dtype=np.int64)


def _degrees(values: pd.Series[float], origin: int) -> pd.Series[int]:
    return ((values - origin) * outlines.SCALE).round().astype("int64")


def _fields(fields: Sequence[Field]) -> list[dict[str, Any]]:
    return [
        {"label": field.label_ja, "labelEn": field.label_en, "kind": field.kind} for field in fields
    ]
