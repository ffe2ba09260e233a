// Mesh cells on canvas tiles. Made by coverage_gis/maps/mesh_layer.py.
(function (G) {
  "use strict";

  const LON_ORIGIN = 100;
  const NO_DATA = 0, UNREACHABLE = 1, FIRST = 2;
  // Class numbers beside an indicator's own: drawn, and counted, apart.
  G.CLASS_UNREACHABLE = 254;
  G.CLASS_NO_DATA = 255;
  G.FILL_NO_DATA = "#9b9b9b";

  // --- the cells ---------------------------------------------------------------------------
  G.MeshData = class {
    constructor(text) {
      const get = G.unpack(text);
      this._get = get;
      this.meta = get("meta");
      this.indicators = this.meta.indicators;
      this.who = "total"; // whose number "people of the cell" shows
      const keys = get("keys"), width = this.meta.width, n = keys.length;
      this.n = n;
      this.row = new Int32Array(n); // counted from latitude 0, as codes/mesh.py does
      this.col = new Int32Array(n); // counted from longitude 100
      for (let i = 0; i < n; i++) {
        const r = Math.floor(keys[i] / width);
        this.row[i] = r + this.meta.row0;
        this.col[i] = keys[i] - r * width + this.meta.col0;
      }
      this.firstRow = this.row[0];
      this.lastRow = this.row[n - 1];
      this.start = new Int32Array(this.lastRow - this.firstRow + 2); // first cell of each row
      for (let i = 0; i < n; i++) this.start[this.row[i] - this.firstRow + 1]++;
      for (let r = 1; r < this.start.length; r++) this.start[r] += this.start[r - 1];
    }

    // First cell of row r (which must exist) whose column is not below col.
    lowerBound(r, col) {
      let low = this.start[r - this.firstRow], high = this.start[r - this.firstRow + 1];
      while (low < high) {
        const mid = (low + high) >> 1;
        if (this.col[mid] < col) low = mid + 1; else high = mid;
      }
      return low;
    }

    rowOf(lat) { return Math.floor(lat * this.meta.rowsPerDegree); }
    colOf(lng) { return Math.floor((lng - LON_ORIGIN) * this.meta.colsPerDegree); }
    latOf(row) { return row / this.meta.rowsPerDegree; }
    lngOf(col) { return LON_ORIGIN + col / this.meta.colsPerDegree; }

    cellAt(lat, lng) {
      const r = this.rowOf(lat), c = this.colOf(lng);
      if (r < this.firstRow || r > this.lastRow) return -1;
      const i = this.lowerBound(r, c);
      return i < this.start[r - this.firstRow + 1] && this.col[i] === c ? i : -1;
    }

    // south, west, north, east of a cell
    box(i) {
      return [this.latOf(this.row[i]), this.lngOf(this.col[i]),
        this.latOf(this.row[i] + 1), this.lngOf(this.col[i] + 1)];
    }

    code(i) {
      let r = this.row[i], c = this.col[i], tail = "";
      for (let digits = this.meta.digits; digits > 8; digits--) {
        tail = String(1 + 2 * (r % 2) + (c % 2)) + tail;
        r = r >> 1; c = c >> 1;
      }
      const third = `${r % 10}${c % 10}`;
      r = Math.floor(r / 10); c = Math.floor(c / 10);
      return `${r >> 3}${c >> 3}${r % 8}${c % 8}${third}${tail}`;
    }

    codeBox(code) { // the cell with this code, or -1
      const d = Array.from(code, Number);
      let r = (d[0] * 10 + d[1]) * 80 + d[4] * 10 + d[6];
      let c = (d[2] * 10 + d[3]) * 80 + d[5] * 10 + d[7];
      for (let k = 8; k < code.length; k++) {
        r = r * 2 + ((d[k] - 1) >> 1); c = c * 2 + ((d[k] - 1) & 1);
      }
      return this.cellAt(this.latOf(r + 0.5), this.lngOf(c + 0.5));
    }

    column(k) { return this._get(this.indicators[k].column); }

    // People ("total", "65plus:2050" ...) as numbers, NaN where unknown; decoded once.
    people(who) {
      this._people = this._people || {};
      if (!this._people[who]) {
        const raw = this._get("people_" + who), out = new Float64Array(this.n);
        for (let i = 0; i < this.n; i++) out[i] = raw[i] ? (raw[i] - 1) / this.meta.scales[who] : NaN;
        this._people[who] = out;
      }
      return this._people[who];
    }

    // The share of each cell that a preset's cutoff reaches: NaN where unknown; decoded once.
    shares(within) {
      if (!within.shares) {
        const raw = this._get(within.column);
        within.shares = Float64Array.from(raw, (q) => (q < FIRST ? NaN : within.table[q - FIRST]));
      }
      return within.shares;
    }

    muni(i) { return this.meta.muni ? this._get("muni")[i] - 1 : -1; }

    // The value of indicator k in cell i: a number, "unreachable" or null.
    value(k, i) {
      if (this.indicators[k].column === null) {
        const people = this.people(this.who)[i];
        return Number.isNaN(people) ? null : people;
      }
      const raw = this.column(k)[i];
      if (raw === NO_DATA) return null;
      if (raw === UNREACHABLE) return "unreachable";
      return this._number(this.indicators[k], raw - FIRST);
    }

    _number(indicator, q) {
      if (indicator.kind === "share") return indicator.table[q];
      return q / indicator.scale;
    }

    _classifyPeople(limits) {
      const people = this.people(this.who);
      return Uint8Array.from(people, (value) => {
        if (Number.isNaN(value)) return G.CLASS_NO_DATA;
        let c = 0;
        while (c < limits.length && value > limits[c]) c++;
        return c;
      });
    }

    // The class of every cell by indicator k; breaks are inclusive upper limits.
    classify(k, breaks) {
      const indicator = this.indicators[k], limits = breaks || indicator.breaks;
      if (indicator.column === null) return this._classifyPeople(limits);
      const raw = this.column(k), out = new Uint8Array(this.n), plain = indicator.kind === "class";
      for (let i = 0; i < this.n; i++) {
        if (raw[i] < FIRST) {
          out[i] = raw[i] === UNREACHABLE ? G.CLASS_UNREACHABLE : G.CLASS_NO_DATA;
          continue;
        }
        const value = this._number(indicator, raw[i] - FIRST);
        let c = 0;
        if (plain) c = value;
        else while (c < limits.length && value > limits[c]) c++;
        out[i] = c;
      }
      return out;
    }

    // Calls visit(i) for each cell whose centre is inside bounds (null: for all).
    each(bounds, visit) {
      if (!bounds) { for (let i = 0; i < this.n; i++) visit(i); return; }
      const [south, west, north, east] = bounds;
      const rows = this.meta.rowsPerDegree, cols = this.meta.colsPerDegree;
      const r0 = Math.max(this.firstRow, Math.ceil(south * rows - 0.5));
      const r1 = Math.min(this.lastRow, Math.floor(north * rows - 0.5));
      const c0 = Math.ceil((west - LON_ORIGIN) * cols - 0.5);
      const c1 = Math.floor((east - LON_ORIGIN) * cols - 0.5);
      for (let r = r0; r <= r1; r++) {
        const end = this.start[r - this.firstRow + 1];
        for (let i = this.lowerBound(r, c0); i < end && this.col[i] <= c1; i++) visit(i);
      }
    }
  };

  // --- the layer ---------------------------------------------------------------------------
  G.MeshLayer = L.GridLayer.extend({
    options: { pane: "overlayPane", tileSize: 256, updateWhenZooming: false, keepBuffer: 1 },

    initialize: function (data, options) {
      L.setOptions(this, options);
      this.data = data;
      this.setClasses(data.classify(0), data.indicators[0].colours);
    },

    // classes: one number per cell; colours: by number. Recolours what is on the screen.
    setClasses: function (classes, colours) {
      this._classes = classes;
      this._colours = colours;
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
      const context = canvas.getContext("2d"), data = this.data;
      const size = canvas.width, world = size * Math.pow(2, coords.z);
      context.clearRect(0, 0, size, canvas.height);
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
      const gap = (xOf(c0 + 1) - xOf(c0)) >= 14 ? 1 : 0; // a hair between cells once they are large
      for (let r = r0; r <= r1; r++) {
        const top = yOf(r + 1), height = Math.max(1, yOf(r) - top - gap);
        const end = data.start[r - data.firstRow + 1];
        let i = data.lowerBound(r, c0);
        while (i < end && data.col[i] <= c1) {
          const kind = this._classes[i], from = data.col[i];
          let to = from + 1; // neighbours of one class are one rectangle while cells are small
          for (i++; !gap && i < end && data.col[i] === to && this._classes[i] === kind; i++) to++;
          const left = xOf(from);
          context.fillStyle = this._fill(context, kind);
          context.fillRect(left, top, Math.max(1, xOf(to) - left - gap), height);
        }
      }
    },

    _fill: function (context, kind) {
      if (kind === G.CLASS_NO_DATA) return G.FILL_NO_DATA;
      if (kind !== G.CLASS_UNREACHABLE) return this._colours[kind];
      this._pattern = this._pattern || context.createPattern(G.hatch(), "repeat");
      return this._pattern;
    },
  });

  // White with black diagonals: "unreachable", told from every colour and from grey.
  G.hatch = function () {
    const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
    canvas.width = canvas.height = 8;
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, 8, 8);
    context.strokeStyle = "#111111";
    context.lineWidth = 2;
    for (const shift of [-8, 0, 8]) {
      context.beginPath();
      context.moveTo(shift - 1, 9);
      context.lineTo(shift + 9, -1);
      context.stroke();
    }
    return canvas;
  };

  G.meshLayer = function (text, options) {
    return new G.MeshLayer(new G.MeshData(text), options);
  };
})(CoverageGis);
