"""Layer styles for QGIS (QML): colours by class, a label, Japanese names of columns.

Colours are those of the maps: ColorBrewer's RdYlBu, which colour-blind readers can tell apart.
Options are written both as QGIS 3.26 and later (``Option``) and as older ones (``prop``) read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_OUTLINE: Final = "110,110,110,160"
_OUTLINE_MM: Final = "0.15"

TRANSIT_CLASSES: Final = (
    ("convenient", "便利", "33,102,172,150"),
    ("inconvenient", "不便", "254,224,144,170"),
    ("on_demand", "予約制のみ", "146,197,168,170"),
    ("unknown", "不明（本数）", "185,166,211,170"),
    ("vacuum", "空白", "178,24,43,170"),
    ("no_road", "道路データなし", "160,160,160,110"),
)
VACUUM_FILL: Final = "178,24,43,130"
_VACUUM_EDGE: Final = ("103,0,13,255", "0.5")
ZONE_FILL: Final = "146,197,168,110"
STOP_BANDS: Final = (
    ("30本以上", "30本以上／日", "33,102,172,255"),
    ("10〜29本", "10〜29本／日", "116,173,209,255"),
    ("3〜9本", "3〜9本／日", "254,224,144,255"),
    ("1〜2本", "1〜2本／日", "244,109,67,255"),
    ("0本", "この日は運行なし", "120,120,120,255"),
    ("不明", "本数不明（位置だけ）", "255,255,255,255"),
)
"""Bands of trips per day of the stops' layer; stops of unknown frequency are drawn hollow."""
CHANGES: Final = (
    ("falls", "空白になる", "178,24,43,190"),
    ("leaves", "空白でなくなる", "33,102,172,190"),
    ("worse", "区分が下がる", "253,174,97,190"),
    ("better", "区分が上がる", "171,217,233,190"),
)

TRANSPORTS: Final = (
    ("none", "定期交通機関なし", "127,15,38,170"),
    ("few", "1日の往復が基準以下", "222,63,46,170"),
    ("unknown", "本数・有無が不明", "185,166,211,190"),
    ("enough", "基準を超える本数あり（要確認）", "254,224,144,190"),
)
"""Of the layer of candidate 無医地区."""


def vacuum_areas(muni: str, place: str, people: str, *, aliases: Mapping[str, str]) -> str:
    """Return the style of the vacuum areas: a dark edge, so that neighbours are told apart.

    The label is municipality, settlement and people, of columns with these names; ``place`` is
    empty where there is no such column.
    """
    named = (
        f"if(\"{place}\" is null or \"{place}\" = '', '', ' ' || \"{place}\"), " if place else ""
    )
    label = f"concat(\"{muni}\", {named}'\\n', format_number(\"{people}\", 0), '人')"
    return single(VACUUM_FILL, aliases=aliases, label=label, edge=_VACUUM_EDGE)


def single(
    fill: str,
    *,
    aliases: Mapping[str, str],
    label: str = "",
    edge: tuple[str, str] = (_OUTLINE, _OUTLINE_MM),
) -> str:
    """Return a style with one fill.

    Parameters
    ----------
    fill
        "red,green,blue,alpha", 0-255.
    aliases
        Column -> Japanese name.
    label
        QGIS expression drawn on each feature; empty for none.
    edge
        Colour, and width in millimetres, of the outline.
    """
    root = _root(label)
    renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0")
    _symbol(ET.SubElement(renderer, "symbols"), "0", fill, edge=edge)
    return _text(root, aliases, label)


def categorised(
    column: str,
    classes: Sequence[tuple[str, str, str]],
    *,
    aliases: Mapping[str, str],
    points: bool = False,
) -> str:
    """Return a style with one fill, or for points one round marker, per value of ``column``.

    ``classes`` are (value, Japanese label, fill); other values are not drawn.
    """
    root = _root("")
    renderer = ET.SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=column, symbollevels="0"
    )
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for k, (value, name, fill) in enumerate(classes):
        ET.SubElement(
            categories,
            "category",
            {"render": "true", "symbol": str(k), "value": value, "label": name, "type": "string"},
        )
        _symbol(symbols, str(k), fill, marker=points)
    return _text(root, aliases, "", points=points)


def _root(label: str) -> ET.Element:
    return ET.Element(
        "qgis",
        version="3.28.0",
        styleCategories="Symbology|Labeling|Fields",
        labelsEnabled="1" if label else "0",
    )


def _symbol(
    parent: ET.Element,
    name: str,
    fill: str,
    *,
    marker: bool = False,
    edge: tuple[str, str] = (_OUTLINE, _OUTLINE_MM),
) -> None:
    kind = "marker" if marker else "fill"
    symbol = ET.SubElement(
        parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    drawn = "SimpleMarker" if marker else "SimpleFill"
    layer = ET.SubElement(
        symbol, "layer", {"class": drawn, "enabled": "1", "locked": "0", "pass": "0"}
    )
    round_marker = {"name": "circle", "size": "2", "size_unit": "MM"} if marker else {}
    options = round_marker | {
        "color": fill,
        "style": "solid",
        "outline_color": edge[0],
        "outline_style": "solid",
        "outline_width": edge[1],
        "outline_width_unit": "MM",
        "joinstyle": "bevel",
    }
    box = ET.SubElement(layer, "Option", type="Map")
    for key, value in options.items():
        ET.SubElement(box, "Option", name=key, type="QString", value=value)
    for key, value in options.items():
        ET.SubElement(layer, "prop", k=key, v=value)


def _text(root: ET.Element, aliases: Mapping[str, str], label: str, *, points: bool = False) -> str:
    if label:
        _labeling(root, label)
    box = ET.SubElement(root, "aliases")
    for k, (column, alias) in enumerate(aliases.items()):
        ET.SubElement(box, "alias", index=str(k), field=column, name=alias)
    ET.SubElement(root, "layerGeometryType").text = "0" if points else "2"
    ET.indent(root, " ")
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _labeling(root: ET.Element, label: str) -> None:
    labeling = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        {
            "fieldName": label,
            "isExpression": "1",
            "fontFamily": "Noto Sans CJK JP",
            "fontSize": "9",
            "fontSizeUnit": "Point",
            "textColor": "30,30,30,255",
            "textOpacity": "1",
        },
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,220",
        bufferOpacity="1",
    )
    ET.SubElement(settings, "placement", placement="1", centroidInside="1", priority="5")
    ET.SubElement(settings, "rendering", scaleVisibility="0", obstacle="0", drawLabels="1")
