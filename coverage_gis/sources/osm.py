"""OpenStreetMap extracts (.osm.pbf, .osm): ways of the network, and places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from coverage_gis.errors import InputError
from coverage_gis.network.osm_ways import OsmWays, RawPieces, index_nodes, tag_keys
from coverage_gis.sources.osm_apart import read_apart
from coverage_gis.sources.osm_file import Bounds, TagSets
from coverage_gis.sources.osm_pbf import read_pbf
from coverage_gis.sources.osm_pbf_blocks import DamagedFileError, UnusualFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_gis.progress import Progress
    from coverage_gis.settings import Settings

    class OneFile(Protocol):
        """What any way of reading one file gives; see `osm_file.OsmFile`."""

        edition: str
        clipped: int
        empty: int
        outside: int

        @property
        def places(self) -> Places: ...
        def pieces(self) -> RawPieces: ...

    class Places(Protocol):
        """The places of a file."""

        @property
        def lost(self) -> int: ...
        def table(self) -> pd.DataFrame: ...

    Reader = Callable[[Path, Settings, tuple[str, ...], TagSets, Bounds | None], OneFile]

__all__ = ["Bounds", "OsmExtract", "decoded", "read_osm"]


@dataclass(frozen=True)
class OsmExtract:
    """What was read from one or several extracts.

    Attributes
    ----------
    ways
        Roads and ferries.
    pois
        One row per place and matching tag: ``osm_id`` ("n1", "w2", "r3"), ``lon``, ``lat``,
        ``name``, ``tag`` ("shop=supermarket"), ``radius_m`` (half the diagonal of an area's
        bounding box, 0 for nodes).
    settlements
        The same of named places of people (place=hamlet), nodes alone, beside the facilities.
    read
        Counts: what was found, and what was left out and why.
    edition
        Timestamp of the newest file's header, "" if none says.
    notes
        Sentences a user should see.
    """

    ways: OsmWays
    pois: pd.DataFrame
    settlements: pd.DataFrame
    read: Mapping[str, int]
    edition: str
    notes: tuple[str, ...] = ()


def read_osm(
    paths: Sequence[Path],
    *,
    bounds: Bounds | None,
    settings: Settings,
    progress: Progress | None = None,
    reader: Reader | None = None,
) -> OsmExtract:
    """Return the ways of the network and the places of the services in some extracts.

    Ways that have a node inside ``bounds`` are kept whole. Ways with missing nodes, as at
    the edge of a clipped extract, are kept in pieces. A way or place that is in several
    files is taken from the one that knows most of it.

    Parameters
    ----------
    paths
        Files in any format that libosmium reads, sorted by type and id as is usual.
    bounds
        West, south, east, north in degrees; None for all.
    settings
        Which tags matter.
    progress
        Told about bytes read after each file.
    reader
        Reads one file in place of :func:`decoded`, to the same effect.

    Raises
    ------
    InputError
        If a file is broken, or its ways come before its nodes.
    """
    sizes = [path.stat().st_size for path in paths]
    keys = tag_keys(settings.network)
    tagsets: TagSets = {}
    files: list[OneFile] = []
    for i, path in enumerate(paths):
        files.append((reader or decoded)(path, settings, keys, tagsets, bounds))
        if progress is not None:
            progress(sum(sizes[: i + 1]), sum(sizes))
    pieces = _join_pieces([f.pieces() for f in files])
    met = [f.places.table() for f in files]
    of_people = {f"{key}={value}" for key, value in settings.place_names.osm}
    pois, places_outside = _join_places([t[~t["tag"].isin(of_people)] for t in met], bounds)
    settlements, _ = _join_places([t[t["tag"].isin(of_people)] for t in met], bounds)
    settlements = settlements[settlements["name"] != ""].reset_index(drop=True)
    clipped = sum(f.clipped for f in files)
    read = {
        "ways": len(np.unique(pieces.way_id)),
        "ways_clipped": clipped,
        "ways_without_nodes": sum(f.empty for f in files),
        "ways_outside": sum(f.outside for f in files),
        "places": pois["osm_id"].nunique(),
        "places_outside": places_outside,
        "places_without_nodes": sum(f.places.lost for f in files),
        "settlements": len(settlements),
    }
    notes = [f"{clipped:,} ways are cut off by the extract's edge."] if clipped else []
    named = [{k: v for k, v in zip(keys, t, strict=True) if v is not None} for t in tagsets]
    edition = max((f.edition for f in files), default="")
    ways = index_nodes(pieces, named)
    return OsmExtract(ways, pois, settlements, read, edition, tuple(notes))


def decoded(
    path: Path,
    settings: Settings,
    keys: tuple[str, ...],
    tagsets: TagSets,
    bounds: Bounds | None,
    *,
    rare: Reader | None = None,
) -> OneFile:
    """Read a usual PBF file fast, and leave any other, or a damaged one, to ``rare``: libosmium."""
    if path.suffix.lower() == ".pbf":
        try:
            return read_pbf(path, settings, keys, tagsets, bounds)
        except DamagedFileError as error:
            raise InputError(
                f"{path.name} cannot be read as OpenStreetMap data ({error}): "
                "it is damaged or incomplete; fetch it again."
            ) from error
        except UnusualFileError:
            pass
    return (rare or read_apart)(path, settings, keys, tagsets, bounds)


def _join_pieces(files: Sequence[RawPieces]) -> RawPieces:
    """Return the pieces of all files, each way from the file that knows most nodes of it."""
    if len(files) == 1:
        return files[0]
    best: pd.Series | None = None
    if files:
        rows = [
            pd.DataFrame({"way": f.way_id, "file": i, "size": f.size}) for i, f in enumerate(files)
        ]
        known = pd.concat(rows).groupby(["way", "file"])["size"].sum().reset_index()
        known = known.sort_values(["way", "size", "file"], ascending=[True, False, True])
        best = known.drop_duplicates("way").set_index("way")["file"]
    kept = []
    for i, f in enumerate(files):
        mine = np.ones(len(f.way_id), np.bool_) if best is None else best[f.way_id].to_numpy() == i
        kept.append(_only(f, mine))
    columns = ("way_id", "tagset", "whole", "size", "ref", "lon", "lat")
    return RawPieces(*(np.concatenate([getattr(f, c) for f in kept]) for c in columns))


def _only(pieces: RawPieces, mine: NDArray[np.bool_]) -> RawPieces:
    vertices = np.repeat(mine, pieces.size)
    return RawPieces(
        pieces.way_id[mine],
        pieces.tagset[mine],
        pieces.whole[mine],
        pieces.size[mine],
        pieces.ref[vertices],
        pieces.lon[vertices],
        pieces.lat[vertices],
    )


def _join_places(tables: Sequence[pd.DataFrame], bounds: Bounds | None) -> tuple[pd.DataFrame, int]:
    """Return the places inside the bounds in order of kind and id, and how many are outside."""
    places = pd.concat(tables, ignore_index=True)
    places = places.sort_values("radius_m", ascending=False, kind="stable")
    places = places.drop_duplicates(["osm_id", "tag"])
    outside = 0
    if bounds is not None:
        west, south, east, north = bounds
        inside = places["lon"].between(west, east) & places["lat"].between(south, north)
        outside = places.loc[~inside, "osm_id"].nunique()
        places = places[inside]
    kind, number = places["osm_id"].str[:1], places["osm_id"].str[1:].astype("int64")
    order = np.lexsort((places["tag"], number, kind))
    return places.iloc[order].reset_index(drop=True), outside
