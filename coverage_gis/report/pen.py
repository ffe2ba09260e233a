"""Text on the static maps: Japanese on any machine, since a package carries the font."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from coverage_gis.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

_GETA: Final = "〓"
_NEVER_FIRST: Final = "、。，．）」』】〕・ー"
"""Characters no line begins with (行頭禁則)."""


class Pen:
    """Text in the one font that is always there; what it has no sign for becomes 〓."""

    def __init__(self) -> None:
        from matplotlib.font_manager import FontProperties, get_font  # noqa: PLC0415 - slow

        self.font: FontProperties = FontProperties(fname=str(font_path()))
        self._known = frozenset(get_font(str(font_path())).get_charmap())

    def plain(self, value: str) -> str:
        """Return ``value`` with only characters the font has, and line breaks."""
        return "".join(c if c == "\n" or ord(c) in self._known else _GETA for c in value)

    def write(
        self, where: Axes | Figure, at: tuple[float, float], value: str, **style: Any
    ) -> None:
        """Write text; a ``$`` is a dollar, not the beginning of a formula."""
        size = style.pop("size", 9)
        font = self.font.copy()
        font.set_size(size)
        options = {"parse_math": False, **style}
        where.text(at[0], at[1], self.plain(value), fontproperties=font, **options)


def font_path() -> Path:
    """Return IPAexGothic's file; the package is looked up, not imported (importing it sets state).

    Raises
    ------
    OutputError
        If the package is missing.
    """
    found = importlib.util.find_spec("matplotlib_fontja")
    places = list(found.submodule_search_locations or ()) if found else []
    for place in places:
        path = Path(place) / "fonts" / "ipaexg.ttf"
        if path.is_file():
            return path
    raise OutputError(
        "Report: the Python package matplotlib-fontja, which carries the Japanese font, is "
        "missing; install the project's dependencies (make install)."
    )


def wrapped(lines: Sequence[str], width: int) -> str:
    """Break lines after ``width`` full-width characters (half-width ones count half)."""
    out = []
    for line in lines:
        current, used = "", 0.0
        for char in line:
            size = 0.5 if ord(char) < 0x250 else 1.0
            if used + size > width and char not in _NEVER_FIRST:
                out.append(current)
                current, used = "", 0.0
            current += char
            used += size
        out.append(current)
    return "\n".join(out)
