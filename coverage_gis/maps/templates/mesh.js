// The cells and their columns. Made by coverage_gis/maps/mesh_layer.py.
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

    // Inflates a column that somebody may ask for next; false once all are there.
    prepare() {
      this._waiting = this._waiting
        || [...new Set(this.indicators.flatMap((one) => [one.column, ...one.within.map((w) => w.column)]))]
          .filter((column) => column !== null);
      if (this._waiting.length) this._get(this._waiting.shift());
      return this._waiting.length > 0;
    }

    // People ("total", "65plus:2050" ...) of cell i, NaN where unknown.
    peopleAt(who, i) {
      const raw = this._get("people_" + who)[i];
      return raw ? (raw - 1) / this.meta.scales[who] : NaN;
    }

    // The same of all cells; made once.
    people(who) {
      this._people = this._people || {};
      if (!this._people[who]) {
        const raw = this._get("people_" + who), out = new Float64Array(this.n), scale = this.meta.scales[who];
        for (let i = 0; i < this.n; i++) out[i] = raw[i] ? (raw[i] - 1) / scale : NaN;
        this._people[who] = out;
      }
      return this._people[who];
    }

    // The share of each cell, by a preset's cutoff or an indicator of shares: NaN where unknown, 0
    // where nothing can be reached; made once.
    shares(of) {
      if (!of.shares) {
        const raw = this._get(of.column), known = [NaN, 0, ...of.table];
        of.shares = new Float64Array(this.n);
        for (let i = 0; i < this.n; i++) of.shares[i] = known[raw[i]];
      }
      return of.shares;
    }

    muni(i) { return this.meta.muni ? this._get("muni")[i] - 1 : -1; }

    // The value of indicator k in cell i: a number, "unreachable" or null.
    value(k, i) {
      if (this.indicators[k].column === null) {
        const people = this.peopleAt(this.who, i);
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

    // The class of every number that stands in an indicator's column.
    _classOf(indicator, raw, limits) {
      this._tops = this._tops || new Map();
      if (!this._tops.has(indicator.column)) {
        let top = FIRST;
        for (let i = 0; i < raw.length; i++) if (raw[i] > top) top = raw[i];
        this._tops.set(indicator.column, top);
      }
      const out = new Uint8Array(this._tops.get(indicator.column) + 1);
      out[NO_DATA] = G.CLASS_NO_DATA;
      out[UNREACHABLE] = G.CLASS_UNREACHABLE;
      for (let q = FIRST, c = 0; q < out.length; q++) { // values ascend with the numbers
        const value = this._number(indicator, q - FIRST);
        if (indicator.kind === "class") c = value;
        else while (c < limits.length && value > limits[c]) c++;
        out[q] = c;
      }
      return out;
    }

    _classifyPeople(limits) {
      const people = this.people(this.who), out = new Uint8Array(this.n);
      for (let i = 0; i < this.n; i++) {
        let c = 0;
        while (c < limits.length && people[i] > limits[c]) c++;
        out[i] = Number.isNaN(people[i]) ? G.CLASS_NO_DATA : c;
      }
      return out;
    }

    // The class of every cell by indicator k; breaks are inclusive upper limits.
    classify(k, breaks) {
      const indicator = this.indicators[k], limits = breaks || indicator.breaks;
      if (indicator.column === null) return this._classifyPeople(limits);
      const raw = this.column(k), out = new Uint8Array(this.n);
      const classOf = this._classOf(indicator, raw, limits);
      for (let i = 0; i < out.length; i++) out[i] = classOf[raw[i]];
      return out;
    }

    // The cells whose centre is inside bounds (null: all), as first, end, first, end ...
    runs(bounds) {
      if (!bounds) return [0, this.n];
      const [south, west, north, east] = bounds, out = [];
      const rows = this.meta.rowsPerDegree, cols = this.meta.colsPerDegree;
      const r0 = Math.max(this.firstRow, Math.ceil(south * rows - 0.5));
      const r1 = Math.min(this.lastRow, Math.floor(north * rows - 0.5));
      const c0 = Math.ceil((west - LON_ORIGIN) * cols - 0.5);
      const c1 = Math.floor((east - LON_ORIGIN) * cols - 0.5);
      for (let r = r0; r <= r1; r++) {
        const first = this.lowerBound(r, c0), end = this.lowerBound(r, c1 + 1);
        if (first === out[out.length - 1]) out[out.length - 1] = end;
        else if (first < end) out.push(first, end);
      }
      return out;
    }
  };
})(CoverageGis);
