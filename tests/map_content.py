"""A made-up prefecture for the tests of maps: towns, distances from them, hostile names."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from coverage_gis.codes import mesh
from coverage_gis.maps import classes
from coverage_gis.maps.model import (
    METRES_FIELD,
    PEOPLE_FIELD,
    SHARE_FIELD,
    TEXT_FIELD,
    TRIPS_FIELD,
    Field,
    MapContent,
    Said,
    SourceNote,
    Within,
)

SCRIPT_NAME = "<script>window.hacked = 1</script>"
QUOTE_NAME = """"';--"""
JINJA_NAME = "{{ 7 * 7 }}{% raw %}{# 南 #}"
IMG_NAME = "<img src=x onerror='window.hacked = 1'></script><b>&amp;\u2028店"
HOSTILE = (SCRIPT_NAME, QUOTE_NAME, JINJA_NAME, IMG_NAME)

_CORNER_LON, _CORNER_LAT = 136.9, 36.5
_SUBJECTS = (
    ("shop", "買い物", "食料品店（全種）", 500.0),
    ("supermarket", "買い物", "スーパー", 500.0),
    ("hospital", "医療", "病院", 800.0),
    ("clinic", "医療", "診療所", 800.0),
    ("shelter", "避難", "指定避難所", 500.0),
    ("station", "公共交通", "鉄道駅・電停", 1000.0),
    ("bus_stop", "公共交通", "バス停", 500.0),
)


