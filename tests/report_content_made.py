"""A made-up report for the tests: the made-up map and a table of its municipalities."""

from __future__ import annotations

from dataclasses import replace

import map_content
import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.report import build
from coverage_gis.report.model import Curve, Measure, ReportContent, VacuumCount, VacuumRule

MEASURES = [
    Measure("shop_rate", "食料品店まで徒歩500 m以内に住む人の割合", "食料品店 500 m", "例"),
    Measure("hospital_rate", "病院まで徒歩800 m以内に住む人の割合", "病院 800 m", "例"),
]


def make(cells: int = 600, *, years: bool = False) -> ReportContent:
    """Return a report whose municipalities have hostile names."""
    shown = map_content.make(cells)
    names = shown.municipalities.sort_values("muni_code")
    n = len(names)
    areas = pd.DataFrame(
        {
            schema.AREA_LEVEL: schema.MUNICIPALITY,
            schema.AREA_CODE: names["muni_code"].to_numpy(),
            schema.AREA_NAME: names["name"].to_numpy(),
            schema.POPULATION: [1000.0, 2000.0, 4000.0, 0.0][:n],
            schema.POPULATION_65PLUS: [500.0, 300.0, 800.0, 0.0][:n],
            schema.POPULATION_NO_ROAD: [0.0, 100.0, 4000.0, 0.0][:n],
            "shop_rate": [0.5, 0.25, np.nan, np.nan][:n],
            "hospital_rate": [0.1, 0.2, 0.3, np.nan][:n],
            build.VACUUM_PEOPLE: [100.0, 950.0, 0.0, 0.0][:n],
        }
    )
    whole = areas.iloc[0].copy()
    whole[[schema.AREA_LEVEL, schema.AREA_CODE, schema.AREA_NAME]] = ["prefecture", "00", "架空県"]
    whole[[schema.POPULATION, schema.POPULATION_65PLUS]] = [7000.0, 1600.0]
    whole[[schema.POPULATION_NO_ROAD, build.VACUUM_PEOPLE]] = [4100.0, 1050.0]
    peers, ranks = build.ranks_among_peers(areas, MEASURES, 5)
    limits = np.arange(0.0, 3001.0, 50.0)
    share = limits / 3000
    table = None
    if years:
        both = pd.concat([pd.DataFrame([whole]), areas], ignore_index=True)
        table = pd.concat(
            [both.assign(year=2020), both.assign(year=2050, population=both["population"] / 2)],
            ignore_index=True,
        )
    vacuum = shown.vacuum.assign(
        area_id="00-0001",
        muni_name=map_content.SCRIPT_NAME,
        area_km2=84.2,
        data_end=1.0,
        head_share=0.005,
    )
    return ReportContent(
        map=replace(shown, vacuum=vacuum, few_people=1500.0),
        map_indicators=["shop_walk_m", shown.indicators[-1].key],
        base_label_ja="人口: 2020",
        areas=areas,
        whole=whole,
        members={str(c): [str(c)] for c in areas[schema.AREA_CODE]},
        peers=peers,
        ranks=ranks,
        curves=[
            Curve(
                "食料品店",
                "徒歩の道のり",
                "m",
                limits,
                {"total": share, "65plus": share * 0.5},
                (500.0,),
            )
        ],
        measures=MEASURES,
        food_services=("shop", "supermarket"),
        vacuum_rule=VacuumRule("例", 1000, 500, 500, 800),
        vacuum_counts=[
            VacuumCount("例", "徒歩の道のり", 1050.0, 1100.0, 0.379, main=True),
            VacuumCount("例", "直線距離", 900.0, 950.0, 0.327, main=False),
            VacuumCount("別の例", "徒歩の道のり", 2050.0, 2100.0, 0.724, main=False),
            VacuumCount("別の例", "直線距離", 1900.0, 1950.0, None, main=False),
        ],
        years=table,
    )
