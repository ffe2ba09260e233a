// Mesh cells drawn on canvas tiles. Pixels are written as numbers: tens of thousands of rectangles
// handed to the canvas one by one take the browser several times as long to draw.
(function (G) {
  "use strict";

  const HAIR_FROM = 14; // pixels of a cell from which on a gap of one between cells helps
  const HATCH = 8; // width of the hatching, in pixels; divides a tile's size

  // Pixels of the numbers 0 to 255 of classes, as the canvas keeps them (whatever the byte order).
  function pixelsOf(colours) {
    const bytes = new Uint8ClampedArray(4 * 256), write = (c, hex) => {
      for (let k = 0; k < 3; k++) bytes[4 * c + k] = parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
      bytes[4 * c + 3] = 255;
    };
    colours.forEach((hex, c) => write(c, hex));
    write(G.CLASS_NO_DATA, G.FILL_NO_DATA);
    return new Uint32Array(bytes.buffer);
  }

  // White with black diagonals: "unreachable", told from every colour and from grey.
  function hatch() {
    const [white, black] = new Uint32Array(pixelsOf(["#ffffff", "#111111"]).buffer, 0, 2);
    return Uint32Array.from({ length: HATCH * HATCH }, (_, i) =>
      ((i % HATCH) + Math.floor(i / HATCH)) % HATCH < 3 ? black : white);
  }

  G.MeshLayer = L.GridLayer.extend({
    options: { pane: "overlayPane", tileSize: 256, updateWhenZooming: false, keepBuffer: 1 },

    initialize: function (data, options) {
      L.setOptions(this, options);
      this.data = data;
      this._hatch = hatch();
      this.setClasses(data.classify(0), data.indicators[0].colours);
    },

    // classes: one number per cell; colours: by number. Recolours what is on the screen.
    setClasses: function (classes, colours) {
      this._classes = classes;
      this._pixels = pixelsOf(colours);
      for (const key in this._tiles || {}) {
        const tile = this._tiles[key];
        this._paint(tile.el, tile.coords);
      }
      return this;
    },

    createTile: function (coords) {
      const canvas = document.createElement("canvas"), size = this.getTileSize();
      const ratio = Math.min(window.devicePixelRatio || 1, 3);
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      this._paint(canvas, coords);
      return canvas;
    },

    _paint: function (canvas, coords) {
      const context = canvas.getContext("2d"), size = canvas.width;
      if (!this._image || this._image.width !== size) {
        this._image = context.createImageData(size, size);
        this._out = new Uint32Array(this._image.data.buffer);
      }
      this._out.fill(0);
      this._draw(size, coords);
      context.putImageData(this._image, 0, 0);
    },

    // Writes the cells of a tile into this._out.
    _draw: function (size, coords) {
      const data = this.data, world = size * Math.pow(2, coords.z);
      // Web Mercator, in pixels of this tile: only for drawing.
      const xOf = (col) => Math.round((data.lngOf(col) / 360 + 0.5) * world - coords.x * size);
      const yOf = (row) => {
        const sine = Math.sin((data.latOf(row) * Math.PI) / 180);
        const y = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
        return Math.round(y * world - coords.y * size);
      };
      const lngAt = (x) => ((coords.x + x) * size / world - 0.5) * 360;
      const latAt = (y) => {
        const n = Math.PI * (1 - 2 * (coords.y + y) * size / world);
        return (Math.atan(Math.sinh(n)) * 180) / Math.PI;
      };
      const r0 = Math.max(data.firstRow, data.rowOf(latAt(1)) - 1);
      const r1 = Math.min(data.lastRow, data.rowOf(latAt(0)) + 1);
      const c0 = data.colOf(lngAt(0)) - 1, c1 = data.colOf(lngAt(1)) + 1;
      const edges = Int32Array.from({ length: c1 - c0 + 2 }, (_, c) => xOf(c0 + c));
      const gap = edges[1] - edges[0] >= HAIR_FROM ? 1 : 0;
      for (let r = r0, low = yOf(r0); r <= r1; r++) {
        const top = yOf(r + 1), bottom = Math.max(top + 1, low - gap);
        low = top;
        const from = Math.max(0, top), to = Math.min(size, bottom);
        if (from < to) this._drawRow(size, r, [c0, c1], edges, gap, from, to);
      }
    },

    // One row of cells on the lines `from` to `to`: drawn once, then copied downwards.
    _drawRow: function (size, r, [c0, c1], edges, gap, from, to) {
      const { col, start, firstRow } = this.data, classes = this._classes, out = this._out;
      const end = start[r - firstRow + 1], line = from * size, hatched = [];
      for (let i = this.data.lowerBound(r, c0); i < end && col[i] <= c1;) {
        const kind = classes[i], first = col[i];
        let next = first + 1; // neighbours of one class are one run while cells are small
        for (i++; !gap && i < end && col[i] === next && classes[i] === kind; i++) next++;
        const left = Math.max(0, edges[first - c0]);
        const right = Math.min(size, Math.max(edges[first - c0] + 1, edges[Math.min(next, c1 + 1) - c0] - gap));
        if (left >= right) continue;
        if (kind === G.CLASS_UNREACHABLE) hatched.push(left, right);
        const pixel = this._pixels[kind];
        for (let x = line + left; x < line + right; x++) out[x] = pixel;
      }
      for (let y = from + 1; y < to; y++) out.copyWithin(y * size, line, line + size);
      for (let k = 0; k < hatched.length; k += 2) {
        for (let y = from; y < to; y++) {
          for (let x = hatched[k]; x < hatched[k + 1]; x++) {
            out[y * size + x] = this._hatch[(y % HATCH) * HATCH + (x % HATCH)];
          }
        }
      }
    },
  });

  G.meshLayer = function (text, options) {
    return new G.MeshLayer(new G.MeshData(text), options);
  };
})(CoverageGis);