def make(
    cells: int = 3000,
    *,
    level: mesh.MeshLevel = mesh.M500,
    seed: int = 1,
    with_vacuum: bool = True,
) -> MapContent:
    """Return the content of a map of about ``cells`` cells.

    Without vacuum areas a million cells are made in seconds: the union of cells takes minutes.
    """
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(cells * 1.5)) + 2
    row, col = np.divmod(np.arange(side * side), side)
    x, y = col / side, row / side
    towns = rng.uniform(0.1, 0.9, size=(6, 2))
    towns[0] = 0.35, 0.6
    size = np.array([1.0, 0.5, 0.35, 0.25, 0.2, 0.2])
    near = np.hypot(x[:, None] - towns[:, 0], y[:, None] - towns[:, 1])
    density = (size * np.exp(-((near / 0.09) ** 2))).sum(axis=1) + 0.03 * rng.random(len(x))
    lived = np.sort(np.argsort(-density - 0.15 * rng.random(len(x)), kind="stable")[:cells])
    rng.shuffle(lived)
    row0 = int(_CORNER_LAT * level.rows_per_degree)
    col0 = int((_CORNER_LON - mesh.LON_ORIGIN) * level.cols_per_degree)
    codes = mesh.from_grid(row0 + row[lived], col0 + col[lived], level)
    people = np.ceil(density[lived] * 900 * rng.uniform(0.5, 1.5, len(lived)))
    old = np.floor(people * rng.uniform(0.2, 0.5, len(lived)))
    very_old = np.floor(old * 0.5)
    very_old[:5] = np.nan
    lon, lat = mesh.centroids(codes)
    facilities = _facilities(rng, lon, lat, people)
    status = np.zeros(len(lived), dtype=np.uint8)
    status[rng.random(len(lived)) < 0.02] = 1
    status[x[lived] > 0.95] = 2
    indicators = []
    distances = {}
    for service, group, label, cutoff in _SUBJECTS:
        at = facilities[facilities.service == service]
        metres = _nearest_m(lon, lat, at) * rng.uniform(1.1, 1.6, len(lon)) + 20
        metres[status > 0] = np.nan
        distances[service] = metres
        indicators.append(
            classes.distance(
                f"{service}_walk_m",
                label_ja=f"{label}までの徒歩の道のり",
                label_en=f"Walk to {service}",
                group=group,
                subject_ja=label,
                values_m=metres,
                status=status,
                cutoff_m=cutoff,
                note_ja=f"{cutoff:,.0f} m: 都市構造の評価に関するハンドブック（国土交通省）",
            )
        )
        if group in {"買い物", "医療"}:
            indicators.append(
                classes.time(
                    f"{service}_drive_s",
                    label_ja=f"{label}までの車の所要時間",
                    label_en=f"Drive to {service}",
                    group=group,
                    subject_ja=label,
                    values_s=metres / 7,
                    status=status,
                )
            )
    covered = np.round(np.clip(1.5 - distances["shop"] / 500, 0, 1) * 25) / 25
    covered[status == 1] = 0
    within = Within(500.0, covered, "ハンドブック", "Handbook")
    indicators[0] = dataclasses.replace(indicators[0], within=(within,))
    indicators.append(
        classes.share(
            "shop_walk_500",
            label_ja="食料品店まで500 m以内に住む割合",
            label_en="Share within 500 m of a food store",
            group="買い物",
            subject_ja="食料品店（全種）",
            values=covered,
            status=np.where(status == 1, 0, status).astype(np.uint8),  # out of reach: a share of 0
            view_ja="500 m圏の割合",
        )
    )
    rail, bus = distances["station"] <= 1000, distances["bus_stop"] <= 500
    transit = np.where(rail, "convenient", np.where(bus, "inconvenient", "vacuum"))
    transit = np.where(status == 2, "no_road", transit)
    indicators.append(
        classes.transit_class(
            "transit_class",
            label_ja="公共交通の区分（便利・不便・空白）",
            label_en="Transit class",
            subject_ja="公共交通の区分",
            classes=transit,
            note_ja="駅1,000 m・バス停500 m: 国土数値情報マニュアル（国土交通省、2025年）",
        )
    )
    municipalities = _municipalities(lon, lat)
    place = shapely.STRtree(municipalities.geometry.array).query(
        shapely.points(lon, lat), predicate="within"
    )
    muni = np.full(len(lon), "", dtype=object)
    muni[place[0]] = municipalities.muni_code.to_numpy(dtype=object)[place[1]]
    beyond = people[(distances["shop"] > 500) | (status == 1)].sum()
    return MapContent(
        pref_code="00",
        title_ja="架空県 サービスの届きやすさと交通空白",
        synthetic=True,
        headline_ja=[
            f"食料品店まで500 mを超えて住む人は {beyond:,.0f}人（{beyond / people.sum():.1%}）",
            f"交通空白に住む人は {people[transit == 'vacuum'].sum():,.0f}人",
            f"対象の人口は {people.sum():,.0f}人（2020年国勢調査の形式）",
        ],
        mesh_codes=codes,
        population=people,
        population_65plus=old,
        population_75plus=very_old,
        indicators=indicators,
        vacuum=_vacuum(codes, transit == "vacuum", people, old) if with_vacuum else None,
        vacuum_fields=(
            Field("population", "人口", PEOPLE_FIELD),
            Field("population_65plus", "うち65歳以上", PEOPLE_FIELD),
            Field("stop_name", "最寄りの停留所", TEXT_FIELD),
            Field("stop_m", "最寄りの停留所まで", METRES_FIELD),
            Field("trips_per_day", "その停留所の本数", TRIPS_FIELD),
        ),
        municipalities=municipalities.assign(population_no_road=np.nan),
        municipality_fields=(
            Field("population", "人口", PEOPLE_FIELD),
            Field("population_no_road", "うち道路データなし", PEOPLE_FIELD),
            Field("rate", "食料品店500 mカバー率", SHARE_FIELD),
        ),
        facilities=facilities,
        service_labels={s: label for s, _, label, _ in _SUBJECTS if s != "shop"},
        sources=[
            SourceNote(
                "国勢調査 地域メッシュ統計",
                "2020",
                "PDL1.0",
                "総務省統計局「国勢調査」を加工",
                "a.txt",
            ),
            SourceNote("OpenStreetMap", "2025-10", "ODbL 1.0", "© OpenStreetMap contributors"),
            SourceNote(SCRIPT_NAME, "", "", IMG_NAME),
        ],
        warnings_ja=[
            Said("人はセルに一様に住むものとします。", f"People live evenly. {SCRIPT_NAME}"),
            "店舗はOpenStreetMapによるもので、実際の56%ほどしか載っていません。",
            SCRIPT_NAME,
        ],
        method_ja=["徒歩は道のりが最短、車は時間が最短の経路です。徒歩は毎分80 m。", JINJA_NAME],
        muni_codes=muni,
        title_en="Imaginary prefecture",
        groups_en={"買い物": "Shopping"},
        places=pd.DataFrame(
            {
                "name": ["ガリバー谷", "Élysée", *HOSTILE],
                "lon": lon[:6],
                "lat": lat[:6],
            }
        ),
        year=2020,
        year_of_ja=Said("国勢調査", "census"),
        years={
            2020: {"total": people * 0.99, "65plus": old * 0.99, "75plus": very_old * 0.99},
            2035: {"total": people * 0.83, "65plus": old * 0.95, "75plus": very_old * 1.1},
            2050: {"total": people * 0.61, "65plus": old * 0.8},
        },
        municipality_years={
            year: pd.DataFrame(
                {
                    "muni_code": ["00301", "00202"],  # in no order; of others nothing is known
                    "population": [300.0 * left, 1000.0 * left],
                    "population_no_road": [np.nan, 400.0 if year == 2050 else np.nan],
                    "rate": [0.2, 0.6],
                }
            )
            for year, left in ((2020, 0.99), (2035, 0.83), (2050, 0.61))
        },
        few_people=250,
    )


