"""GeoTIFFs are cloud-optimised by the rules of GDAL's own validate_cloud_optimized_geotiff."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

from coverage_gis.codes import mesh
from coverage_gis.export.raster import write_distance_tif

if TYPE_CHECKING:
    from pathlib import Path

_WIDTH, _HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _SUBFILE = 256, 257, 324, 325, 254
_SIZES = {3: 2, 4: 4, 16: 8}


def directories(data: bytes) -> list[dict[int, list[int]]]:
    """Return a little-endian TIFF's image directories: tags of integers, the offset as tag 0."""
    assert data[:4] == b"II*\0"
    out, at = [], struct.unpack_from("<I", data, 4)[0]
    while at:
        entries: dict[int, list[int]] = {0: [at]}
        (count,) = struct.unpack_from("<H", data, at)
        for k in range(count):
            tag, kind, n, value = struct.unpack_from("<HHII", data, at + 2 + 12 * k)
            if kind in _SIZES:
                size = _SIZES[kind]
                start = at + 2 + 12 * k + 8 if n * size <= 4 else value
                letter = {2: "H", 4: "I", 8: "Q"}[size]
                entries[tag] = list(struct.unpack_from(f"<{n}{letter}", data, start))
        out.append(entries)
        (at,) = struct.unpack_from("<I", data, at + 2 + 12 * count)
    return out


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A raster large enough for overviews, with holes."""
    rng = np.random.default_rng(7)
    height, width = 1100, 1300
    image = np.where(
        rng.random((height, width)) < 0.6, rng.uniform(0, 9000, (height, width)), np.nan
    )
    image = image.astype(np.float32)
    rows, cols = np.nonzero(~np.isnan(image))
    row0, col0 = 36 * 960, 37 * 640
    codes = mesh.from_grid(row0 + height - 1 - rows, col0 + cols, mesh.M125)
    path = tmp_path_factory.mktemp("cog") / "shop_walk_m.tif"
    write_distance_tif(
        codes, image[rows, cols], path, description="食料品店までの道のり (m)", attribution="出典"
    )
    return path, image


def test_overviews_and_their_data_come_in_the_order_of_a_cog(
    written: tuple[Path, np.ndarray],
) -> None:
    data = written[0].read_bytes()
    assert b"LAYOUT=IFDS_BEFORE_DATA" in data[:300]
    assert b"KNOWN_INCOMPATIBLE_EDITION=NO\n" in data[:400]
    found = directories(data)
    assert len(found) >= 3  # the image and overviews down to one tile
    at = [one[0][0] for one in found]
    assert at == sorted(at)  # the main image's directory first, then larger to smaller overviews
    assert at[0] < 600
    widths = [one[_WIDTH][0] for one in found]
    assert widths == sorted(widths, reverse=True)
    assert max(widths[-1], found[-1][_HEIGHT][0]) <= 512
    assert [one.get(_SUBFILE, [0])[0] & 1 for one in found] == [0] + [1] * (len(found) - 1)
    first = [min(offset for offset in one[_TILE_OFFSETS] if offset) for one in found]
    assert first == sorted(first, reverse=True)  # the smallest overview's data come first
    assert min(first) > at[-1]  # and all directories before any data
    for one in found:
        tiles = [o for o, n in zip(one[_TILE_OFFSETS], one[_TILE_BYTES], strict=True) if n]
        assert tiles == sorted(tiles)


def test_pixels_crs_nodata_and_tags_are_as_promised(written: tuple[Path, np.ndarray]) -> None:
    path, image = written
    with rasterio.open(path) as raster:
        np.testing.assert_array_equal(raster.read(1), image)
        assert raster.crs.to_epsg() == 6668
        assert np.isnan(raster.nodata)
        assert raster.block_shapes == [(512, 512)]
        assert raster.overviews(1) == [2, 4]
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.tags()["TIFFTAG_COPYRIGHT"] == "出典"
        assert raster.descriptions == ("食料品店までの道のり (m)",)
        west, north = raster.transform.c, raster.transform.f
        assert (west, north) == pytest.approx((100 + 37, 36 + 1100 / 960))
