"""One OpenStreetMap file, streamed through libosmium into flat arrays."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium

from coverage_gis.errors import InputError
from coverage_gis.network.osm_ways import RawPieces
from coverage_gis.sources.osm_places import PlaceCollector

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_gis.settings import Settings

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

TagSets = dict[tuple[str | None, ...], int]
"""Values of the kept keys -> number of the tag set, shared by the files of a run."""

_WKB_HEADER = 18
"""Hexadecimal digits before the first coordinate of a WKB line string."""


class OsmFile:
    """What one file holds; filled by `read_file`.

    Attributes
    ----------
    places
        The places met.
    edition
        Timestamp in the file's header, "" without.
    clipped, empty, outside
        Ways with some nodes missing, with fewer than two known, and beyond the bounds.
    """

    def __init__(
        self, settings: Settings, keys: tuple[str, ...], tagsets: TagSets, bounds: Bounds | None
    ) -> None:
        of_nodes = frozenset(settings.place_names.osm)
        self.places = PlaceCollector(settings.facility_tags, bounds, of_nodes)
        self.edition = ""
        self.clipped = self.empty = self.outside = 0
        walk, drive = settings.network.walk, settings.network.drive
        self._highways = walk.highway | frozenset(drive.speed_m_per_s)
        self._keys = keys
        self._tagsets = tagsets
        self._bounds = bounds
        self._wkb = osmium.geom.WKBFactory()
        self._way_id, self._ref, self._size = array("q"), array("q"), array("q")
        self._tagset, self._whole = array("i"), array("b")
        self._xy = bytearray()

    def take(self, objects: Iterable[Any]) -> None:
        """Take nodes, ways and relations in file order."""
        places = self.places
        for thing in objects:
            if thing.is_way():
                self._take_way(thing)
            elif thing.is_node():
                if thing.location.valid():
                    places.add_node(thing.id, thing.tags, thing.location.lon, thing.location.lat)
            else:
                members = ((m.type, m.ref, m.role) for m in thing.members)
                places.add_relation(thing.id, thing.tags, members)

    def _take_way(self, way: Any) -> None:
        tags = way.tags
        highway = tags.get("highway")
        road = highway in self._highways if highway else tags.get("route") == "ferry"
        place = self.places.tags_of(tags)
        if not road and not place:
            return
        try:
            # The C++ writer hands over all positions at once, and refuses missing ones.
            line = self._wkb.create_linestring(way, osmium.geom.use_nodes.ALL)
        except (osmium.InvalidLocationError, RuntimeError):
            self._take_broken(way, place, road=road)
            return
        xy = bytes.fromhex(line[_WKB_HEADER:])
        if place:
            self._take_place(way, np.frombuffer(xy).reshape(-1, 2))
        if road and self._within(xy):
            self._add_piece(way.id, self._number(tags), [n.ref for n in way.nodes], xy, whole=True)

    def _take_place(self, way: Any, xy: NDArray[np.float64]) -> None:
        self.places.add_way(way.id, way.tags, xy, closed=way.nodes.ends_have_same_id())

    def _take_broken(self, way: Any, place: tuple[str, ...], *, road: bool) -> None:
        """Take a way with missing nodes: what is known of it, in pieces."""
        pieces: list[list[Any]] = [[]]
        for node in way.nodes:
            if node.location.valid():
                pieces[-1].append((node.ref, node.location.lon, node.location.lat))
            elif pieces[-1]:
                pieces.append([])
        if place:
            known = [(x, y) for piece in pieces for _, x, y in piece]
            self._take_place(way, np.array(known, dtype=np.float64).reshape(-1, 2))
        pieces = [piece for piece in pieces if len(piece) > 1]
        if not road:
            return
        if not pieces:
            self.empty += 1
            return
        every = [np.array([p[1:] for p in piece], dtype=np.float64).tobytes() for piece in pieces]
        if self._within(b"".join(every)):
            self.clipped += 1
            number = self._number(way.tags)
            for piece, xy in zip(pieces, every, strict=True):
                self._add_piece(way.id, number, [p[0] for p in piece], xy, whole=False)

    def _within(self, xy: bytes) -> bool:
        """Whether any of the positions lies inside the bounds; counts those that do not."""
        if self._bounds is None:
            return True
        west, south, east, north = self._bounds
        at = np.frombuffer(xy).reshape(-1, 2)
        lon, lat = at[:, 0], at[:, 1]
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if inside.any():
            return True
        self.outside += 1
        return False

    def _number(self, tags: Any) -> int:
        get = tags.get
        values = tuple([get(key) for key in self._keys])
        return self._tagsets.setdefault(values, len(self._tagsets))

    def _add_piece(
        self, way_id: int, tagset: int, refs: list[int], xy: bytes, *, whole: bool
    ) -> None:
        self._way_id.append(way_id)
        self._tagset.append(tagset)
        self._whole.append(whole)
        self._size.append(len(refs))
        self._ref.extend(refs)
        self._xy += xy

    def pieces(self) -> RawPieces:
        """Return the pieces of ways taken so far."""
        xy = np.frombuffer(bytes(self._xy), dtype=np.float64).reshape(-1, 2)
        return RawPieces(
            way_id=_numbers(self._way_id, np.int64),
            tagset=_numbers(self._tagset, np.int32),
            whole=_numbers(self._whole, np.int8).astype(np.bool_),
            size=_numbers(self._size, np.int64),
            ref=_numbers(self._ref, np.int64),
            lon=xy[:, 0],
            lat=xy[:, 1],
        )


def _numbers(values: array[int], dtype: type[Any]) -> NDArray[Any]:
    return np.array(values, dtype=dtype)


def read_file(
    path: Path,
    settings: Settings,
    keys: tuple[str, ...],
    tagsets: TagSets,
    bounds: Bounds | None,
) -> OsmFile:
    """Return what one file holds.

    One pass over the file, and a second over its ways if a relation gives a place.

    Raises
    ------
    InputError
        If the file is broken, or its ways come before its nodes.
    """
    out = OsmFile(settings, keys, tagsets, bounds)
    try:
        reader = osmium.FileProcessor(str(path)).with_locations("sparse_mem_array")
        header = reader.header
        out.edition = header.get("osmosis_replication_timestamp") or header.get("timestamp")
        locations = reader.node_location_storage
        for keep in _filters(out.places, settings):
            reader.with_filter(keep)
        out.take(reader)
        ways: dict[int, list[int]] = {}
        if members := out.places.open_members():
            again = osmium.FileProcessor(str(path), osmium.osm.WAY)
            of_members: Iterable[Any] = again.with_filter(osmium.filter.IdFilter(members))
            ways = {way.id: [n.ref for n in way.nodes] for way in of_members}
        out.places.close(ways, lambda refs: _positions(locations, refs))
    except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
        why = "text that is not UTF-8" if isinstance(error, UnicodeDecodeError) else error
        raise InputError(
            f"{path.name} cannot be read as OpenStreetMap data ({why}): "
            "it is damaged or incomplete; fetch it again."
        ) from error
    if out.empty and not out.pieces().way_id.size:
        raise InputError(
            f"{path.name} has roads but not their nodes, or the nodes come after them: "
            "sort it with 'osmium sort', or take an extract that includes nodes."
        )
    return out


def _positions(locations: Any, refs: Iterable[Any]) -> NDArray[np.float64]:
    out = []
    for ref in refs:
        try:
            at = locations.get(ref)
        except KeyError:
            continue
        if at.valid():
            out.append((at.lon, at.lat))
    return np.array(out, dtype=np.float64).reshape(-1, 2)


def _filters(places: PlaceCollector, settings: Settings) -> list[Any]:
    """Return libosmium's filters, which spare Python all that is neither road nor place."""
    tags = settings.facility_tags | frozenset(settings.place_names.osm)
    of_places = osmium.filter.TagFilter(*sorted(tags))
    of_places.enable_for(osmium.osm.NODE | osmium.osm.RELATION)
    of_ways = osmium.filter.KeyFilter("highway", "route", *places.keys)
    of_ways.enable_for(osmium.osm.WAY)
    return [of_places, of_ways]
