"""Static twins of the maps: PNG at 200 dpi and one PDF, for offices whose gateways strip scripts.

Drawn with matplotlib. Japanese renders on any machine: the font is IPAexGothic as the package
matplotlib-fontja carries it (IPA Font License 1.0), not one of the system's. Files carry no dates,
so that the same content gives the same bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from coverage_gis.errors import OutputError
from coverage_gis.maps.outlines import thinned
from coverage_gis.report import words
from coverage_gis.report.cells import enlarged, grid, legend_rows, painted, rgb
from coverage_gis.report.frames import framed, main_box
from coverage_gis.report.pen import Pen, wrapped
from coverage_gis.store.atomic import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from coverage_gis.maps.model import Indicator
    from coverage_gis.report.cells import Painted
    from coverage_gis.report.frames import Frame
    from coverage_gis.report.model import ReportContent

_POINTS: Final = 72
_SIZES: Final = (7.5, 7.0, 6.5)
"""Of the notes, in points: the largest at which all fit."""
_SPACING, _LEADING = 1.35, 1.2
"""Lines as multiples of the font's own line, and that of its size (IPAexGothic)."""
_GAP, _NOTES_BOTTOM = 0.045, 0.13
DPI: Final = 200
PDF: Final = "maps.pdf"
_PIXELS: Final = 1000
"""Cells are enlarged until a picture is about that wide, for stripes to be seen on paper."""
_A4_INCHES: Final = (11.69, 8.27)
_MAP_AT: Final = (0.03, 0.13, 0.62, 0.75)
"""Left, bottom, width, height of the map on the sheet, 0 to 1."""
_PDF_METADATA: Final = {"CreationDate": None, "Creator": None, "Producer": None}
_PNG_METADATA: Final = {"Software": None}
_SETTINGS: Final[dict[Any, Any]] = {"pdf.fonttype": 42, "pdf.compression": 9, "path.simplify": True}
"""Type 42: text in the PDF can be searched and copied."""


def write_sheets(content: ReportContent, folder: Path) -> None:
    """Write ``<indicator>.png`` for each map of the report, and all of them as ``maps.pdf``.

    Raises
    ------
    OutputError
        If a file cannot be written, or matplotlib or its font is missing.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - slow to import, and only reports need it
        from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415 - as above
    except ImportError:
        raise OutputError(
            "Report: the Python package matplotlib is missing; install the project's "
            "dependencies (make install)."
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    pdf = io.BytesIO()
    with mpl.rc_context(_SETTINGS), PdfPages(pdf, metadata=dict(_PDF_METADATA)) as pages:
        for key, figure in _figures(content):
            png = io.BytesIO()
            figure.savefig(png, format="png", dpi=DPI, metadata=dict(_PNG_METADATA))
            write_bytes(folder / f"{key}.png", png.getvalue())
            pages.savefig(figure)
    write_bytes(folder / PDF, pdf.getvalue())


def _figures(content: ReportContent) -> Iterator[tuple[str, Figure]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow

    pen = Pen()
    outlines = content.map.municipalities.geometry
    shapes = thinned(outlines) if len(outlines) else np.empty(0, dtype=object)
    codes = np.asarray(content.map.mesh_codes, dtype=object)
    left, bottom, width, height = _MAP_AT
    across, up = width * _A4_INCHES[0], height * _A4_INCHES[1]
    frame = framed(main_box(codes, content.map.population), across, up)
    by_key = {i.key: i for i in content.map.indicators}
    for key in content.map_indicators:
        figure = Figure(figsize=_A4_INCHES)
        FigureCanvasAgg(figure)
        box = (left, bottom, frame.width / _A4_INCHES[0], frame.height / _A4_INCHES[1])
        cells = painted(by_key[key])
        _map(figure.add_axes(box), frame, content, cells, shapes, pen)
        _words(figure, content, by_key[key], cells, pen)
        yield key, figure


def _map(  # noqa: PLR0917 - one sheet's parts
    axes: Axes,
    frame: Frame,
    content: ReportContent,
    cells: Painted,
    shapes: NDArray[np.object_],
    pen: Pen,
) -> None:
    """Draw cells, outlines, names, scale bar and the arrow to the north."""
    west, south, east, north = frame.box
    axes.set_facecolor("#eef1f3")
    picture = grid(content.map.mesh_codes, cells.classes)
    times = max(1, round(_PIXELS / max(picture.image.shape)))
    image, colours = enlarged(picture.image, cells, times)
    table = np.array([(0, 0, 0, 0), *((*rgb(c), 255) for c in colours)], dtype=np.uint8)
    left, low, right, top = picture.box
    axes.imshow(
        table[image],
        extent=(left, right, low, top),
        interpolation="nearest",
        aspect="auto",
        zorder=1,
    )
    for polygon in shapely.get_parts(shapes).tolist():
        for ring in (polygon.exterior, *polygon.interiors):
            x, y = shapely.get_coordinates(ring).T
            axes.plot(x, y, color="#333333", linewidth=0.6, zorder=2)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xticks([])
    axes.set_yticks([])
    _names(axes, frame, content, shapes, pen)
    _bar(axes, frame, pen)


def _names(
    axes: Axes, frame: Frame, content: ReportContent, shapes: NDArray[np.object_], pen: Pen
) -> None:
    """Write the names of municipalities that are wide enough for them, inside the frame."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - slow

    west, south, east, north = frame.box
    window = shapely.box(west, south, east, north)
    halo = [withStroke(linewidth=2.2, foreground="#ffffff")]
    for name, shape in zip(content.map.municipalities["name"].tolist(), shapes, strict=True):
        seen = shape.intersection(window)
        if seen.is_empty or (seen.bounds[2] - seen.bounds[0]) < 0.012 * len(name) * (east - west):
            continue
        at = max(shapely.get_parts(seen).tolist(), key=lambda part: part.area).point_on_surface()
        style = {"ha": "center", "va": "center", "path_effects": halo, "zorder": 4}
        pen.write(axes, (at.x, at.y), str(name), size=7.5, clip_on=True, **style)


