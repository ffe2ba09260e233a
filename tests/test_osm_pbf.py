"""Our decoder of PBF files says what libosmium says, and knows what to leave to it."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_reference import shipped_settings
from osmium.osm.mutable import Node, Relation, Way

from coverage_gis.errors import InputError
from coverage_gis.network.osm_ways import tag_keys
from coverage_gis.sources import osm_pbf_decode as decode
from coverage_gis.sources.osm import read_osm
from coverage_gis.sources.osm_file import read_file
from coverage_gis.sources.osm_pbf import read_pbf
from coverage_gis.sources.osm_pbf_blocks import UnusualFileError, fields
from coverage_gis.sources.osm_pbf_wanted import hash_of

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = shipped_settings()
KEYS = tag_keys(SETTINGS.network)
EXTRACTS = (
    "16/toyama_city.osm.pbf",
    "13/otemachi.osm.pbf",
    "elsewhere/newport-2023-06-13.osm.pbf",
    "elsewhere/porto-roads.osm.pbf",
)


def assert_same(path: Path, bounds: tuple[float, float, float, float] | None) -> None:
    numbers: list[dict] = [{}, {}]
    theirs = read_file(path, SETTINGS, KEYS, numbers[0], bounds)
    mine = read_pbf(path, SETTINGS, KEYS, numbers[1], bounds)
    for name, array in vars(theirs.pieces()).items():
        other = getattr(mine.pieces(), name)
        assert array.dtype == other.dtype, name
        np.testing.assert_array_equal(array, other, err_msg=name)
    assert numbers[0] == numbers[1]
    for name in ("edition", "clipped", "empty", "outside"):
        assert getattr(theirs, name) == getattr(mine, name), name
    assert theirs.places.lost == mine.places.lost
    tables = [f.places.table().sort_values(["osm_id", "tag"]) for f in (theirs, mine)]
    assert tables[0].reset_index(drop=True).equals(tables[1].reset_index(drop=True))


@pytest.mark.parametrize("relative", EXTRACTS)
def test_real_files_whole_and_cut(relative: str, shared_data) -> None:
    path = shared_data(relative)
    assert_same(path, None)
    numbers: dict = {}
    pieces = read_pbf(path, SETTINGS, KEYS, numbers, None).pieces()
    (west, east), (south, north) = (np.quantile(v, (0.3, 0.6)) for v in (pieces.lon, pieces.lat))
    assert_same(path, (west, south, east, north))


WORDS = st.sampled_from(
    ["highway", "route", "shop", "amenity", "name", "oneway", "residential", "ferry", "supermarket",
     "hospital", "primary", "yes", "国道", "", "type", "multipolygon", "maxspeed", "30"]
)  # fmt: skip
tag_sets = st.dictionaries(WORDS, WORDS, max_size=4)
refs = st.lists(st.integers(1, 14), max_size=6)


places = st.tuples(st.floats(-180, 180), st.floats(-90, 90), tag_sets)
members = st.tuples(st.sampled_from("nwr"), st.integers(1, 12), st.sampled_from(("", "outer", "x")))
relations = st.tuples(st.lists(members, max_size=4), tag_sets)
files = st.tuples(
    st.lists(places, min_size=1, max_size=10),
    st.lists(st.tuples(refs, tag_sets), max_size=8),
    st.lists(relations, max_size=4),
)


@settings(max_examples=120, deadline=None)
@given(files, st.booleans(), st.booleans())
def test_whatever_libosmium_writes(tmp_path_factory, things, cut, timestamp) -> None:
    path = tmp_path_factory.mktemp("pbf") / "any.osm.pbf"
    header = osmium.io.Header()
    if timestamp:
        header.set("osmosis_replication_timestamp", "2026-07-16T20:21:03Z")
    nodes, ways, groups = things
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for i, (lon, lat, tags) in enumerate(nodes, 1):
            writer.add_node(Node(id=i, version=1, location=(lon, lat), tags=tags))
        # one road that is always there: without any, libosmium's reader complains of the order
        line = [1, min(2, len(nodes)), 1]
        writer.add_way(Way(id=1, version=1, nodes=line, tags={"highway": "service"}))
        for i, (line, tags) in enumerate(ways, 2):
            writer.add_way(Way(id=i, version=1, nodes=line, tags=tags))
        for i, (some, tags) in enumerate(groups, 1):
            writer.add_relation(Relation(id=i, version=1, members=some, tags=tags))
    whole = (-200.0, -100.0, 200.0, 100.0)
    lon, lat, _ = nodes[0]
    assert_same(path, (lon - 1e-5, lat - 1e-5, lon + 40, lat + 40) if cut else whole)


def block(content: bytes, *, kind: bytes = b"OSMData") -> bytes:
    packed = zlib.compress(content)
    blob = b"\x10" + number(len(content)) + b"\x1a" + number(len(packed)) + packed
    head = b"\x0a" + number(len(kind)) + kind + b"\x18" + number(len(blob))
    return struct.pack(">I", len(head)) + head + blob


def number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def text(tag: int, value: bytes) -> bytes:
    return number(tag << 3 | 2) + number(len(value)) + value


@pytest.mark.parametrize(
    "header",
    [
        text(4, b"OsmSchema-V0.6") + text(4, b"HistoricalInformation"),
        text(4, b"OsmSchema-V0.6") + text(5, b"LocationsOnWays"),
    ],
)
def test_rare_features_are_left_to_libosmium(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "rare.osm.pbf"
    path.write_bytes(block(header, kind=b"OSMHeader"))
    with pytest.raises(UnusualFileError):
        read_pbf(path, SETTINGS, KEYS, {}, None)


def test_nodes_out_of_order_and_single_nodes_are_left_to_libosmium(tmp_path: Path) -> None:
    header = block(text(4, b"OsmSchema-V0.6"), kind=b"OSMHeader")
    dense = text(1, b"\x04\x01") + text(8, b"\x02\x02") + text(9, b"\x02\x02")  # ids 2, 1
    single = text(1, b"\x08\x02\x40\x02\x48\x02")
    for group in (text(2, dense), single):
        path = tmp_path / "odd.osm.pbf"
        path.write_bytes(header + block(text(1, text(1, b"")) + text(2, group)))
        with pytest.raises(UnusualFileError):
            read_pbf(path, SETTINGS, KEYS, {}, None)
        assert len(read_osm([path], bounds=None, settings=SETTINGS).ways.way_id) == 0


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_a_file_that_ends_in_zeros_is_damaged(tmp_path: Path, blocks: int) -> None:
    """What a download into a file of the final size leaves; libosmium takes zeros for the end."""
    path = tmp_path / "x.osm.pbf"
    one = block(text(1, text(1, b"")) + text(2, text(2, text(1, b"\x02") + text(8, b"\x02")
                + text(9, b"\x02"))))  # fmt: skip
    path.write_bytes(block(text(4, b"OsmSchema-V0.6"), kind=b"OSMHeader") + one * blocks)
    whole = path.stat().st_size
    read_osm([path], bounds=None, settings=SETTINGS)
    with path.open("ab") as file:
        file.write(bytes(1000))
    with pytest.raises(
        InputError, match=f"from byte {whole:,} on there is no block.*fetch it again"
    ):
        read_osm([path], bounds=None, settings=SETTINGS)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_random_bytes_are_an_error_or_nothing(data: bytes) -> None:
    buffer = np.frombuffer(data, dtype=np.uint8)
    try:
        strings, entries, scale = decode.block_entries(buffer)
        for _, low, high in entries.tolist():
            decode.way_parts(buffer, low, high)
            decode.dense_nodes(buffer, low, high, scale)
        decode.string_hashes(buffer, strings, np.zeros(1, np.int64))
    except ValueError:
        pass
    with suppress(UnusualFileError):
        list(fields(data))


@given(st.text(max_size=12), st.text(max_size=3))
@settings(max_examples=50, deadline=None)
def test_compiled_and_plain_hash_agree(word: str, before: str) -> None:
    raw, start = (before + word).encode(), len(before.encode())
    assert decode.hashed(np.frombuffer(raw, np.uint8), start, len(raw)) == hash_of(word)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(0, 60)), st.lists(st.integers(-3, 63)))
def test_look_up_finds_each_id_or_says_it_is_not_there(ids: set[int], wanted: list[int]) -> None:
    known = np.array(sorted(ids), dtype=np.int64)
    at = decode.look_up(known, np.array(wanted, dtype=np.int64))
    for i, w in zip(at.tolist(), wanted, strict=True):
        assert (i == -1 and w not in ids) or known[i] == w
