"""osmnx graphs: GraphML files, and OpenStreetMap by place name through Overpass.

The second is for analysts at a prompt or in a notebook; a run reads files only.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from coverage_gis.crs import WGS84, geodesic_m
from coverage_gis.errors import InputError
from coverage_gis.network.convert import osmnx_ways
from coverage_gis.sources.archive import vector_source
from coverage_gis.sources.result import ReadResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import networkx as nx

    from coverage_gis.network.osm_ways import OsmWays
    from coverage_gis.settings import NetworkSettings, Service
    from coverage_gis.sources.found import Found

GRAPHML: Final = "graphml"
_LETTERS: Final = {"node": "n", "way": "w", "relation": "r"}
_POI_COLUMNS: Final = {
    "osm_id": "str",
    "lon": "float64",
    "lat": "float64",
    "name": "str",
    "tag": "str",
    "radius_m": "float64",
}


def read_graphml(founds: Sequence[Found], settings: NetworkSettings) -> ReadResult[OsmWays]:
    """Return the roads of graphs that ``osmnx.save_graphml`` wrote.

    Several graphs (walk and drive) are joined: an edge that is in both is one road, open both
    ways if it is in either. ``read`` counts directed edges.

    Raises
    ------
    InputError
        If a file is no GraphML of osmnx, or its graph is projected.
    """
    import networkx as nx  # noqa: PLC0415 - with osmnx below, slow to import and seldom needed

    graphs = [_load(found) for found in founds]
    if not graphs:
        raise InputError("There is no GraphML file to read.")
    crs = {str(g.graph.get("crs")) for g in graphs}
    if len(crs) > 1:
        names = ", ".join(f.label for f in founds)
        raise InputError(f"{names} have different coordinate systems; save them in one.")
    joined = graphs[0] if len(graphs) == 1 else nx.compose_all(graphs)
    try:
        ways = osmnx_ways(joined, settings)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{founds[0].label} is not a graph of osmnx: its nodes or edges lack x, y or geometry."
        ) from error
    return ReadResult(ways, sum(g.number_of_edges() for g in graphs))


def ways_from_place(place: str, settings: NetworkSettings) -> OsmWays:
    """Return all roads and paths of a place ("富山市, 日本"), asked of Overpass by osmnx.

    Needs the internet; osmnx keeps answers in its cache folder. ``network.build.build`` makes
    the walk and the drive network of them.

    Raises
    ------
    InputError
        If the place is not found, has no roads, or the server does not answer.
    """
    import osmnx as ox  # noqa: PLC0415 - slow to import and seldom needed

    graph = _asked(ox.graph_from_place, place, network_type="all", retain_all=True)
    return osmnx_ways(graph, settings)


def pois_from_place(place: str, services: Mapping[str, Service]) -> pd.DataFrame:
    """Return a place's facilities of all services, as ``facilities.from_osm.classify`` takes them.

    Raises
    ------
    InputError
        If the place is not found or the server does not answer.
    """
    import osmnx as ox  # noqa: PLC0415 - slow to import and seldom needed

    wanted = sorted({tag for service in services.values() for tag in service.osm})
    tags: dict[str, list[str]] = {}
    for key, value in wanted:
        tags.setdefault(key, []).append(value)
    return pois_of(_asked(ox.features_from_place, place, tags=tags), wanted)


def pois_of(features: gpd.GeoDataFrame, wanted: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return osmnx features as the POI table: a row per feature and tag that is wanted.

    Parameters
    ----------
    features
        As ``osmnx.features_from_place`` returns them: index (element, id), degrees.
    wanted
        Tags (key, value).
    """
    shapes = features.geometry.to_numpy()
    middle = shapely.point_on_surface(shapes)
    west, south, east, north = shapely.bounds(shapes).T
    diagonal = geodesic_m(west, south, east, north)
    names = features["name"] if "name" in features else pd.Series("", index=features.index)
    every = pd.DataFrame(
        {
            "osm_id": [f"{_LETTERS[str(kind)]}{number}" for kind, number in features.index],
            "lon": shapely.get_x(middle),
            "lat": shapely.get_y(middle),
            "name": names.fillna("").astype("str").to_numpy(),
            "radius_m": np.asarray(diagonal) / 2,
        }
    )
    rows = [
        every[(features[key] == value).to_numpy()].assign(tag=f"{key}={value}")
        for key, value in wanted
        if key in features
    ]
    table = pd.concat([empty_pois(), *rows], ignore_index=True)[list(_POI_COLUMNS)]
    ordered: pd.DataFrame = table.astype(_POI_COLUMNS).sort_values(["osm_id", "tag"])
    return ordered.reset_index(drop=True)


def empty_pois() -> pd.DataFrame:
    """Return the POI table without rows."""
    return pd.DataFrame({n: pd.Series(dtype=dtype) for n, dtype in _POI_COLUMNS.items()})


def _load(found: Found) -> nx.MultiDiGraph:
    import osmnx as ox  # noqa: PLC0415 - slow to import and seldom needed

    with vector_source(found) as path, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            graph = ox.load_graphml(path)
        except Exception as error:  # networkx and osmnx raise whatever damaged XML makes them hit
            raise InputError(
                f"{found.label} is not a GraphML file of osmnx; write it with osmnx.save_graphml."
            ) from error
    if not graph.is_directed() or graph.number_of_edges() == 0:
        raise InputError(f"{found.label} has no directed edges: no roads can be read from it.")
    graph.graph.setdefault("crs", WGS84)
    return graph


def _asked(function: Any, place: str, **options: Any) -> Any:
    try:
        return function(place, **options)
    except Exception as error:  # whatever osmnx, requests and the server answer with
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InputError(
            f"OpenStreetMap could not be asked for '{place}' ({reason}); check the name and the "
            "connection, or use an .osm.pbf file."
        ) from error
