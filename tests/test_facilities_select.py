from __future__ import annotations

import tomllib
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from coverage_gis import schema
from coverage_gis.facilities.select import select
from coverage_gis.settings import Settings, overlay, parse


@pytest.fixture(scope="module")
def shipped() -> Settings:
    data: dict[str, object] = {}
    for name in ("presets", "network"):
        text = files("coverage_gis.data").joinpath(f"{name}.toml").read_text("utf-8")
        data = overlay(data, tomllib.loads(text))
    services = files("coverage_gis.data").joinpath("services.toml").read_text("utf-8")
    return parse(overlay(data, tomllib.loads(services)))


def rows(source: str, *services: str, name: str = "x", lon: float = 137.0) -> pd.DataFrame:
    ids = [f"{source}:{i}" for i in range(len(services))]
    return schema.DESTINATIONS.conform(
        pd.DataFrame(
            {
                "destination_id": ids, "service": list(services), "name": name, "lon": lon,
                "lat": 36.7, "source": source, "source_ids": ids, "capacity": np.nan,
            },
            index=range(len(services)),
        )
    )  # fmt: skip


def test_the_first_source_that_has_any_is_used(shipped: Settings) -> None:
    chosen = select(
        {"osm": rows("osm", "hospital", "clinic", "station"), "p04": rows("p04", "hospital")},
        shipped,
    )
    assert chosen.used == {"hospital": ("p04",), "clinic": ("osm",), "station": ("osm",)}
    assert chosen.ignored == {("osm", "hospital"): 1}
    by_service = chosen.destinations.set_index("service")["source"].to_dict()
    assert by_service == {"hospital": "p04", "clinic": "osm", "station": "osm"}


def test_sources_joined_by_plus_are_read_together_each_place_once(shipped: Settings) -> None:
    chosen = select(
        {
            "gtfs": rows("gtfs", "bus_stop"),
            "p11": pd.concat([rows("p11", "bus_stop"), rows("p11b", "bus_stop", name="y")]),
            "osm": rows("osm", "bus_stop"),
        },
        shipped,
    )
    assert chosen.used["bus_stop"] == ("gtfs", "p11")
    assert chosen.destinations["source_ids"].tolist() == ["gtfs:0;p11:0", "p11b:0"]
    assert chosen.joined["bus_stop"] == 1
    alone = select({"p11": rows("p11", "bus_stop")}, shipped)
    assert alone.used["bus_stop"] == ("p11",)


def test_what_no_source_gives_is_missing_groups_too(shipped: Settings) -> None:
    chosen = select({"osm": rows("osm", "convenience")}, shipped)
    assert "shop" not in chosen.missing
    assert {"supermarket", "medical", "hospital", "shelter", "bus_stop"} <= set(chosen.missing)
    nothing = select({}, shipped)
    assert set(nothing.missing) == set(shipped.services)
    assert nothing.destinations.empty


def test_services_without_settings_are_counted(shipped: Settings) -> None:
    chosen = select({"p04": rows("p04", "dental", "clinic")}, shipped)
    assert chosen.ignored == {("p04", "dental"): 1}
    assert chosen.destinations["service"].tolist() == ["clinic"]
