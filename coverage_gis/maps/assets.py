"""Folium pages without a network: everything is written into the page, or it is an error.

Folium links to five content networks by default. Leaflet itself comes from the XStatic-Leaflet
package; what Folium only needs for features that are not used here (jQuery, Bootstrap, icon fonts)
is left out; any other address raises, so that no page silently depends on the internet.
"""

from __future__ import annotations

import base64
import re
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from branca.element import CssLink, Element, Figure, JavascriptLink
from jinja2 import Environment

from coverage_gis.errors import OutputError

LEFT_OUT: Final = frozenset(
    {
        "jquery",
        "bootstrap",
        "awesome_markers",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers_font_css",
        "awesome_markers_css",
        "awesome_rotate_css",
    }
)
"""Folium's own names of links that its map, layers and controls work without."""

_LEAFLET_JS, _LEAFLET_CSS = "leaflet", "leaflet_css"

# A tag that makes the browser fetch something, with the address it fetches. Links a reader may
# click (<a href>) are no such thing.
_FETCHING_TAG = re.compile(
    r"<(?:script|link|img|iframe|source|video|audio|object|embed|image|use)\b[^>]*?"
    r"\b(?:src|href|data|srcset|xlink:href)\s*=\s*[\"']?([^\"'\s>]+)",
    re.IGNORECASE,
)
_FETCHING_CSS = re.compile(
    r"(?:@import\s+[\"']?|\burl\(\s*[\"']?)(?!data:|#)([^\"')\s]+)", re.IGNORECASE
)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style", re.IGNORECASE | re.DOTALL)
_SCRIPT = re.compile(r"(<script\b[^>]*>).*?</script", re.IGNORECASE | re.DOTALL)


class Raw(Element):
    """Text that goes into the page as it is.

    branca's ``Element`` is a Jinja template: JavaScript or a name with ``{{`` in it would be
    executed, or fail.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.text = text

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 - the signature is branca's
        """Return the text."""
        return self.text


class JapaneseFigure(Figure):
    """branca's page, as a document in Japanese that may be zoomed."""

    # Autoescape is for the title; everything else is rendered HTML already.
    _template = Environment(autoescape=True).from_string(
        '<!DOCTYPE html>\n<html lang="ja">\n<head>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>{{ this.title }}</title>\n{{ this.header.render(**kwargs)|safe }}\n</head>\n"
        "<body>\n{{ this.html.render(**kwargs)|safe }}\n"
        "<script>\n{{ this.script.render(**kwargs)|safe }}\n</script>\n</body>\n</html>\n"
    )


def figure_of(element: Element) -> Figure:
    """Return the page that ``element`` was added to."""
    figure = element.get_root()
    if not isinstance(figure, Figure):
        raise OutputError("Map: add this element to a folium.Map before rendering it.")
    return figure


def template_text(name: str) -> str:
    """Return one of our own files in ``maps/templates``."""
    return files("coverage_gis.maps").joinpath("templates", name).read_text(encoding="utf-8")


def script(code: str) -> Raw:
    """Return a script element; ``</script`` and ``<!--`` inside the code cannot end or open it."""
    safe = re.sub(r"</(script)", r"<\\/\1", code, flags=re.IGNORECASE)
    return Raw("<script>\n" + safe.replace("<!--", "<\\!--") + "\n</script>")


def style(css: str) -> Raw:
    """Return a style element; its CSS must not hold ``</style``."""
    if re.search(r"</style", css, re.IGNORECASE):
        raise OutputError("Map: a style sheet holds '</style' and cannot be written into a page.")
    return Raw("<style>\n" + css + "\n</style>")


def leaflet_js() -> str:
    """Return Leaflet's code as XStatic-Leaflet carries it, without its source-map reference."""
    code = (_leaflet_folder() / "leaflet.js").read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=\S+\s*$", "", code)


def leaflet_css() -> str:
    """Return Leaflet's style sheet, its images as data URIs; old Internet Explorer's VML left out.

    Raises
    ------
    OutputError
        If it names an image that the package does not carry.
    """
    folder = _leaflet_folder()
    css = (folder / "leaflet.css").read_text(encoding="utf-8")
    css = css.replace("behavior: url(#default#VML);", "")

    def inlined(match: re.Match[str]) -> str:
        path = folder / match.group(1)
        if not path.is_file():
            raise OutputError(f"Map: Leaflet's style sheet wants {match.group(1)}, not installed.")
        return f"url(data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')})"

    return re.sub(r"url\((images/[\w.-]+\.png)\)", inlined, css)


def render_offline(figure: Figure) -> str:
    """Return the HTML of ``figure`` with every script and style sheet written into it.

    Raises
    ------
    OutputError
        If an element wants a script, style sheet or image from an address; it says which.
    """
    for child in list(figure._children.values()):
        child.render()
    header = figure.header._children
    for name, element in list(header.items()):
        if isinstance(element, (JavascriptLink, CssLink)):
            replacement = _inlined(name, element.url)
            if replacement is None:
                del header[name]
            else:
                header[name] = replacement
    html = str(figure._template.render(this=figure, kwargs={}))
    check_offline(html)
    return html


def check_offline(html: str) -> None:
    """Raise ``OutputError`` if a browser would fetch anything to show ``html``."""
    markup = _SCRIPT.sub(r"\1", html)
    found = [u for u in _FETCHING_TAG.findall(markup) if not u.lower().startswith(("data:", "#"))]
    for css in _STYLE.findall(markup):
        found += _FETCHING_CSS.findall(css)
    if found:
        raise _unknown(found[0])


def _inlined(name: str, url: str) -> Element | None:
    """Return what stands for a link in the page, or None if nothing has to."""
    if name == _LEAFLET_JS:
        return script(leaflet_js())
    if name == _LEAFLET_CSS:
        return style(leaflet_css())
    if name in LEFT_OUT:
        return None
    raise _unknown(url)


def _unknown(url: str) -> OutputError:
    return OutputError(
        f"Map: the page would load {escape(url)[:200]} from elsewhere and not work offline; "
        "write it into the page (coverage_gis/maps/assets.py) or leave that element out."
    )


def _leaflet_folder() -> Path:
    """Where XStatic-Leaflet keeps its files (imported late: only maps need it)."""
    try:
        from xstatic.pkg import leaflet  # noqa: PLC0415 - only when a map is written
    except ImportError:
        raise OutputError(
            "Map: the Python package XStatic-Leaflet is missing; install the project's "
            "dependencies (make install)."
        ) from None
    return Path(leaflet.BASE_DIR)
