"""People of rasters on mesh cells: nobody is lost, and pixels are shared by overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.codes import mesh
from coverage_gis.errors import InputError
from coverage_gis.population.raster import Affine, people_on_mesh
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.population_raster import read_raster

if TYPE_CHECKING:
    from pathlib import Path

ESRI_54009 = "ESRI:54009"  # Mollweide, GHS-POP's


def affine(west: float, north: float, size_x: float, size_y: float) -> Affine:
    return Affine(size_x, 0.0, west, 0.0, -size_y, north)


def people(cells: pd.DataFrame) -> dict[str, float]:
    return dict(zip(cells["mesh_code"], cells["population"], strict=True))


@given(
    corner=st.tuples(st.floats(130, 140), st.floats(33, 40)),
    size=st.floats(0.0003, 0.02),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    level=st.sampled_from(mesh.POPULATION_LEVELS),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=60)
def test_the_total_is_conserved(
    corner: tuple[float, float],
    size: float,
    shape: tuple[int, int],
    level: mesh.MeshLevel,
    seed: int,
) -> None:
    values = np.random.default_rng(seed).gamma(0.4, 20, shape)
    before = values.copy()
    result = people_on_mesh(values, affine(*corner, size, size), level)
    assert result.elsewhere == 0
    assert result.cells["population"].sum() == pytest.approx(values.sum(), rel=1e-9)
    assert mesh.valid(result.cells["mesh_code"].to_numpy(dtype=object)).all()
    np.testing.assert_array_equal(values, before)


def test_pixels_that_are_cells_stay_as_they_are() -> None:
    level = mesh.M500
    codes = np.array(["543710011", "543710012", "543710013", "543710014"], dtype=object)
    west, south, east, north = mesh.bounds(codes).T
    grid = affine(west.min(), north.max(), level.lon_step, level.lat_step)
    # rows run from north to south: 3 4 / 1 2
    result = people_on_mesh(np.array([[3.0, 4.0], [1.0, 2.0]]), grid, level)
    assert people(result.cells) == pytest.approx(dict(zip(codes, [1, 2, 3, 4], strict=True)))
    assert east.max() > west.min()
    assert south.min() < north.max()


def test_a_pixel_over_four_cells_is_shared_by_area() -> None:
    level = mesh.M500
    corner = mesh.bounds(np.array(["543710014"], dtype=object))[0]
    # a quarter of the pixel's width lies west of the corner, a half of its height south of it
    grid = affine(
        corner[0] - level.lon_step / 4,
        corner[1] + level.lat_step / 2,
        level.lon_step,
        level.lat_step,
    )
    result = people_on_mesh(np.array([[80.0]]), grid, level)
    assert people(result.cells) == pytest.approx(
        {"543710011": 10.0, "543710012": 30.0, "543710013": 10.0, "543710014": 30.0}
    )


def test_people_beyond_the_mesh_are_told() -> None:
    result = people_on_mesh(np.array([[5.0, 0.0]]), affine(-3.0, 51.6, 0.01, 0.01), mesh.M500)
    assert result.cells.empty
    assert result.elsewhere == pytest.approx(5)


def test_cells_do_not_depend_on_strips() -> None:
    values = np.random.default_rng(1).random((9, 7))
    whole = people_on_mesh(values, affine(135.0, 34.5, 0.003, 0.003), mesh.M500).cells
    top = people_on_mesh(values[:4], affine(135.0, 34.5, 0.003, 0.003), mesh.M500).cells
    rest = people_on_mesh(values[4:], affine(135.0, 34.488, 0.003, 0.003), mesh.M500).cells
    joined = pd.concat([top, rest]).groupby("mesh_code")["population"].sum()
    assert people(whole) == pytest.approx(joined.to_dict())


def tif(
    path: Path, values: np.ndarray, crs: str | None, corner: tuple[float, float], size: float
) -> Found:
    west, north = corner
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype="float32", crs=crs, nodata=-99999.0,
        transform=rasterio.Affine(size, 0, west, 0, -size, north),
    ) as out:  # fmt: skip
        out.write(values.astype("float32"), 1)
    return Found(path, None, "population-raster", "2025")


class TestFiles:
    values = np.random.default_rng(3).gamma(0.5, 10, (60, 50)).astype("float32")

    def test_worldpop(self, tmp_path: Path) -> None:
        holes = self.values.copy()
        holes[:5] = -99999.0
        holes[7, 7] = np.nan
        found = tif(
            tmp_path / "16/jpn_pop_2025_CN_100m.tif", holes, "EPSG:4326", (137.0, 36.8), 1 / 1200
        )
        result = read_raster(found)
        expected = np.nansum(np.where(holes > 0, holes, 0).astype("float64"))
        assert result.table["population"].sum() == pytest.approx(expected, rel=1e-6)
        assert result.table["population_65plus"].isna().all()
        assert set(result.table["mesh_code"].str.len()) == {9}
        [known] = scan_report(tmp_path, "16").found
        assert (known.kind, known.edition) == ("population-raster", "2025")

    def test_ghs_pop_in_mollweide(self, tmp_path: Path) -> None:
        found = tif(
            tmp_path / "GHS_POP.tif", self.values, ESRI_54009, (11_850_000, 4_400_000), 100.0
        )
        result = read_raster(found)
        assert result.table["population"].sum() == pytest.approx(
            self.values.astype("float64").sum(), rel=1e-6
        )
        lon, lat = mesh.centroids(result.table["mesh_code"].to_numpy(dtype=object))
        assert np.ptp(lon) < 0.2
        assert np.ptp(lat) < 0.2

    def test_only_pixels_within_the_bounds_are_read(self, tmp_path: Path) -> None:
        found = tif(tmp_path / "pop.tif", np.ones((100, 100)), "EPSG:4326", (137.0, 37.0), 0.01)
        # edges of the bounds on pixel edges: 20 x 10 pixels, and whatever rounding adds
        result = read_raster(found, bounds=(137.2005, 36.5005, 137.3995, 36.5995))
        assert result.table["population"].sum() == pytest.approx(200, rel=1e-6)
        assert result.read == 200

    def test_a_level_is_chosen_by_the_pixel(self, tmp_path: Path) -> None:
        coarse = tif(tmp_path / "pop.tif", np.ones((9, 9)), "EPSG:4326", (137.0, 37.0), 1 / 120)
        assert set(read_raster(coarse).table["mesh_code"].str.len()) == {8}
        fine = read_raster(coarse, level=mesh.M250)
        assert set(fine.table["mesh_code"].str.len()) == {10}
        assert fine.table["population"].sum() == pytest.approx(81)

    def test_what_is_no_raster_of_people_is_one_sentence(self, tmp_path: Path) -> None:
        cases = {
            "pop_a.tif": (np.ones((4, 4)), None, "coordinate system"),
            "pop_b.tif": (np.full((4, 4), 3e38), "EPSG:4326", "people"),
            "pop_c.tif": (np.zeros((4, 4)), "EPSG:4326", "nobody"),
        }
        for name, (values, crs, words) in cases.items():
            with pytest.raises(InputError, match=words):
                read_raster(tif(tmp_path / name, values, crs, (137.0, 37.0), 0.01))
        found = tif(tmp_path / "pop.tif", np.ones((4, 4)), "EPSG:4326", (137.0, 37.0), 0.01)
        with pytest.raises(InputError, match="does not reach"):
            read_raster(found, bounds=(139.0, 35.0, 139.5, 35.5))
        broken = tmp_path / "broken.tif"
        broken.write_bytes((tmp_path / "pop.tif").read_bytes()[:200])
        with pytest.raises(InputError, match="GeoTIFF"):
            read_raster(Found(broken, None, "population-raster", ""))
