"""An extract decoded once and cut to bounds is that extract read with those bounds."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from coverage_gis.demo import Site, generate
from coverage_gis.sources.osm import OsmExtract, decoded, read_osm
from coverage_gis.sources.osm_kept import KeptFile, keep
from coverage_gis.sources.settings_file import load_settings
from pipelines.shared import extract_key, forget_others, keep_extract, kept_extract

if TYPE_CHECKING:
    from coverage_gis.sources.osm_file import Bounds

SETTINGS = load_settings()
NEWPORT = Path("../shared/data/elsewhere/newport-2023-06-13.osm.pbf")


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two extracts of one place, the same ids with other tags: what is in both is taken once."""
    top = tmp_path_factory.mktemp("extracts")
    for name, seed in (("a", 1), ("b", 2)):
        generate(top / name, cells=100, nodes=8000, seed=seed, site=Site())
    return [top / n / "kakuu-ken.osm.pbf" for n in ("a", "b")]


def by_cutting(paths: list[Path], bounds: Bounds | None, top: Path) -> OsmExtract:
    folders = {}
    for i, path in enumerate(paths):
        folders[path] = top / str(i)
        if not folders[path].exists():
            folders[path].mkdir(parents=True)
            keep(path, SETTINGS, folders[path])
    return read_osm(
        paths,
        bounds=bounds,
        settings=SETTINGS,
        reader=lambda path, _s, _k, tagsets, box: KeptFile(folders[path], tagsets, box),
    )


def same(one: OsmExtract, other: OsmExtract) -> None:
    for field in fields(one.ways):
        a, b = getattr(one.ways, field.name), getattr(other.ways, field.name)
        if field.name == "tagsets":
            assert list(map(dict, a)) == list(map(dict, b))
        else:
            np.testing.assert_array_equal(a, b, err_msg=field.name)
            assert a.dtype == b.dtype, field.name
    pd.testing.assert_frame_equal(one.pois, other.pois)
    assert dict(one.read) == dict(other.read)
    assert (one.edition, one.notes) == (other.edition, other.notes)


BOXES: list[Bounds | None] = [
    None,
    (135.4, 38.95, 135.5, 39.0),
    (135.45, 38.9, 135.47, 39.1),
    (130.0, 30.0, 131.0, 31.0),
]


@pytest.mark.parametrize("bounds", BOXES)
def test_cut_is_read_with_bounds(
    extracts: list[Path], bounds: Bounds | None, tmp_path: Path
) -> None:
    for paths in (extracts[:1], extracts):
        direct = read_osm(paths, bounds=bounds, settings=SETTINGS)
        same(by_cutting(paths, bounds, tmp_path), direct)


@pytest.mark.skipif(not NEWPORT.exists(), reason=f"{NEWPORT} is not there")
def test_a_real_extract_with_clipped_ways_and_areas(tmp_path: Path) -> None:
    for bounds in (None, (-3.02, 51.57, -2.98, 51.6), (-2.95, 51.5, -2.9, 51.7)):
        direct = read_osm([NEWPORT], bounds=bounds, settings=SETTINGS)
        assert direct.read["ways"] > 100
        same(by_cutting([NEWPORT], bounds, tmp_path), direct)


def test_decoded_once_and_forgotten_when_the_file_changes(
    extracts: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "kanto.osm.pbf"
    path.write_bytes(extracts[0].read_bytes())
    shared = tmp_path / "shared"
    assert kept_extract(path, SETTINGS, shared) is None
    assert kept_extract(path, SETTINGS, None) is None
    link = tmp_path / "the same.osm.pbf"  # as fetch gives a region's extract to its prefectures
    link.hardlink_to(path)
    first = keep_extract(path, SETTINGS, shared)
    assert kept_extract(path, SETTINGS, shared) == first
    assert kept_extract(link, SETTINGS, shared) == first
    made = first.stat().st_mtime_ns
    assert keep_extract(path, SETTINGS, shared) == first
    assert first.stat().st_mtime_ns == made
    path.write_bytes(extracts[1].read_bytes())
    assert kept_extract(path, SETTINGS, shared) is None
    forget_others({extract_key(path, SETTINGS)}, shared)
    assert not first.exists()


def test_reading_as_usual_is_still_there(extracts: list[Path]) -> None:
    direct = read_osm(extracts, bounds=BOXES[1], settings=SETTINGS)
    same(read_osm(extracts, bounds=BOXES[1], settings=SETTINGS, reader=decoded), direct)
