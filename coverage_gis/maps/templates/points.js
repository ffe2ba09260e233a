// Facilities: thousands of points drawn on canvas tiles, told apart by colour and shape.
(function (G) {
  "use strict";

  const LON_ORIGIN = 100, LAT_ORIGIN = -90;
  // Okabe and Ito's colours, which colour-blind readers tell apart; shapes for the second round.
  const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9"];
  const SHAPES = ["circle", "square", "triangle", "diamond"];

  G.Facilities = class {
    constructor(get) {
      const meta = get("meta"), n = get("f_lon").length;
      this.services = meta.services.map((s, k) => ({
        key: s.key, label: s.label, count: 0, visible: false,
        colour: COLOURS[k % COLOURS.length], shape: SHAPES[(k + (k / COLOURS.length | 0)) % 4],
      }));
      this.n = n;
      this.service = get("f_service");
      this.trips = get("f_trips");
      this.capacity = get("f_capacity");
      this._name = get("f_name");
      this._names = get("names");
      this.lng = Float64Array.from(get("f_lon"), (v) => v / meta.scale + LON_ORIGIN);
      this.lat = Float64Array.from(get("f_lat"), (v) => v / meta.scale + LAT_ORIGIN);
      // Position on the Web Mercator square, 0 to 1: for drawing and for the mouse.
      this.x = Float64Array.from(this.lng, (v) => v / 360 + 0.5);
      this.y = Float64Array.from(this.lat, (v) => {
        const s = Math.sin((v * Math.PI) / 180);
        return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
      });
      for (let i = 0; i < n; i++) this.services[this.service[i]].count++;
    }

    // From west to east; sorted when the first are to be drawn.
    get byX() {
      this._byX = this._byX
        || Uint32Array.from({ length: this.n }, (_, i) => i).sort((a, b) => this.x[a] - this.x[b]);
      return this._byX;
    }

    get names() { return this._names; }
    nameOf(i) { return this._name[i]; } // its place in names
    hasName(i) { return this._names[this._name[i]] !== ""; }
    name(i) { return this._names[this._name[i]] || "（名称なし）"; }

    // Calls visit(i) for visible points in a box of the square.
    each(x0, y0, x1, y1, visit) {
      if (!this.services.some((service) => service.visible)) return;
      let low = 0, high = this.n;
      while (low < high) {
        const mid = (low + high) >> 1;
        if (this.x[this.byX[mid]] < x0) low = mid + 1; else high = mid;
      }
      for (; low < this.n; low++) {
        const i = this.byX[low];
        if (this.x[i] > x1) return;
        if (this.y[i] >= y0 && this.y[i] <= y1 && this.services[this.service[i]].visible) visit(i);
      }
    }

    // Visible points within `pixels` of a place, nearest first.
    near(latlng, zoom, pixels) {
      const world = 256 * Math.pow(2, zoom), reach = pixels / world;
      const x = latlng.lng / 360 + 0.5, s = Math.sin((latlng.lat * Math.PI) / 180);
      const y = 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI), found = [];
      this.each(x - reach, y - reach, x + reach, y + reach, (i) => {
        const d = Math.hypot(this.x[i] - x, this.y[i] - y);
        if (d <= reach) found.push([d, i]);
      });
      return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((pair) => pair[1]);
    }
  };

  // A facility's mark on any canvas.
  G.mark = function (context, x, y, radius, service) {
    context.beginPath();
    if (service.shape === "circle") context.arc(x, y, radius, 0, 2 * Math.PI);
    else {
      const corners = service.shape === "triangle" ? 3 : 4;
      const turn = service.shape === "square" ? Math.PI / 4 : Math.PI / 2;
      for (let k = 0; k < corners; k++) {
        const angle = turn + (2 * Math.PI * k) / corners;
        context.lineTo(x + 1.25 * radius * Math.cos(angle), y - 1.25 * radius * Math.sin(angle));
      }
      context.closePath();
    }
    context.fillStyle = service.colour;
    context.strokeStyle = "#ffffff";
    context.lineWidth = Math.max(1, radius / 3);
    context.fill();
    context.stroke();
  };

  G.FacilityLayer = L.GridLayer.extend({
    options: { tileSize: 256, updateWhenZooming: false, keepBuffer: 1 },

    initialize: function (facilities, options) {
      L.setOptions(this, options);
      this.facilities = facilities;
    },

    repaint: function () {
      for (const key in this._tiles || {}) {
        this._paint(this._tiles[key].el, this._tiles[key].coords);
      }
    },

    createTile: function (coords) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = Math.round(256 * Math.min(window.devicePixelRatio || 1, 3));
      this._paint(canvas, coords);
      return canvas;
    },

    _paint: function (canvas, coords) {
      canvas.width = canvas.height; // empties it; what is cleared prints white over the cells
      const context = canvas.getContext("2d"), f = this.facilities, size = canvas.width;
      const tiles = Math.pow(2, coords.z), ratio = size / 256;
      const radius = ratio * (coords.z < 11 ? 2.5 : coords.z < 13 ? 4 : 6);
      const beyond = (2 * radius) / size;
      f.each((coords.x - beyond) / tiles, (coords.y - beyond) / tiles,
        (coords.x + 1 + beyond) / tiles, (coords.y + 1 + beyond) / tiles, (i) => {
          const x = (f.x[i] * tiles - coords.x) * size, y = (f.y[i] * tiles - coords.y) * size;
          G.mark(context, x, y, radius, f.services[f.service[i]]);
        });
    },
  });

  // The same mark for the list of toggles.
  G.markIcon = function (service) {
    const canvas = G.el("canvas", { class: "mark", width: 32, height: 32, "aria-hidden": "true" });
    G.mark(canvas.getContext("2d"), 16, 16, 9, service);
    return canvas;
  };
})(CoverageGis);
