"""What QGIS makes of layers, by its own library: run by a Python that has it, prints JSON.

``python3 qgis_look.py LAYER... PICTURE.png``; a layer is a path or ``PATH|layername=NAME``. The
picture is of all layers, the first on top, as a new project would draw them.
"""

from __future__ import annotations

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (  # after the variable above, which Qt reads when loaded
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

WIDTH = 1200


def look(layer):
    renderer = layer.renderer()
    out = {
        "valid": layer.isValid(),
        "rows": layer.featureCount(),
        "crs": layer.crs().authid(),
        "renderer": renderer.type(),
        "aliases": {f.name(): f.alias() for f in layer.fields()},
        "labels": [],
    }
    if renderer.type() == "categorizedSymbol":
        out["column"] = renderer.classAttribute()
        out["colours"] = {c.value(): rgba(c.symbol()) for c in renderer.categories()}
        out["names"] = {c.value(): c.label() for c in renderer.categories()}
    else:
        out["colours"] = {"": rgba(renderer.symbol())}
    if layer.labelsEnabled():
        settings = layer.labeling().settings()
        expression = QgsExpression(settings.fieldName)
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
        for feature in layer.getFeatures():
            context.setFeature(feature)
            out["labels"].append(expression.evaluate(context))
        out["label_error"] = expression.parserErrorString() + expression.evalErrorString()
    return out


def rgba(symbol):
    colour = symbol.symbolLayer(0).fillColor()
    return [colour.red(), colour.green(), colour.blue(), colour.alpha()]


def draw(layers, path):
    """Save a picture, and return its extent and size."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[0].crs())
    extent = layers[0].extent()
    for layer in layers[1:]:
        extent.combineExtentWith(layer.extent())
    extent.scale(1.1)
    height = round(WIDTH * extent.height() / extent.width())
    settings.setExtent(extent)
    settings.setOutputSize(QSize(WIDTH, height))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)
    seen = settings.visibleExtent()
    return [seen.xMinimum(), seen.yMinimum(), seen.xMaximum(), seen.yMaximum()]


def main():
    *sources, picture = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    layers = [QgsVectorLayer(source, source, "ogr") for source in sources]
    found = {source: look(layer) for source, layer in zip(sources, layers, strict=True)}
    found["extent"] = draw(layers, picture)
    print(json.dumps(found, ensure_ascii=False), flush=True)  # noqa: T201 - its answer
    # Layers that Python still holds when Qt is torn down crash it.
    os._exit(0)


main()
