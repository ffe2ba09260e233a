"""Real extracts: every distance of a sample against networkx on the same OSM file.

The comparison reads the file itself, decides itself who may use a way, snaps itself and
routes on every node; only the package's settings file is shared.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import osmium
import pytest
from network_reference import (
    Segment,
    brute_force,
    brute_pairs,
    segment,
    shipped_settings,
    shipped_toml,
    snap_all,
)

from coverage_gis import schema
from coverage_gis.network.build import build
from coverage_gis.network.snap import node_places, snap
from coverage_gis.routing.nearest import nearest, prepare
from coverage_gis.routing.several import k_nearest
from coverage_gis.routing.within import pairs_within, within
from coverage_gis.sources.osm import OsmExtract, read_osm

if TYPE_CHECKING:
    from pathlib import Path

EXTRACTS = (
    "16/toyama_city.osm.pbf",
    "elsewhere/newport-2023-06-13.osm.pbf",
    "13/otemachi.osm.pbf",
)
LIMIT_M = 600.0
Tags = Mapping[str, str]
Speeds = tuple[float | None, float | None]


def first_of(tags: Tags, *keys: str) -> str | None:
    return next((tags[k] for k in keys if k in tags), None)


def on_foot(tags: Tags) -> Speeds:
    rules = shipped_toml()["network"]["walk"]
    speed = rules["speed_m_per_min"] / 60
    if tags.get("highway") not in rules["highway"]:
        return None, None
    if first_of(tags, "foot", "access") in rules["forbidden"]:
        return None, None
    if tags.get("motorroad") == "yes" and "foot" not in tags:
        return None, None
    direction = tags.get("oneway:foot") or {"forward": "yes", "backward": "-1"}.get(
        tags.get("conveying", ""), ""
    )
    return (None if direction == "-1" else speed), (None if direction == "yes" else speed)


def by_car(tags: Tags) -> Speeds:
    rules = shipped_toml()["network"]["drive"]
    speed = rules["speed_km_per_h"].get(tags.get("highway", ""))
    if speed is None:
        return None, None
    if first_of(tags, "motorcar", "motor_vehicle", "vehicle", "access") in rules["forbidden"]:
        return None, None
    limit = re.fullmatch(r"(\d+)( mph)?", tags.get("maxspeed", ""))
    if limit:
        speed = min(speed, int(limit[1]) * (1.609344 if limit[2] else 1))
    speed /= 3.6
    oneway = tags.get("oneway", "")
    if oneway in ("-1", "reverse"):
        return None, speed
    one = oneway in ("yes", "true", "1") or (
        oneway != "no"
        and (tags.get("junction") in ("roundabout", "circular") or tags["highway"] == "motorway")
    )
    return speed, None if one else speed


def plain_segments(path: Path, mode: str) -> tuple[list[Segment], dict[int, tuple[float, float]]]:
    rules = cache_rules(on_foot if mode == schema.WALK else by_car)
    nodes: dict[int, tuple[float, float]] = {}
    ways: list[tuple[int, list[int], dict[str, str]]] = []
    for thing in osmium.FileProcessor(str(path)):
        if thing.is_node():
            nodes[thing.id] = (thing.location.lon, thing.location.lat)
        elif thing.is_way() and ("highway" in thing.tags or thing.tags.get("route") == "ferry"):
            ways.append((thing.id, [n.ref for n in thing.nodes], dict(thing.tags)))
    assert not [w for w, _, t in ways if "highway" not in t], "a ferry: not in these rules"
    out = []
    for way, refs, tags in ways:
        forward, backward = rules(tags)
        if forward is None and backward is None:
            continue
        snappable = tags["highway"] not in ("motorway", "motorway_link")
        out += [
            segment(way, a, b, nodes, (forward, backward), snappable=snappable)
            for a, b in itertools.pairwise(refs)
            if a != b and a in nodes and b in nodes
        ]
    return out, nodes


def cache_rules(rule: Callable[[Tags], Speeds]) -> Callable[[Tags], Speeds]:
    known = cache(lambda items: rule(dict(items)))
    return lambda tags: known(tuple(sorted(tags.items())))


@cache
def extract_of(path: Path) -> OsmExtract:
    return read_osm([path], bounds=None, settings=shipped_settings())


@pytest.mark.parametrize("mode", [schema.WALK, schema.DRIVE])
@pytest.mark.parametrize("relative", EXTRACTS)
def test_every_distance_of_a_sample_is_networkxs(relative: str, mode: str, shared_data) -> None:
    path = shared_data(relative)
    network = build(extract_of(path).ways, shipped_settings().network, mode)
    segments, nodes = plain_segments(path, mode)
    assert network.n_segments == len(segments)
    assert network.length_m == pytest.approx(sum(s.length_m for s in segments), rel=1e-9)

    rng = np.random.default_rng(20)
    # near nodes, where people are; a few anywhere, where they might not be
    some = rng.choice(len(network.node_id), 90, replace=False)
    lon = network.lon[some] + rng.uniform(-0.002, 0.002, 90)
    lat = network.lat[some] + rng.uniform(-0.002, 0.002, 90)
    lon[:10] = rng.uniform(network.lon.min(), network.lon.max(), 10)
    lat[:10] = rng.uniform(network.lat.min(), network.lat.max(), 10)
    targets, origins = np.arange(80, 90), np.arange(80)

    joined = snap(network, lon, lat, LIMIT_M)
    feet = snap_all(segments, nodes, list(zip(lon.tolist(), lat.tolist(), strict=True)), LIMIT_M)
    assert joined.joined.tolist() == [f is not None for f in feet]
    for i, foot in enumerate(feet):
        assert foot is None or joined.snap_m[i] == pytest.approx(foot.leg_m, abs=1e-6)

    graph = prepare(network, joined.take(targets))
    mine = nearest(graph, np.arange(10), joined.take(origins))
    theirs = brute_force(segments, feet[80:], feet[:80], by_time=mode == schema.DRIVE)
    assert sum(f is not None for f in theirs) >= (60 if relative != EXTRACTS[2] else 1)
    for i, found in enumerate(theirs):
        if found is None:
            assert mine.target[i] == -1
            continue
        assert mine.target[i] == found.target
        assert mine.distance_m[i] == pytest.approx(found.distance_m, abs=1e-5, rel=1e-9)
        assert mine.travel_time_s[i] == pytest.approx(found.travel_time_s, abs=1e-5, rel=1e-9)


@pytest.mark.parametrize("mode", [schema.WALK, schema.DRIVE])
def test_the_k_nearest_counts_and_pairs_of_newport_are_networkxs(mode: str, shared_data) -> None:
    path = shared_data("elsewhere/newport-2023-06-13.osm.pbf")
    network = build(extract_of(path).ways, shipped_settings().network, mode)
    segments, nodes = plain_segments(path, mode)
    rng = np.random.default_rng(4)
    some = rng.choice(len(network.node_id), 46, replace=False)
    lon = network.lon[some] + rng.uniform(-0.001, 0.001, 46)
    lat = network.lat[some] + rng.uniform(-0.001, 0.001, 46)
    feet = snap_all(segments, nodes, list(zip(lon.tolist(), lat.tolist(), strict=True)), LIMIT_M)
    theirs = brute_pairs(segments, feet[:6], feet[6:], by_time=mode == schema.DRIVE)
    assert len(theirs) > 100

    joined = snap(network, lon, lat, LIMIT_M)
    graph, members = prepare(network, joined.take(np.arange(6))), np.arange(6)
    origins = joined.take(np.arange(6, 46))
    table = pairs_within(graph, members, origins, np.inf)
    assert list(zip(table.origin.tolist(), table.target.tolist(), strict=True)) == sorted(theirs)
    column = "travel_time_s" if mode == schema.DRIVE else "distance_m"
    expected = np.array([theirs[pair] for pair in sorted(theirs)])
    np.testing.assert_allclose(getattr(table, column), expected, rtol=0, atol=1e-6)

    several = getattr(k_nearest(graph, members, origins, 3), column)
    cutoffs = [float(np.quantile(expected, q)) + 1e-3 for q in (0.2, 0.7)]
    counts = within(graph, members, origins, cutoffs).place_sum
    for o in range(len(origins)):
        near = np.sort([d for (origin, _), d in theirs.items() if origin == o])
        np.testing.assert_allclose(several[o][: len(near)], near[:3], rtol=0, atol=1e-6)
        assert counts[o].tolist() == [(near <= c).sum() for c in cutoffs]


@pytest.mark.parametrize(
    "relative", ["elsewhere/sapporo-station.osm", "elsewhere/porto-roads.osm.pbf"]
)
def test_on_foot_all_of_a_component_is_reached_and_nothing_else(relative: str, shared_data) -> None:
    network = build(extract_of(shared_data(relative)).ways, shipped_settings().network, "walk")
    assert network.chain_backward.all(), "nothing here is one-way on foot"
    places = node_places(network)
    largest = int(np.argmax(network.component_nodes))
    component = network.component[network.chain_from[places.chain]]
    start = np.flatnonzero(component == largest)[:1]
    found = nearest(prepare(network, places.take(start)), np.array([0]), places)
    assert np.array_equal(found.target >= 0, component == largest)
    assert (found.target >= 0).sum() == network.component_nodes[largest]


def test_places_of_newport_include_its_areas(shared_data) -> None:
    pois = extract_of(shared_data("elsewhere/newport-2023-06-13.osm.pbf")).pois
    kinds = pois["osm_id"].str[:1].value_counts()
    assert kinds["n"] > 100
    assert kinds["w"] > 20
    assert not pois.duplicated(["osm_id", "tag"]).any()
    assert (pois.loc[pois["osm_id"].str[:1] == "w", "radius_m"] > 0).all()
    assert pois["radius_m"].max() < 1_000
