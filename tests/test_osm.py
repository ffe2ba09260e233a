"""Reading OpenStreetMap: pieces, places, broken files, in small files made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import osmium
import pytest
from network_reference import shipped_settings

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.network.build import build
from coverage_gis.sources.osm import OsmExtract, read_osm

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = shipped_settings()
HEAD = '<osm version="0.6"><bounds minlat="36" minlon="137" maxlat="37" maxlon="138"/>'


def tags(**values: str) -> str:
    return "".join(f'<tag k="{k.replace("__", ":")}" v="{v}"/>' for k, v in values.items())


def node(ref: int, lon: float, lat: float, **values: str) -> str:
    return f'<node id="{ref}" version="1" lon="{lon}" lat="{lat}">{tags(**values)}</node>'


def way(ref: int, refs: list[int], **values: str) -> str:
    inner = "".join(f'<nd ref="{r}"/>' for r in refs)
    return f'<way id="{ref}" version="1">{inner}{tags(**values)}</way>'


def relation(ref: int, members: list[tuple[str, int, str]], **values: str) -> str:
    inner = "".join(f'<member type="{t}" ref="{r}" role="{o}"/>' for t, r, o in members)
    return f'<relation id="{ref}" version="1">{inner}{tags(**values)}</relation>'


SQUARE = "".join(
    node(100 + i, 137.5 + x * 0.001, 36.5 + y * 0.001)
    for i, (x, y) in enumerate([(0, 0), (4, 0), (4, 4), (0, 4), (1, 1), (3, 1), (3, 3), (1, 3)])
)
LINE = "".join(node(i, 137.0 + 0.001 * i, 36.5) for i in range(1, 7))


@pytest.fixture
def read(tmp_path: Path):
    """Give a function that writes the elements as a file of any suffix and reads it."""

    def write_and_read(*elements: str, suffix: str = ".osm", bounds=None) -> OsmExtract:
        return read_osm(
            [save(tmp_path / f"one{suffix}", *elements)], bounds=bounds, settings=SETTINGS
        )

    return write_and_read


def save(path: Path, *elements: str) -> Path:
    text = path.with_suffix(".xml.osm")
    text.write_text(HEAD + "".join(elements) + "</osm>", encoding="utf-8")
    if path.suffix == ".osm":
        text.rename(path)
        return path
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(text)):
            writer.add(thing)
    return path


def lines(extract: OsmExtract) -> list[list[int]]:
    ways = extract.ways
    ids = ways.node_id[ways.node]
    return [ids[a:b].tolist() for a, b in zip(ways.first, ways.first[1:], strict=False)]


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_ways_keep_their_nodes_positions_and_tags(read, suffix: str) -> None:
    extract = read(
        LINE,
        way(20, [3, 2, 1], highway="primary", name="国道", oneway="yes", surface="asphalt"),
        way(21, [3, 4], route="ferry", duration="0:10"),
        way(22, [4, 5], highway="proposed"),
        way(23, [4, 5], building="yes"),
        way(24, [4, 5], route="bus"),
        suffix=suffix,
    )
    ways = extract.ways
    assert ways.way_id.tolist() == [20, 21]
    assert lines(extract) == [[3, 2, 1], [3, 4]]
    assert ways.node_id.tolist() == [1, 2, 3, 4]
    assert ways.lon.tolist() == [137.001, 137.002, 137.003, 137.004]
    assert ways.lat.tolist() == [36.5] * 4
    sets = [ways.tagsets[i] for i in ways.tagset]
    assert sets == [{"highway": "primary", "oneway": "yes"}, {"route": "ferry", "duration": "0:10"}]
    assert ways.whole.all()
    assert extract.notes == ()


def test_a_clipped_way_is_used_in_pieces(read) -> None:
    extract = read(
        LINE,
        way(20, [1, 2, 999, 3, 4, 998, 5], highway="residential"),
        way(21, [997, 996], highway="residential"),
    )
    assert lines(extract) == [[1, 2], [3, 4]]
    assert extract.ways.way_id.tolist() == [20, 20]
    assert not extract.ways.whole.any()
    assert extract.read["ways"] == 1
    assert extract.read["ways_clipped"] == 1
    assert extract.read["ways_without_nodes"] == 1
    assert "1 ways are cut off" in extract.notes[0]
    assert build(extract.ways, SETTINGS.network, schema.WALK).n_segments == 2


def test_ways_that_touch_the_bounds_are_kept_whole(read) -> None:
    extract = read(
        LINE,
        node(7, 137.0031, 36.5, shop="supermarket"),
        node(8, 137.0061, 36.5, shop="supermarket"),
        way(20, [1, 2, 3], highway="residential"),
        way(21, [4, 5, 6], highway="residential"),
        bounds=(137.0025, 36.4, 137.0035, 36.6),
    )
    assert lines(extract) == [[1, 2, 3]]
    assert extract.read["ways_outside"] == 1
    assert extract.pois["osm_id"].tolist() == ["n7"]
    assert extract.read["places_outside"] == 1


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_places_are_nodes_closed_ways_and_relations(read, suffix: str) -> None:
    extract = read(
        SQUARE,
        node(1, 137.1, 36.6, amenity="hospital", healthcare="hospital", name="市民病院"),
        node(2, 137.1, 36.6, shop="mall"),
        way(10, [100, 101, 102, 103, 100]),
        way(11, [104, 105, 106, 107, 104]),
        way(12, [100, 101, 102, 103, 100], shop="supermarket", name__ja="スーパー"),
        way(13, [100, 101], amenity="marketplace"),
        relation(
            30,
            [("w", 10, "outer"), ("w", 11, "inner")],
            type="multipolygon",
            amenity="hospital",
            name="大学病院",
        ),
        relation(31, [("w", 999, "outer")], type="multipolygon", amenity="clinic"),
        relation(32, [("n", 104, ""), ("n", 106, "")], type="site", amenity="clinic"),
        suffix=suffix,
    )
    pois = extract.pois
    assert pois[["osm_id", "tag", "name"]].to_numpy().tolist() == [
        ["n1", "amenity=hospital", "市民病院"],
        ["n1", "healthcare=hospital", "市民病院"],
        ["r30", "amenity=hospital", "大学病院"],
        ["r32", "amenity=clinic", ""],
        ["w12", "shop=supermarket", "スーパー"],
        ["w13", "amenity=marketplace", ""],
    ]
    assert extract.read["places"] == 5
    assert extract.read["places_without_nodes"] == 1
    by_id = pois.drop_duplicates("osm_id").set_index("osm_id")
    for place in ("r30", "w12"):
        assert 137.5 < by_id.loc[place, "lon"] < 137.504
        assert 36.5 < by_id.loc[place, "lat"] < 36.504
    # half the diagonal of about 358 x 444 m
    assert by_id.loc["w12", "radius_m"] == pytest.approx(285, rel=0.01)
    assert by_id.loc["n1", "radius_m"] == 0
    assert by_id.loc["r32", ["lon", "lat"]].tolist() == pytest.approx([137.502, 36.502])


def test_an_l_shaped_areas_point_lies_inside_it(read) -> None:
    corner = [(0, 0), (9, 0), (9, 1), (1, 1), (1, 9), (0, 9)]
    ring = "".join(node(i + 1, 137 + 0.001 * x, 36 + 0.001 * y) for i, (x, y) in enumerate(corner))
    pois = read(ring, way(5, [1, 2, 3, 4, 5, 6, 1], shop="supermarket")).pois
    x, y = (pois["lon"][0] - 137) / 0.001, (pois["lat"][0] - 36) / 0.001
    assert (0 < x < 1 and 0 < y < 9) or (0 < x < 9 and 0 < y < 1)


def test_an_area_of_which_little_is_known_still_is_a_place(read) -> None:
    pois = read(LINE, way(5, [1, 2, 900, 1], shop="supermarket")).pois
    assert pois[["lon", "lat"]].to_numpy().tolist() == pytest.approx(np.array([[137.0015, 36.5]]))


def test_overlapping_files_are_joined(tmp_path: Path) -> None:
    left = save(
        tmp_path / "left.osm.pbf",
        *(node(i, 137.0 + 0.001 * i, 36.5) for i in (1, 2, 3)),
        way(20, [1, 2, 3, 4], highway="residential"),
        way(22, [1, 2], highway="service"),
    )
    right = save(
        tmp_path / "right.osm",
        LINE,
        node(9, 137.002, 36.5, shop="convenience"),
        way(20, [1, 2, 3, 4], highway="residential"),
        way(21, [4, 5], highway="residential"),
        relation(30, [("n", 1, "")], amenity="clinic"),
    )
    seen: list[tuple[int, int]] = []
    both = [
        read_osm(
            paths,
            bounds=None,
            settings=SETTINGS,
            progress=lambda done, total: seen.append((done, total)),
        )
        for paths in ([left, right], [right, left])
    ]
    for extract in both:
        assert extract.ways.way_id.tolist() == [20, 21, 22]
        assert lines(extract) == [[1, 2, 3, 4], [4, 5], [1, 2]]
        assert extract.ways.whole.all()
        assert extract.pois["osm_id"].tolist() == ["n9", "r30"]
    assert seen[1][0] == seen[1][1] == left.stat().st_size + right.stat().st_size


def test_the_edition_is_the_headers(tmp_path: Path) -> None:
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-07-16T20:21:03Z")
    path = tmp_path / "dated.osm.pbf"
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for i in (1, 2):
            writer.add_node(osmium.osm.mutable.Node(id=i, version=1, location=(137.0, 36 + i / 9)))
        writer.add_way(
            osmium.osm.mutable.Way(id=5, version=1, nodes=[1, 2], tags={"highway": "service"})
        )
    extract = read_osm([path], bounds=None, settings=SETTINGS)
    assert extract.edition == "2026-07-16T20:21:03Z"


def test_a_file_without_anything_is_empty_not_an_error(read) -> None:
    extract = read(LINE)
    assert len(extract.ways.way_id) == len(extract.pois) == 0
    with pytest.raises(InputError, match="no way"):
        build(extract.ways, SETTINGS.network, schema.WALK)


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_a_broken_file_is_one_sentence(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"whole{suffix}", LINE, way(20, [1, 2], highway="service"))
    content = path.read_bytes()
    for name, damaged in (("cut", content[: len(content) * 2 // 3]), ("text", b"<html>404</html>")):
        broken = tmp_path / f"{name}{suffix}"
        broken.write_bytes(damaged)
        with pytest.raises(InputError, match=f"^{name}{suffix} cannot be read as OpenStreetMap"):
            read_osm([broken], bounds=None, settings=SETTINGS)


def test_nodes_after_ways_are_an_error(tmp_path: Path) -> None:
    path = save(tmp_path / "unsorted.osm", way(20, [1, 2], highway="service"), LINE)
    with pytest.raises(InputError, match="osmium sort"):
        read_osm([path], bounds=None, settings=SETTINGS)
