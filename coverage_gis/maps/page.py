"""One map as one HTML file that opens from disk: Folium, our layers, and a panel that explains."""

from __future__ import annotations

import hashlib
import os
import tempfile
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, MacroElement
from folium.template import Template
from jinja2 import Environment
from markupsafe import Markup

from coverage_gis.errors import OutputError
from coverage_gis.maps import assets, classes, model, page_data
from coverage_gis.maps.mesh_layer import MeshLayer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from coverage_gis.maps.model import MapContent

RUNTIME = (
    "words.js",
    "points.js",
    "format.js",
    "legend.js",
    "identify.js",
    "search.js",
    "controls.js",
    "page.js",
)
"""Our scripts of the page, in order, after those of the mesh layer."""

HEADLINES_SHOWN = 3
"""More would push the legend off a laptop's screen; the rest is one press away."""

ZOOM_MIN, ZOOM_MAX = 5, 18
GSI_PALE_URL = "https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png"
"""地理院タイル 淡色地図, zoom 5 to 18: https://maps.gsi.go.jp/development/ichiran.html"""


def write_map(content: MapContent, path: Path) -> None:
    """Write the map of ``content`` to ``path``; the same content gives the same bytes.

    Raises
    ------
    SchemaError
        If the content contradicts itself.
    OutputError
        If the file cannot be written, or would need the network.
    """
    html = render(content)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, html.encode("utf-8"))
    except OSError as error:
        raise OutputError(f"The map {path} cannot be written ({error.strerror}).") from error


def render(content: MapContent) -> str:
    """Return the page of ``content`` as HTML."""
    model.check(content)
    figure = assets.JapaneseFigure(title=content.title_ja)
    page = OfflineMap().add_to(figure)
    mesh = MeshLayer(
        content.mesh_codes,
        _people(content),
        [*content.indicators, classes.people(content.population)],
        muni_index=page_data.muni_index(content),
    )
    mesh.add_to(page)
    PlannerPanel(content, mesh).add_to(page)
    _fix_ids(figure)
    return assets.render_offline(figure)


class OfflineMap(folium.Map):
    """Folium's map without its content networks, which a reader may zoom and a keyboard reach."""

    default_js = [("leaflet", "leaflet.js")]  # noqa: RUF012 - as folium declares it
    default_css = [("leaflet_css", "leaflet.css")]  # noqa: RUF012 - as folium declares it

    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <main id="map" class="folium-map" aria-label="地図"></main>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = CoverageGis.createMap("map");
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__(tiles=None)


class PlannerPanel(MacroElement):
    """Everything around the map: headline, selectors, legend, toggles, data and method."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            CoverageGis.start({{ this._parent.get_name() }}, {{ this.mesh.get_name() }},
                {{ this.payload|tojson }}, {{ this.options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, content: MapContent, mesh: MeshLayer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca does not annotate it
        self._name = "PlannerPanel"
        self.mesh = mesh
        self.payload = page_data.payload(content)
        self.options = {"tiles": GSI_PALE_URL, "minZoom": ZOOM_MIN, "maxZoom": ZOOM_MAX}
        # Names and sentences are data: autoescape makes them text, and Raw keeps branca from
        # reading the result as a template once more.
        environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        environment.filters["en"] = _english
        panel = environment.from_string(assets.template_text("panel.html"))
        self._panel = panel.render(content=content, shown=HEADLINES_SHOWN)

    def render(self, **kwargs: Any) -> str:
        """Add styles and scripts to the head, the panel before the map, and the start."""
        figure = assets.figure_of(self)
        figure.header.add_child(assets.style(assets.template_text("page.css")), name="page_css")
        for file in RUNTIME:
            code = assets.script(assets.template_text(file))
            figure.header.add_child(code, name=f"coverage_gis_{file}")
        figure.html.add_child(assets.Raw(self._panel), name="panel", index=0)
        super().render(**kwargs)  # type: ignore[no-untyped-call]  # branca does not annotate it
        return ""  # what it draws went into the page's parts


def _english(line: str) -> Markup:
    """Return the attribute that carries a sentence's English, if it has any."""
    text = model.english(line)
    return Markup(' data-en="{}"').format(text) if text else Markup("")


def _people(content: MapContent) -> dict[str, Any]:
    ages = {
        "total": content.population,
        **{age: content.population_more.get(age) for age in model.AGES_MORE},
        "65plus": content.population_65plus,
        "75plus": content.population_75plus,
    }
    out = {age: values for age, values in ages.items() if values is not None}
    for year in sorted(content.years):
        given = content.years[year]
        out |= {f"{age}:{year}": given[age] for age in ages if age in given}
    return out


def _fix_ids(figure: Element) -> None:
    """Give elements names by their place instead of branca's random ones."""
    for number, element in enumerate(_walk(figure)):
        element._id = hashlib.sha256(str(number).encode()).hexdigest()[:8]


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():
        yield from _walk(child)


def _replace(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path`` and put it in its place, so that no half file is ever seen."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)  # noqa: PTH101 - mkstemp made it private; results are shared
        os.replace(name, path)  # noqa: PTH105 - on a name, like mkstemp's
    except BaseException:
        os.unlink(name)  # noqa: PTH108 - as above
        raise
