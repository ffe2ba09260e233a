"""One OpenStreetMap PBF file, decoded block by block into flat arrays.

Several times as fast as libosmium's Python objects: blocks are unpacked by zlib and decoded by
compiled code, on all processors, and only ways and places that are wanted ever become Python
values. What is rare in such files is left to `osm_file`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.osm_ways import RawPieces
from coverage_gis.routing.threads import in_threads
from coverage_gis.sources import osm_pbf_decode as decode
from coverage_gis.sources.osm_pbf_blocks import (
    Blob,
    DamagedFileError,
    UnusualFileError,
    blobs,
    contents,
    deltas,
    edition,
    numbers,
)
from coverage_gis.sources.osm_pbf_roads import Nodes, Roads, Ways, pieces_of
from coverage_gis.sources.osm_pbf_wanted import Wanted
from coverage_gis.sources.osm_places import PlaceCollector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

    from coverage_gis.settings import Settings
    from coverage_gis.sources.osm_file import Bounds, TagSets

    Ints = NDArray[np.int64]

_DEGREE = 1e7
_MEMBER_TYPES = "nwr"
_AT_ONCE = 128
"""Blocks that are decoded before their roads are looked up and cut: bounds what is held of them."""
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

    def keep(self, parts: Sequence[Roads], wanted: Wanted, tagsets: TagSets) -> None:
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

    The file is streamed: positions of all nodes are held, 16 bytes each; of the ways only those
    that are kept.

    Raises
    ------
    UnusualFileError
        If the file is damaged, or uses what is rare: history, positions on ways, nodes that
        are not dense, not in order or after ways, other compression than zlib's.
    """
    wanted = Wanted(settings, keys)
    places = PlaceCollector(settings.facility_tags, bounds, frozenset(settings.place_names.osm))
    with path.open("rb") as file:
        size = path.stat().st_size
        if size == 0:
            raise UnusualFileError("empty file")
        header, data = blobs(file, size)
        source = _Source(file)
        out = PbfFile(places, edition(contents(source.bytes_of(header))))
        read = _Reader(source, wanted, places)
        nodes = Nodes()
        blocks: list[_Block] = []
        parts: list[Roads] = []
        for i in range(0, len(data), _AT_ONCE):
            some = in_threads(read.block, data[i : i + _AT_ONCE])
            blocks += some
            for block in some:
                for arrays in block.nodes:
                    nodes.add(*arrays)
                block.nodes.clear()
            roads = [b.ways for b in some if b.ways is not None]
            if roads:
                nodes.put_together()
                parts += in_threads(lambda ways: pieces_of(ways, nodes, bounds), roads)
            for block in some:
                block.ways = None
        nodes.put_together()
        out.keep(parts, wanted, tagsets)
        _take_places(places, blocks, nodes)
        places.close(read.members(places.open_members(), data, blocks), nodes.positions)
    return out


def _take_places(places: PlaceCollector, blocks: Sequence[_Block], nodes: Nodes) -> None:
    """Hand over nodes, then ways, then relations that may be places."""
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


class _Source:
    """Reads parts of a file for several threads.

    Not a memory map: pages that were looked at would count as this process's memory.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def bytes_of(self, blob: Blob) -> bytes:
        """Return a block as it lies in the file."""
        with self._lock:
            self._file.seek(blob.start)
            return self._file.read(blob.size)


@dataclass
class _Block:
    """What a block holds that is wanted."""

    nodes: list[tuple[Ints, NDArray[np.int32], NDArray[np.int32]]] = field(default_factory=list)
    points: list[tuple[int, Mapping[str, str], int, int]] = field(default_factory=list)
    ways: Ways | None = None
    has_ways: bool = False
    areas: list[tuple[int, Mapping[str, str], Ints]] = field(default_factory=list)
    relations: list[tuple[int, Mapping[str, str], list[tuple[str, int, str]]]] = field(
        default_factory=list
    )


class _Reader:
    """Decodes blocks; used by several threads at once."""

    def __init__(self, source: _Source, wanted: Wanted, places: PlaceCollector) -> None:
        self._source = source
        self._wanted = wanted
        self._places = places

    def block(self, blob: Blob) -> _Block:
        """Return what a block holds that is wanted."""
        try:
            return self._block(contents(self._source.bytes_of(blob)))
        except (ValueError, IndexError, UnicodeDecodeError) as error:
            if str(error) in decode.DAMAGE:
                raise DamagedFileError(str(error)) from error
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
            out.nodes.append((ids, x, y))
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
        out.ways = Ways(
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
            buffer = np.frombuffer(contents(self._source.bytes_of(blob)), dtype=np.uint8)
            _, entries, _ = decode.block_entries(buffer)
            entries = entries[entries[:, 0] == decode.WAY]
            try:
                found, first, refs = decode.ways_by_id(buffer, entries, ids)
            except ValueError as error:  # a way that was not wanted until now is damaged
                raise UnusualFileError(str(error)) from error
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


def _no_pieces() -> RawPieces:
    none, degrees = np.empty(0, np.int64), np.empty(0)
    return RawPieces(
        none, none.astype(np.int32), none.astype(np.bool_), none, none, degrees, degrees
    )
