from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from coverage_gis import schema
from coverage_gis.facilities.select import select
from coverage_gis.sources.settings_file import load_settings

if TYPE_CHECKING:
    from coverage_gis.settings import Settings


@pytest.fixture(scope="module")
def shipped() -> Settings:
    return load_settings()


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
    assert chosen.ignored == {}
    assert chosen.confirmed == {("osm", "hospital"): 1}
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
    assert chosen.destinations["source_ids"].tolist() == ["gtfs:0;p11:0;osm:0", "p11b:0"]
    assert chosen.joined["bus_stop"] == 1
    assert chosen.confirmed == {("osm", "bus_stop"): 1}
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
    chosen = select({"p04": rows("p04", "maternity", "clinic")}, shipped)
    assert chosen.ignored == {("p04", "maternity"): 1}
    assert chosen.destinations["service"].tolist() == ["clinic"]


def test_a_later_source_adds_what_it_knows_and_no_place_of_its_own(shipped: Settings) -> None:
    p20 = pd.concat([rows("p20", "shelter"), rows("p20x", "shelter", name="elsewhere")])
    chosen = select(
        {"gsi-shelter": rows("gsi", "shelter"), "p20": p20.assign(capacity=120.0)}, shipped
    )
    assert chosen.destinations["source_ids"].tolist() == ["gsi:0;p20:0"]
    assert chosen.destinations["capacity"].tolist() == [120.0]
    assert chosen.ignored == {("p20", "shelter"): 1}
    far = select(
        {"gsi-shelter": rows("gsi", "shelter"), "p20": rows("p20", "shelter", lon=137.1)}, shipped
    )
    assert far.destinations["source_ids"].tolist() == ["gsi:0"]
    assert far.confirmed == {}


def test_a_clinic_in_three_sources_is_one_with_all_ids(shipped: Settings) -> None:
    by_source = {
        "mhlw-medical": rows("mhlw", "clinic", name="医療法人 山田医院"),
        "p04": rows("p04", "clinic", name="医療法人　山田医院", lon=137.0003),
        "osm": rows("osm", "clinic", name="医療法人山田医院", lon=136.9998),
    }
    together = taken_together(shipped, "clinic", ("mhlw-medical", "p04", "osm"))
    for settings in (shipped, together):
        chosen = select(by_source, settings)
        assert chosen.destinations["source_ids"].tolist() == ["mhlw:0;p04:0;osm:0"]
        assert chosen.destinations["lon"].tolist() == [137.0]


def taken_together(settings: Settings, service: str, together: tuple[str, ...]) -> Settings:
    """Settings in which a service takes several sources joined by "+"."""
    changed = replace(settings.services[service], sources=(together,))
    return replace(settings, services={**settings.services, service: changed})
