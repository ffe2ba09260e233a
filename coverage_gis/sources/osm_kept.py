"""An OpenStreetMap extract that is decoded once and cut to many prefectures.

A regional extract holds the roads of eight prefectures: decoding is the longest part of reading
it. Decoded without bounds it is kept as arrays, opened memory-mapped, and cutting them gives what
reading the file with those bounds gives, byte for byte (tests/test_osm_kept.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis.network.osm_ways import RawPieces, tag_keys
from coverage_gis.sources.osm import decoded
from coverage_gis.store import artifacts

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.settings import Settings
    from coverage_gis.sources.osm_file import Bounds, TagSets

_PIECES, _TAGSETS, _PLACES, _ABOUT = "pieces", "tagsets", "places", "about"
_COLUMNS = ("way_id", "tagset", "whole", "size", "ref", "lon", "lat")


def keep(path: Path, settings: Settings, folder: Path) -> None:
    """Decode an extract into an existing folder.

    Raises
    ------
    InputError
        If the file is broken.
    """
    tagsets: TagSets = {}
    file = decoded(path, settings, tag_keys(settings.network), tagsets, None)
    pieces = file.pieces()
    artifacts.save(folder, _PIECES, {name: getattr(pieces, name) for name in _COLUMNS})
    artifacts.save(folder, _TAGSETS, [list(values) for values in tagsets])
    artifacts.save(folder, _PLACES, file.places.table())
    about = {"edition": file.edition, "empty": file.empty, "lost": file.places.lost}
    artifacts.save(folder, _ABOUT, about)


@dataclass(frozen=True)
class KeptPlaces:
    """The places of a kept extract; as `osm_places.PlaceCollector` gives them."""

    lost: int
    _table: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return one row per place and wanted tag."""
        return self._table


class KeptFile:
    """What a kept extract holds within bounds; the same as `osm_file.OsmFile` says."""

    def __init__(self, folder: Path, tagsets: TagSets, bounds: Bounds | None) -> None:
        about = artifacts.load(folder, _ABOUT)
        self.edition: str = about["edition"]
        self.empty: int = about["empty"]
        self.places = KeptPlaces(about["lost"], artifacts.load(folder, _PLACES))
        arrays = artifacts.load(folder, _PIECES)
        known = [tuple(values) for values in artifacts.load(folder, _TAGSETS)]
        way = _numbered(arrays["way_id"])
        inside = _ways_inside(arrays, way, bounds)
        kept = inside[way]
        self.outside = int((~inside).sum())
        whole = np.asarray(arrays["whole"], dtype=np.bool_)
        broken = np.zeros(len(inside), dtype=np.bool_)
        broken[way[~whole]] = True
        self.clipped = int((broken & inside).sum())
        self._pieces = _cut(arrays, kept, known, tagsets)

    def pieces(self) -> RawPieces:
        """Return the pieces of ways."""
        return self._pieces


def _numbered(way_id: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each piece's way: a way's pieces follow one another."""
    if not len(way_id):
        return np.empty(0, dtype=np.int64)
    new = np.concatenate([[0], np.asarray(way_id[1:] != way_id[:-1], dtype=np.int64)])
    return np.cumsum(new)


def _ways_inside(
    arrays: dict[str, NDArray[Any]], way: NDArray[np.int64], bounds: Bounds | None
) -> NDArray[np.bool_]:
    """Tell which ways have a node inside the bounds."""
    out = np.zeros(int(way[-1]) + 1 if len(way) else 0, dtype=np.bool_)
    if bounds is None:
        out[:] = True
        return out
    west, south, east, north = bounds
    lon, lat = arrays["lon"], arrays["lat"]
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    out[np.repeat(way, arrays["size"])[inside]] = True
    return out


def _cut(
    arrays: dict[str, NDArray[Any]],
    kept: NDArray[np.bool_],
    known: list[tuple[str | None, ...]],
    tagsets: TagSets,
) -> RawPieces:
    """Return the kept pieces, their tag sets numbered as they are met."""
    vertices = np.repeat(kept, arrays["size"])
    local = np.asarray(arrays["tagset"])[kept]
    used, first, inverse = np.unique(local, return_index=True, return_inverse=True)
    number = np.empty(len(used), dtype=np.int32)
    for i in np.argsort(first):
        number[i] = tagsets.setdefault(known[int(used[i])], len(tagsets))
    return RawPieces(
        way_id=np.asarray(arrays["way_id"])[kept],
        tagset=number[inverse].astype(np.int32),
        whole=np.asarray(arrays["whole"])[kept],
        size=np.asarray(arrays["size"])[kept],
        ref=np.asarray(arrays["ref"])[vertices],
        lon=np.asarray(arrays["lon"])[vertices],
        lat=np.asarray(arrays["lat"])[vertices],
    )
