"""Municipalities side by side: how many reach a rate, and ranks among peers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.coverage.peers import Rank, peers_with_rate, rank

if TYPE_CHECKING:
    from collections.abc import Sequence

CASE = [
    schema.AGE_GROUP, schema.SERVICE, schema.MODE, schema.METRIC, schema.PRESET, schema.CUTOFF,
    schema.CUTOFF_UNIT,
]  # fmt: skip
"""What tells one rate of an area from another (of one year)."""


def attainment(coverage: pd.DataFrame, rates: Sequence[float]) -> pd.DataFrame:
    """Return how many municipalities reach each rate, inclusive, by :data:`CASE`.

    Policy speaks of municipalities ("全市町村で"), not of people; both are worth knowing.

    Parameters
    ----------
    coverage
        ``COVERAGE`` of one year.
    rates
        0 to 1.

    Returns
    -------
    DataFrame
        :data:`CASE`, ``rate, municipalities, municipalities_reaching, municipality_share``;
        municipalities without a rate (nobody with road data) are not among them.
    """
    mine = coverage[coverage[schema.AREA_LEVEL] == schema.MUNICIPALITY]
    mine = mine[mine[schema.COVERAGE_RATE].notna()]
    cases = mine.groupby(CASE, sort=False)[schema.COVERAGE_RATE]
    frames = []
    for rate in rates:
        # a rate is a sum of products: what rounding takes from it is not missed
        enough = (mine[schema.COVERAGE_RATE] >= rate - 1e-12).astype("int64")
        reached = enough.groupby([mine[c] for c in CASE], sort=False).sum()
        frame = reached.rename("municipalities_reaching").reset_index()
        frame["municipalities"] = cases.size().to_numpy()
        frame["rate"] = float(rate)
        frames.append(frame)
    columns = [*CASE, "rate", "municipalities", "municipalities_reaching", "municipality_share"]
    if not frames or mine.empty:
        return pd.DataFrame(columns=columns)
    out = pd.concat(frames, ignore_index=True)
    out["municipality_share"] = out["municipalities_reaching"] / out["municipalities"]
    return out[columns]


def ranking(coverage: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return each municipality's rank by each rate: in the prefecture and among its peers.

    Parameters
    ----------
    coverage
        ``COVERAGE`` of one year.
    count
        How many peers, those of most nearly the same population.

    Returns
    -------
    DataFrame
        :data:`CASE`, ``area_code, area_name, population, population_no_road, coverage_rate,
        rank, rank_of, peer_rank, peer_rank_of, peer_mean_rate, peer_names``; 1 is the highest
        rate. The mean is of the peers without the municipality itself, each counting once.
    """
    mine = coverage[coverage[schema.AREA_LEVEL] == schema.MUNICIPALITY]
    case = mine.groupby(CASE, sort=False).ngroup().to_numpy()
    order = np.lexsort((mine[schema.AREA_CODE].to_numpy(dtype=object), case))
    order = order[case[order] >= 0]
    if not len(order):
        return pd.DataFrame()
    table = mine.iloc[order].reset_index(drop=True)
    people = table[schema.POPULATION].to_numpy(dtype=np.float64)
    rates = table[schema.COVERAGE_RATE].to_numpy(dtype=np.float64)
    all_names = table[schema.AREA_NAME].to_numpy(dtype=object)
    ranks: dict[str, list[Rank | None]] = {"rank": [], "peer_rank": []}
    means: list[float] = []
    peer_names: list[str] = []
    for rows in np.split(np.arange(len(table)), np.flatnonzero(np.diff(case[order])) + 1):
        rate, names = rates[rows], all_names[rows]
        near = peers_with_rate(people[rows], rate, count)
        everyone = np.arange(len(rows), dtype=np.int64)
        ranks["rank"] += [rank(rate, everyone, i) for i in range(len(rows))]
        ranks["peer_rank"] += [rank(rate, near[i], i) for i in range(len(rows))]
        others = [near[i][near[i] != i] for i in everyone]
        means += [float(rate[o].mean()) if len(o) else np.nan for o in others]
        peer_names += ["、".join(names[o]) for o in others]
    out = table[
        [
            *CASE, schema.AREA_CODE, schema.AREA_NAME, schema.POPULATION,
            schema.POPULATION_NO_ROAD, schema.COVERAGE_RATE,
        ]
    ].copy()  # fmt: skip
    for name, found in ranks.items():
        out[name] = pd.array([r.place if r else None for r in found], dtype="Int64")
        out[f"{name}_of"] = pd.array([r.of if r else None for r in found], dtype="Int64")
    out["peer_mean_rate"] = means
    out["peer_names"] = pd.array(peer_names, dtype="str")
    return out
