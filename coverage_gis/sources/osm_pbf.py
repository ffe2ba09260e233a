"""One OpenStreetMap PBF file, decoded block by block into flat arrays.

Several times as fast as libosmium's Python objects: blocks are unpacked by zlib and decoded by
compiled code, on all processors, and only ways and places that are wanted ever become Python
values. What is rare in such files is left to `osm_file`.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.osm_ways import RawPieces
from coverage_gis.routing.threads import in_threads
from coverage_gis.sources import osm_pbf_decode as decode
from coverage_gis.sources.osm_pbf_blocks import (
    Blob,
    UnusualFileError,
    blobs,
    contents,
    deltas,
    edition,
    numbers,
)
from coverage_gis.sources.osm_pbf_wanted import Wanted
from coverage_gis.sources.osm_places import PlaceCollector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_gis.settings import Settings
    from coverage_gis.sources.osm_file import Bounds, TagSets

    Ints = NDArray[np.int64]

_DEGREE = 1e7
_MEMBER_TYPES = "nwr"
_PIECES = ("way_id", "tagset", "whole", "size", "ref", "lon", "lat")


class PbfFile:
    """What one file holds; the same as `osm_file.OsmFile` says."""

    def __init__(self, places: PlaceCollector, edition: str) -> None:
        self.places = places
        self.edition = edition
        self.clipped = self.empty = self.outside = 0
        self._pieces = _no_pieces()

    def pieces(self) -> RawPieces:
        """Return the pieces of ways."""
        return self._pieces

    def keep(self, parts: Sequence[_Roads], wanted: Wanted, tagsets: TagSets) -> None:
        """Take the pieces of all blocks, and number their tag sets as they are met."""
        self.clipped = sum(p.clipped for p in parts)
        self.empty = sum(p.empty for p in parts)
        self.outside = sum(p.outside for p in parts)
        if not parts:
            return
        joined = {c: np.concatenate([getattr(p.pieces, c) for p in parts]) for c in _PIECES}
        mixed = np.concatenate([p.tagset for p in parts])
        known, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
        number = np.empty(len(known), dtype=np.int32)
        for i in np.argsort(first):
            values = wanted.tagsets[int(known[i])]
            number[i] = tagsets.setdefault(values, len(tagsets))
        joined["tagset"] = number[inverse]
        self._pieces = RawPieces(**joined)


def read_pbf(
    path: Path,
    settings: Settings,
    keys: tuple[str, ...],
    tagsets: TagSets,
    bounds: Bounds | None,
) -> PbfFile:
    """Return what one PBF file holds.

    Positions of all nodes are held while the file is read, 16 bytes each.

    Raises
    ------
    UnusualFileError
        If the file is damaged, or uses what is rare: history, positions on ways, nodes that
        are not dense or not in order, other compression than zlib's.
    """
    wanted = Wanted(settings, keys)
    places = PlaceCollector(settings.facility_tags, bounds, frozenset(settings.place_names.osm))
    with path.open("rb") as file:
        size = path.stat().st_size
        if size == 0:
            raise UnusualFileError("empty file")
        header, data = blobs(file, size)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            out = PbfFile(
                places, edition(contents(view[header.start : header.start + header.size]))
            )
            read = _Reader(view, wanted, places)
            blocks = in_threads(read.block, data)
            nodes = _Nodes(blocks)
            roads = [b.ways for b in blocks if b.ways is not None]
            parts = in_threads(lambda ways: _pieces(ways, nodes, bounds), roads)
            out.keep(parts, wanted, tagsets)
            for block in blocks:
                for ref, tags, x, y in block.points:
                    places.add_node(ref, tags, x / _DEGREE, y / _DEGREE)
            for block in blocks:
                for ref, tags, refs in block.areas:
                    closed = len(refs) > 0 and refs[0] == refs[-1]
                    places.add_way(ref, tags, nodes.positions(refs), closed=closed)
            for block in blocks:
                for ref, tags, members in block.relations:
                    places.add_relation(ref, tags, members)
            places.close(read.members(places.open_members(), data, blocks), nodes.positions)
    return out


@dataclass
class _Ways:
    """Roads of a block: id, hash of the tag set, first ref of each and of the next, refs."""

    way_id: Ints
    tagset: Ints
    first: Ints
    refs: Ints


@dataclass
class _Block:
    """What a block holds that is wanted."""

    ids: list[Ints] = field(default_factory=list)
    x: list[NDArray[np.int32]] = field(default_factory=list)
    y: list[NDArray[np.int32]] = field(default_factory=list)
    points: list[tuple[int, Mapping[str, str], int, int]] = field(default_factory=list)
    ways: _Ways | None = None
    has_ways: bool = False
    areas: list[tuple[int, Mapping[str, str], Ints]] = field(default_factory=list)
    relations: list[tuple[int, Mapping[str, str], list[tuple[str, int, str]]]] = field(
        default_factory=list
    )


class _Reader:
    """Decodes blocks; used by several threads at once."""

    def __init__(self, view: mmap.mmap, wanted: Wanted, places: PlaceCollector) -> None:
        self._view = view
        self._wanted = wanted
        self._places = places

    def block(self, blob: Blob) -> _Block:
        """Return what a block holds that is wanted."""
        try:
            return self._block(contents(self._view[blob.start : blob.start + blob.size]))
        except (ValueError, IndexError, UnicodeDecodeError) as error:
            raise UnusualFileError(str(error)) from error

    def _block(self, raw: bytes) -> _Block:
        out = _Block()
        buffer = np.frombuffer(raw, dtype=np.uint8)
        strings, entries, scale = decode.block_entries(buffer)
        hashes, which = decode.string_hashes(buffer, strings, self._wanted.known)
        text = _Strings(raw, strings)
        flags = self._wanted.is_key[which], self._wanted.is_value[which]
        of_kind = {kind: entries[entries[:, 0] == kind] for kind in (1, 2, 3, 4)}
        if len(of_kind[decode.NODE]):
            raise UnusualFileError("nodes that are not dense")
        for _, low, high in of_kind[decode.DENSE].tolist():
            ids, x, y, tags = decode.dense_nodes(buffer, low, high, scale)
            out.ids.append(ids)
            out.x.append(x)
            out.y.append(y)
            for i, begin, end in decode.tagged_nodes(tags, *flags).tolist():
                found = text.pairs(tags[begin:end:2].tolist(), tags[begin + 1 : end : 2].tolist())
                if self._places.tags_of_node(found):
                    out.points.append((int(ids[i]), found, int(x[i]), int(y[i])))
        if len(ways := of_kind[decode.WAY]):
            out.has_ways = True
            self._ways(out, buffer, ways, hashes, which, flags, text)
        if len(relations := of_kind[decode.RELATION]):
            for row in decode.wanted_relations(buffer, relations, *flags).tolist():
                self._relation(out, buffer, relations[row], text)
        return out

    def _ways(  # noqa: PLR0917 - what is known of a block, for its ways
        self,
        out: _Block,
        buffer: NDArray[np.uint8],
        entries: Ints,
        hashes: Ints,
        which: NDArray[np.int32],
        flags: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        text: _Strings,
    ) -> None:
        wanted = self._wanted
        found, tagset, values, first, refs, place = decode.wanted_ways(
            buffer,
            entries,
            hashes,
            wanted.slot[which],
            wanted.is_road[which],
            *flags,
            wanted.special,
        )
        for i in np.flatnonzero(place).tolist():
            tags = text.of_entry(buffer, entries[found[i, 1]])
            if self._places.tags_of(tags):
                out.areas.append((int(found[i, 0]), tags, refs[first[i] : first[i + 1]].copy()))
        road = found[:, 2] > 0
        if not road.any():
            return
        # Equal hashes of 64 bits are taken for equal tags.
        known, at = np.unique(tagset[road], return_index=True)
        rows = values[road]
        for mixed, row in zip(known.tolist(), rows[at].tolist(), strict=True):
            if mixed not in wanted.tagsets:
                wanted.tagsets[mixed] = tuple(None if s < 0 else text[s] for s in row)
        size = np.diff(first)
        out.ways = _Ways(
            found[road, 0],
            tagset[road],
            np.concatenate([[0], np.cumsum(size[road])]),
            refs[: first[-1]][np.repeat(road, size)],
        )

    def _relation(
        self, out: _Block, buffer: NDArray[np.uint8], entry: Ints, text: _Strings
    ) -> None:
        ref, parts = decode.way_parts(buffer, int(entry[1]), int(entry[2]))
        tags = text.of_entry(buffer, entry)
        if self._places.tags_of(tags):
            raw = [text.raw[low:high] for low, high in parts.tolist()]
            roles, ids, kinds = numbers(raw[8]), deltas(raw[9]), numbers(raw[10])
            members = [
                (_MEMBER_TYPES[kind], i, text[role])
                for kind, i, role in zip(kinds, ids, roles, strict=True)
            ]
            out.relations.append((ref, tags, members))

    def members(
        self, ways: Sequence[int], data: Sequence[Blob], blocks: Sequence[_Block]
    ) -> dict[int, Ints]:
        """Return the refs of some ways, reading the blocks with ways once more."""
        if not ways:
            return {}
        ids = np.array(ways, dtype=np.int64)

        def look(blob: Blob) -> list[tuple[int, Ints]]:
            buffer = np.frombuffer(
                contents(self._view[blob.start : blob.start + blob.size]), dtype=np.uint8
            )
            _, entries, _ = decode.block_entries(buffer)
            entries = entries[entries[:, 0] == decode.WAY]
            found, first, refs = decode.ways_by_id(buffer, entries, ids)
            return [(int(w), refs[first[i] : first[i + 1]]) for i, w in enumerate(found)]

        with_ways = [b for b, block in zip(data, blocks, strict=True) if block.has_ways]
        return dict(pair for pairs in in_threads(look, with_ways) for pair in pairs)


class _Strings:
    """The strings of a block by number."""

    def __init__(self, raw: bytes, strings: Ints) -> None:
        self.raw = raw
        self._strings = strings

    def __getitem__(self, number: int) -> str:
        low, high = self._strings[number]
        return self.raw[low:high].decode("utf-8")

    def pairs(self, keys: Sequence[int], values: Sequence[int]) -> dict[str, str]:
        return {self[k]: self[v] for k, v in zip(keys, values, strict=True)}

    def of_entry(self, buffer: NDArray[np.uint8], entry: Ints) -> dict[str, str]:
        """Return the tags of a way or relation."""
        _, parts = decode.way_parts(buffer, int(entry[1]), int(entry[2]))
        (a, b), (c, d) = parts[2:4].tolist()
        return self.pairs(numbers(self.raw[a:b]), numbers(self.raw[c:d]))


class _Nodes:
    """Positions of all nodes, by id."""

    def __init__(self, blocks: Sequence[_Block]) -> None:
        self.ids = _joined([b.ids for b in blocks], np.int64)
        self.x = _joined([b.x for b in blocks], np.int32)
        self.y = _joined([b.y for b in blocks], np.int32)
        for i in range(0, len(self.ids), 1 << 20):
            if (np.diff(self.ids[i : i + (1 << 20) + 1]) <= 0).any():
                raise UnusualFileError("nodes that are not in order")

    def positions(self, refs: Sequence[int] | Ints) -> NDArray[np.float64]:
        """Return longitude and latitude of the nodes that are known, (n, 2)."""
        at = decode.look_up(self.ids, np.asarray(refs, dtype=np.int64))
        at = at[at >= 0]
        return np.column_stack([self.x[at], self.y[at]]) / _DEGREE


def _joined(parts: Sequence[list[NDArray]], dtype: type) -> NDArray:  # type: ignore[type-arg] # of any dtype
    """Return all arrays as one, and free them."""
    out = np.concatenate([np.empty(0, dtype), *(a for part in parts for a in part)])
    for part in parts:
        part.clear()
    return out


@dataclass
class _Roads:
    """Pieces of roads, the tag set of each as a hash, and how many ways were left out."""

    pieces: RawPieces
    tagset: Ints
    clipped: int
    empty: int
    outside: int


def _pieces(ways: _Ways, nodes: _Nodes, bounds: Bounds | None) -> _Roads:
    """Return what is known of roads: whole, or in pieces of two nodes and more."""
    n = len(ways.way_id)
    way = np.repeat(np.arange(n), np.diff(ways.first))
    at = decode.look_up(nodes.ids, ways.refs)
    known = at >= 0
    starts = known.copy()
    starts[1:] &= ~(known[:-1] & (way[1:] == way[:-1]))
    piece = np.cumsum(starts) - 1
    size = np.bincount(piece[known], minlength=int(starts.sum()))
    keep = known.copy()
    keep[known] = size[piece[known]] > 1
    lon, lat = (np.where(keep, a[at], 0) / _DEGREE for a in (nodes.x, nodes.y))
    inside = keep
    if bounds is not None:
        west, south, east, north = bounds
        inside = keep & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    some, within, all_known = (
        np.bincount(way[flag], minlength=n) > 0 for flag in (keep, inside, known)
    )
    all_known = np.bincount(way[~known], minlength=n) == 0
    keep &= within[way]
    first = np.flatnonzero(starts & keep)
    return _Roads(
        RawPieces(
            way_id=ways.way_id[way[first]],
            tagset=np.zeros(len(first), dtype=np.int32),
            whole=all_known[way[first]],
            size=size[piece[first]],
            ref=ways.refs[keep],
            lon=lon[keep],
            lat=lat[keep],
        ),
        tagset=ways.tagset[way[first]],
        clipped=int((within & ~all_known).sum()),
        empty=int((~some).sum()),
        outside=int((some & ~within).sum()),
    )


def _no_pieces() -> RawPieces:
    none, degrees = np.empty(0, np.int64), np.empty(0)
    return RawPieces(
        none, none.astype(np.int32), none.astype(np.bool_), none, none, degrees, degrees
    )