def _bar(axes: Axes, frame: Frame, pen: Pen) -> None:
    length_m = frame.bar_m(0.25)
    width = length_m / frame.metres()
    kilometres = length_m / 1000
    label = f"{kilometres:g} km" if kilometres >= 1 else f"{length_m:g} m"
    style: dict[str, Any] = {"transform": axes.transAxes, "color": "#111111", "zorder": 5}
    axes.plot([0.03, 0.03, 0.03 + width, 0.03 + width], [0.035, 0.025, 0.025, 0.035], **style)
    pen.write(axes, (0.04 + width, 0.024), label, size=8, transform=axes.transAxes, zorder=5)
    axes.fill([0.05, 0.062, 0.05, 0.038], [0.115, 0.055, 0.07, 0.055], **style)
    pen.write(axes, (0.05, 0.12), "N", size=9, ha="center", va="bottom", transform=axes.transAxes)


def _words(
    figure: Figure, content: ReportContent, indicator: Indicator, cells: Painted, pen: Pen
) -> None:
    """Write title, legend with people, notes and attributions around the map."""
    shown = content.map
    pen.write(figure, (0.03, 0.955), shown.title_ja, size=10, color="#444444", va="top")
    pen.write(figure, (0.03, 0.925), indicator.label_ja, size=16, va="top")
    if shown.synthetic:
        note = "架空のデータ / synthetic（実在の地域・施設・人口ではありません）"
        back = {"facecolor": "#ffd400", "edgecolor": "none", "pad": 4}
        pen.write(figure, (0.97, 0.955), note, size=10, ha="right", va="top", bbox=back)
    x = min(0.68, figure.axes[0].get_position().x1 + 0.03)
    top = _legend(figure, content, cells, pen, x) - _GAP
    lines = [line for line in (content.base_label_ja, indicator.note_ja) if line]
    notes, size = _fitted(lines, shown.warnings_ja, (0.97 - x, top - _NOTES_BOTTOM))
    pen.write(figure, (x, top), notes, size=size, va="top", linespacing=_SPACING)
    credit = " | ".join(dict.fromkeys(s.attribution for s in shown.sources if s.attribution))
    pen.write(figure, (0.03, 0.105), wrapped([f"出典: {credit}"], 118), size=6.5, va="top")


def _fitted(
    lines: Sequence[str], warnings: Sequence[str], room: tuple[float, float]
) -> tuple[str, float]:
    """Return notes and the size in points at which they fit; what does not is in the report.

    ``room`` is the width and height as parts of the sheet.
    """
    width, height = room[0] * _A4_INCHES[0] * _POINTS, room[1] * _A4_INCHES[1] * _POINTS

    def text(shown: int, size: float) -> str:
        notes = [f"※ {line}" for line in warnings[:shown]]
        if shown < len(warnings):
            notes.append(f"※ ほかの注意点（{len(warnings) - shown}件）は報告書（report.html）に")
        return wrapped([*lines, *notes], int(width / size))

    for size in _SIZES:
        written = text(len(warnings), size)
        if (written.count("\n") + 1) * size * _SPACING * _LEADING <= height:
            return written, size
    shown = len(warnings)
    while shown and (text(shown, size).count("\n") + 1) * size * _SPACING * _LEADING > height:
        shown -= 1
    return text(shown, size), size


def _legend(figure: Figure, content: ReportContent, cells: Painted, pen: Pen, x: float) -> float:
    """Draw the classes with their people; return where the next line may begin."""
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - slow

    y = 0.86
    pen.write(
        figure, (x, y), "凡例と、そこに住む人（割合はデータなしを除く）", size=10.5, va="center"
    )
    for place, number, share in legend_rows(cells, content.map.population):
        colour, label = cells.colours[place], cells.labels[place]
        y -= 0.037
        fill: dict[str, Any] = {"facecolor": colour, "edgecolor": "#555555", "lw": 0.5}
        if place == cells.unreachable:
            fill = {"facecolor": "#ffffff", "edgecolor": colour, "lw": 0.5, "hatch": "//////"}
        figure.add_artist(Rectangle((x, y - 0.012), 0.022, 0.024, **fill))
        pen.write(figure, (x + 0.03, y), label, size=8.5, va="center")
        pen.write(
            figure,
            (0.97, y),
            f"{words.people(number)} {words.percent(share)}",
            size=8.5,
            va="center",
            ha="right",
        )
    return y