def _facilities(
    rng: np.random.Generator, lon: np.ndarray, lat: np.ndarray, people: np.ndarray
) -> pd.DataFrame:
    counts = {"supermarket": 0.02, "shop": 0.05, "hospital": 0.006, "clinic": 0.04}
    counts |= {"shelter": 0.06, "station": 0.006, "bus_stop": 0.15}
    frames = []
    for service, rate in counts.items():
        n = max(2, int(rate * len(lon)))
        at = rng.choice(len(lon), n, p=people / people.sum())
        names = np.array([f"{service} {k}号" for k in range(n)], dtype=object)
        names[: len(HOSTILE)] = HOSTILE[: min(n, len(HOSTILE))]
        frames.append(
            pd.DataFrame(
                {
                    "destination_id": [f"{service}:{k}" for k in range(n)],
                    "service": service,
                    "name": names,
                    "lon": lon[at] + rng.uniform(-0.003, 0.003, n),
                    "lat": lat[at] + rng.uniform(-0.002, 0.002, n),
                    "source": "osm",
                    "source_ids": "",
                    "capacity": np.nan,
                    "trips_per_day": rng.integers(2, 60, n) if service == "bus_stop" else np.nan,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _nearest_m(lon: np.ndarray, lat: np.ndarray, at: pd.DataFrame) -> np.ndarray:
    metres = 90_000, 111_000
    tree = cKDTree(np.column_stack([at.lon, at.lat]) * metres)
    return np.asarray(tree.query(np.column_stack([lon, lat]) * metres)[0])


def _municipalities(lon: np.ndarray, lat: np.ndarray) -> gpd.GeoDataFrame:
    west, east, south, north = (
        lon.min() - 0.01,
        lon.max() + 0.01,
        lat.min() - 0.01,
        lat.max() + 0.01,
    )
    mid_x, mid_y = (west + east) / 2, (south + north) / 2
    wave = [(mid_x + 0.01 * np.sin(k), south + (north - south) * k / 40) for k in range(41)]
    left = shapely.Polygon([(west, south), *wave, (west, north)])
    right = shapely.Polygon([(east, north), *wave[::-1], (east, south)])
    low = shapely.box(west, south, east, mid_y)
    shapes = [left.difference(low), left.intersection(low), right.difference(low)]
    shapes.append(right.intersection(low))
    return gpd.GeoDataFrame(
        {
            "muni_code": ["00202", "00201", "00301", "00302"],
            "name": ["港市", "原市", "谷町", SCRIPT_NAME],
            "population": [1000.0, 2000.0, 300.0, np.nan],
            "rate": [0.5, 0.25, 0.1, np.nan],
        },
        geometry=shapes,
        crs="EPSG:6668",
    )


def _vacuum(
    codes: np.ndarray, chosen: np.ndarray, people: np.ndarray, old: np.ndarray
) -> gpd.GeoDataFrame:
    cells = mesh.polygons(codes)
    parts = shapely.get_parts(shapely.union_all(cells[chosen], grid_size=1e-7))
    part, cell = shapely.STRtree(shapely.point_on_surface(cells)).query(parts, predicate="contains")
    sums = pd.DataFrame({"p": people[cell], "o": old[cell]}).groupby(part).sum()
    return gpd.GeoDataFrame(
        {
            "population": sums.p.to_numpy(),
            "population_65plus": sums.o.to_numpy(),
            "stop_name": [HOSTILE[k % 4] for k in range(len(parts))],
            "stop_m": 1234.5,
            "trips_per_day": 6.0,
        },
        geometry=list(parts),
        crs="EPSG:6668",
    )
