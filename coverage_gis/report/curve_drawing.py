"""Curves as inline SVG: share of people over metres or minutes, all ages and 65 and over."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.report.model import Curve

WIDTH: Final = 330
HEIGHT: Final = 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 14, 12, 38
AGES_JA: Final = {"total": "全年齢", "65plus": "65歳以上", "75plus": "75歳以上"}
DRAWN: Final = ("total", "65plus")
_TICKS: Final = {"m": (0, 500, 1000, 1500, 2000, 2500, 3000), "min": (0, 10, 20, 30, 40, 50, 60)}
UNITS_JA: Final = {"m": " m", "min": "分"}


def share_at(curve: Curve, age: str, limit: float) -> float:
    """Return the share within ``limit``, which must be one of the curve's."""
    place = int(np.flatnonzero(curve.limits == limit)[0])
    return float(curve.shares[age][place])


def curve_svg(curve: Curve) -> str:
    """Return the drawing; its description names the figures at the presets' cutoffs."""
    top = float(curve.limits[-1])
    parts = [_axes(curve, top)]
    for mark in curve.marks:
        x = _x(mark, top)
        parts.append(f'<path class="mark" d="M{x:.1f} {_TOP}V{HEIGHT - _BOTTOM}"/>')
    for age in DRAWN:
        if age in curve.shares:
            line = _line(curve.limits, curve.shares[age], top)
            parts.append(f'<path class="line age-{age}" d="{line}"/>')
    for mark in curve.marks:
        y = _y(share_at(curve, "total", mark))
        parts.append(f'<circle class="at" cx="{_x(mark, top):.1f}" cy="{y:.1f}" r="3"/>')
    label = f"{curve.service_ja}までの{curve.way_ja}ごとの人口の割合。{sentence(curve)}"
    return (
        f'<svg class="curve" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'
    )


def sentence(curve: Curve) -> str:
    """Return the figures at the presets' cutoffs in words."""
    out = []
    for mark in curve.marks:
        words = "、".join(
            f"{AGES_JA[age]} {share_at(curve, age, mark):.1%}"
            for age in DRAWN
            if age in curve.shares
        )
        out.append(f"{mark:,.0f}{UNITS_JA[curve.unit]}以内: {words}")
    return "。".join(out)


def _axes(curve: Curve, top: float) -> str:
    bottom = HEIGHT - _BOTTOM
    parts = []
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{percent}%</text>')
    for tick in _TICKS[curve.unit]:
        if tick <= top:
            x = _x(tick, top)
            parts.append(f'<path class="tick" d="M{x:.1f} {bottom}v4"/>')
            parts.append(
                f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:,}</text>'
            )
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 4}" text-anchor="middle">'
        f"{escape(curve.way_ja)}（{UNITS_JA[curve.unit].strip()}以内）</text>"
    )
    return "".join(parts)


def _line(limits: NDArray[np.float64], shares: NDArray[np.float64], top: float) -> str:
    points = zip(limits.tolist(), shares.tolist(), strict=True)
    return "M" + "L".join(f"{_x(a, top):.1f} {_y(b):.1f}" for a, b in points)


def _x(value: float, top: float) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * value / top


def _y(share: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * share
