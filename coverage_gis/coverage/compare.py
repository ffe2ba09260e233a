"""A run's figures beside published ones: difference and rank correlation. Nothing is tuned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from coverage_gis import schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS: Final = ("figure", schema.AREA_CODE, "this_run", "reference", "difference", "ratio")


def side_by_side(figure: str, ours: pd.Series, theirs: pd.Series) -> pd.DataFrame:
    """Return the areas that both know, by code; columns as :data:`COLUMNS`.

    Parameters
    ----------
    figure
        Its name.
    ours, theirs
        Values by area code.
    """
    both = pd.DataFrame({"this_run": ours, "reference": theirs}).dropna().sort_index()
    out = both.rename_axis(schema.AREA_CODE).reset_index()
    out["figure"] = figure
    out["difference"] = out["this_run"] - out["reference"]
    known = out["reference"].where(out["reference"] != 0)
    out["ratio"] = out["this_run"] / known
    return out[list(COLUMNS)]


def rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation; NaN of fewer than three, or where all are equal."""
    if len(a) < 3:
        return float("nan")
    x, y = rankdata(a), rankdata(b)
    if x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
