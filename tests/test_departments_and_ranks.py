"""Services that are made of others: departments of institutions, and the second nearest."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_worlds import network_of

from coverage_gis import crs, schema
from coverage_gis.access.choice import different_places
from coverage_gis.access.places import Places
from coverage_gis.access.reach import NONE
from coverage_gis.access.road import Ranked, road_access
from coverage_gis.access.straight import straight_nth, straight_reach
from coverage_gis.errors import SettingsError
from coverage_gis.facilities.departments import joined_departments, of_departments
from coverage_gis.facilities.merge import merge_places
from coverage_gis.facilities.select import select
from coverage_gis.settings import overlay, parse
from coverage_gis.sources.found import Found
from coverage_gis.sources.medical_p04 import read_p04
from coverage_gis.sources.mhlw import read_mhlw_departments
from coverage_gis.sources.municipal import read_municipal
from coverage_gis.sources.settings_file import load_settings, shipped_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LAT = 36.7
DEGREE_M = float(crs.metres_per_degree(LAT)[0])


def facilities(*rows: tuple[str, str, float, str | None], source: str = "p04") -> pd.DataFrame:
    """Return destinations from service, name, metres east and departments."""
    ids = [f"{source}:{i}" for i in range(len(rows))]
    return schema.DESTINATIONS.conform(
        pd.DataFrame(
            {
                "destination_id": ids,
                "service": [r[0] for r in rows],
                "name": [r[1] for r in rows],
                "lon": [137.0 + r[2] / DEGREE_M for r in rows],
                "lat": LAT,
                "source": source,
                "source_ids": ids,
                "capacity": np.nan,
                "departments": [r[3] for r in rows],
            }
        )
    )


class TestDepartments:
    def test_names_are_told_apart_however_they_are_separated(self) -> None:
        texts = ["内科　小児科", "内科、外科・小児科", "内科，内科（要予約）;外科", "", "　"]
        assert joined_departments(texts).tolist() == [
            "内科;小児科", "内科;外科;小児科", "内科;外科", np.nan, np.nan,
        ]  # fmt: skip

    def test_a_department_is_its_whole_name_and_unknown_is_not_none(self) -> None:
        rows = facilities(
            ("hospital", "a", 0, "内科;外科"),
            ("clinic", "b", 1000, "消化器内科"),
            ("clinic", "c", 2000, None),
            ("dental", "d", 3000, "内科"),
        )
        made = of_departments(rows, load_settings().services)
        mine = made.rows[made.rows["service"] == "internal_medicine"]
        assert mine["name"].tolist() == ["a"]
        assert mine["destination_id"].tolist() == ["p04:0"]
        assert made.known["internal_medicine"] == 2
        assert made.unknown["internal_medicine"] == 1

    def test_where_no_department_is_known_the_service_is_missing_not_empty(self) -> None:
        rows = facilities(("hospital", "a", 0, None), ("clinic", "b", 1000, None))
        chosen = select({"p04": rows}, load_settings())
        assert "internal_medicine" in chosen.missing
        assert "hospital_second" not in chosen.missing
        told = facilities(("hospital", "a", 0, "眼科"), ("clinic", "b", 1000, None))
        chosen = select({"p04": told}, load_settings())
        assert "internal_medicine" in chosen.missing  # those that are known have none
        assert chosen.departments["internal_medicine"] == (1, 1)

    def test_a_second_data_set_tells_the_departments_of_the_first_ones_places(self) -> None:
        base = facilities(("clinic", "山田医院", 0, None), source="mhlw-medical")
        more = facilities(("clinic", "山田医院", 20, "内科"), source="p04")
        merged = merge_places([base, more], 50)
        assert merged["departments"].tolist() == ["内科"]
        chosen = select({"mhlw-medical": base, "p04": more}, load_settings())
        mine = chosen.destinations[chosen.destinations["service"] == "internal_medicine"]
        assert mine["source_ids"].tolist() == ["mhlw-medical:0;p04:0"]

    def test_a_service_of_departments_is_settings_alone(self) -> None:
        mine = {"services": {"eye": {"label_ja": "眼科", "theme": "medical",
                                     "within": ["clinic"], "departments": ["眼科"]}}}  # fmt: skip
        settings = parse(overlay(shipped_tables(), mine))
        rows = facilities(("clinic", "a", 0, "眼科"), ("hospital", "b", 500, "眼科"))
        chosen = select({"p04": rows}, settings).destinations
        assert chosen.loc[chosen["service"] == "eye", "name"].tolist() == ["a"]

    @pytest.mark.parametrize(
        "text",
        [
            {"within": ["clinic"]},
            {"within": ["shop"], "departments": ["眼科"]},
            {"within": ["clinic"], "departments": ["眼科"], "any_of": ["clinic"]},
            {"nth_of": "hospital"},
            {"rank": 2, "sources": ["osm"]},
            {"nth_of": "hospital_second", "rank": 2},
            {"nth_of": "nothing", "rank": 2},
        ],
    )
    def test_impossible_makings_are_refused_by_name(self, text: dict) -> None:
        mine = {"services": {"x": {"label_ja": "x", "theme": "medical", **text}}}
        with pytest.raises(SettingsError, match=r"services\.x"):
            parse(overlay(shipped_tables(), mine))

    def test_the_ministrys_hours_name_each_institutions_departments_once(
        self, tmp_path: Path
    ) -> None:
        text = (
            "\ufeffID,診療科目コード,診療科目名,診療時間帯\r\n"
            "0110000001,01001,内科,1\r\n0110000001,01001,内科,2\r\n"
            "0110000001,01010,小児科,1\r\n0110000002,01020,\r\n"
        )
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("02-2_clinic_speciality_hours_20260601.csv", text.encode())
        member = "02-2_clinic_speciality_hours_20260601.csv"
        result = read_mhlw_departments(Found(tmp_path / "a.zip", member, "mhlw-hours", ""))
        assert result.table.to_numpy().tolist() == [["mhlw:0110000001", "内科;小児科"]]
        assert (result.read, result.used) == (4, 3)

    def test_real_lists_name_them(self, shared_data: Callable[[str], Path]) -> None:
        path = shared_data("30/P04-14_30-g_MedicalInstitution.shp")
        table = read_p04(Found(path, None, "p04", "P04-14")).table
        assert table["departments"].notna().all()
        city = read_municipal(Found(shared_data("37/hospital.csv"), None, "municipal", "")).table
        assert city["departments"].notna().all()
        for rows in (table, city):
            made = of_departments(rows, load_settings().services).rows
            counts = made["service"].value_counts()
            medical = rows["service"].isin(["hospital", "clinic"]).sum()
            assert 0 < counts["obstetrics"] < counts["paediatrics"] < counts["internal_medicine"]
            assert counts["internal_medicine"] < medical


class TestSecond:
    def test_one_place_with_several_ids_is_no_second_choice(self) -> None:
        rows = facilities(
            ("hospital", "中央病院", 0, None),
            ("clinic", "中央 病院", 30, None),
            ("clinic", "別の医院", 0, None),
            ("clinic", "中央病院", 5000, None),
            ("clinic", "", 5000, None),
        )
        kept = different_places(rows, ["hospital", "clinic"], 100)
        assert kept.tolist() == [0, 2, 3, 4]
        assert different_places(rows, ["dental"], 100).tolist() == []

    @given(
        st.lists(st.floats(-5000, 5000), min_size=1, max_size=6),
        st.lists(st.floats(-5000, 5000), min_size=1, max_size=6),
        st.integers(1, 3),
    )
    def test_straight_ranks_are_those_of_sorted_distances(self, homes, shops, rank) -> None:
        lon, shop = (137.0 + np.array(v) / DEGREE_M for v in (homes, shops))
        lat, shop_lat = np.full(len(homes), LAT), np.full(len(shops), LAT)
        members = np.arange(len(shops))
        found = straight_nth(lon, lat, shop, shop_lat, members, rank=rank)
        every = crs.geodesic_m(lon[:, None], LAT, shop[None, :], LAT)
        if rank > len(shops):
            assert (found.target == NONE).all()
            assert np.isnan(found.distance_m).all()
            return
        np.testing.assert_allclose(found.distance_m, np.sort(every)[:, rank - 1], atol=1e-3)
        if rank == 1:
            first = straight_reach(lon, lat, shop, shop_lat, members)
            np.testing.assert_allclose(found.distance_m, first.distance_m, atol=1e-3)

    @pytest.mark.parametrize("mode", [schema.WALK, schema.DRIVE])
    def test_on_a_straight_road_the_second_is_the_one_behind(self, mode: str) -> None:
        nodes = {i: (137.0 + 500 * i / DEGREE_M, LAT) for i in range(9)}
        network = network_of(nodes, [(1, list(nodes), {"highway": "residential"})], mode)
        rows = facilities(
            ("hospital", "a", 500, None), ("hospital", "b", 1500, None),
            ("hospital", "c", 4000, None),
        )  # fmt: skip
        home = np.array([nodes[2][0], nodes[8][0]])
        places = Places(home, np.full(2, LAT), 2, 0, np.full(2, 100.0))
        found = road_access(
            network,
            rows,
            {"hospital": np.arange(3)},
            replace(places, per_cell=0),
            replace(
                load_settings().network, snap_beyond_half_diagonal_m=500, snap_facility_limit_m=500
            ),
            ranked={"hospital_second": Ranked(np.arange(3), 2)},
        ).reach
        np.testing.assert_allclose(found["hospital"].distance_m, [500, 0], atol=0.1)
        np.testing.assert_allclose(found["hospital_second"].distance_m, [500, 2500], atol=0.5)
        assert found["hospital_second"].target.tolist() == [1, 1]
        assert found["hospital"].target.tolist() == [0, 2]
