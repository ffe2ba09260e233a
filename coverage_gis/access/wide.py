"""The wide table of cells: one row per populated cell, what ``access`` is the long form of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY = [schema.MESH_CODE, schema.PREF_CODE]


def cells_wide(
    origins: pd.DataFrame,
    origin_areas: pd.DataFrame,
    access: pd.DataFrame,
    transit: pd.DataFrame,
    preset: str,
) -> pd.DataFrame:
    """Return one row per origin with all its figures side by side.

    Parameters
    ----------
    origins, origin_areas, access, transit
        Tables of the schema. ``access`` has exactly one row per origin, service, mode and
        metric, in the order of ``origins``: a service is of one rank.
    preset
        The 交通空白 definition whose classes are shown.

    Returns
    -------
    DataFrame
        ``mesh_code, pref_code, muni_code`` (of its largest share), people, ``snap_<mode>_m``
        (to the nearest of the edges that its ways start on), then per service
        ``<service>_<mode>_m``, ``<service>_<mode>_s``, ``<service>_straight_m``,
        ``<service>_status`` (on foot) and ``<service>_drive_status``; ``transit_class`` and
        ``transit_class_straight``.
        Where only straight lines were measured, ``<service>_status`` is theirs.
    """
    out = origins[[*_KEY]].copy()
    out[schema.MUNI_CODE] = largest_share(origins, origin_areas)
    for column in schema.AGE_GROUPS.values():
        out[column] = origins[column]
    columns: dict[str, np.ndarray] = {}
    status: dict[str, np.ndarray] = {}
    by = [schema.SERVICE, schema.MODE, schema.METRIC]
    for (service, mode, metric), rows in access.groupby(by, sort=False):
        way = mode if metric == schema.ROAD else metric
        columns[f"{service}_{way}_m"] = rows[schema.DISTANCE_M].to_numpy()
        if metric == schema.ROAD:
            columns[f"{service}_{way}_s"] = rows[schema.TRAVEL_TIME_S].to_numpy()
            snap_m, name = rows[schema.SNAP_M].to_numpy(), f"snap_{mode}_m"
            out[name] = np.fmin(out[name], snap_m) if name in out else snap_m
        status_name = f"{service}_drive_status" if way == schema.DRIVE else f"{service}_status"
        if metric == schema.ROAD or status_name not in status:
            status[status_name] = rows[schema.STATUS].to_numpy()
    wide = {name: columns.get(name, status.get(name)) for name in _ordered(columns, status)}
    out = pd.concat([out, pd.DataFrame(wide, index=out.index)], axis=1)
    for metric, name in (
        (schema.ROAD, "transit_class"),
        (schema.STRAIGHT, "transit_class_straight"),
    ):
        rows = transit[(transit[schema.PRESET] == preset) & (transit[schema.METRIC] == metric)]
        if len(rows):
            out[name] = rows[schema.TRANSIT_CLASS].to_numpy()
    if "transit_class" not in out and "transit_class_straight" in out:
        out["transit_class"] = out["transit_class_straight"]
    return out


def largest_share(origins: pd.DataFrame, origin_areas: pd.DataFrame) -> np.ndarray:
    """Return the municipality of each origin's largest share; the lower code on a tie."""
    ordered = origin_areas.sort_values(
        [*_KEY, schema.SHARE, schema.MUNI_CODE], ascending=[True, True, False, True]
    )
    head = ordered.drop_duplicates(_KEY).set_index(_KEY)[schema.MUNI_CODE]
    return np.asarray(head.reindex(pd.MultiIndex.from_frame(origins[_KEY])), dtype=object)


def _ordered(columns: dict[str, np.ndarray], status: dict[str, np.ndarray]) -> Sequence[str]:
    """Column names service by service, each service's status after its distances."""
    services: dict[str, list[str]] = {}
    for name in [*columns, *status]:
        service = name
        for suffix in ("_m", "_s", "_status"):
            service = service.removesuffix(suffix)
        for way in (schema.WALK, schema.DRIVE, schema.STRAIGHT):
            service = service.removesuffix(f"_{way}")
        services.setdefault(service, []).append(name)
    return [name for names in services.values() for name in names]
