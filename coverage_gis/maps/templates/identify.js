// What is at a place: the tooltip under the mouse, and the popup with all figures.
(function (G) {
  "use strict";

  const BESIDE = ["distance_m", "time_s"]; // kinds that share a subject's row in the popup
  const WAYS = ["徒歩の道のり", "直線距離"]; // and classes measured in these two ways
  const byWay = (indicator) => indicator.kind === "class" && WAYS.includes(indicator.view);

  // Rings of x, y, dx, dy ... (outlines.py) -> arrays of [lat, lng]
  G.unring = (rings, scale) => rings.map((flat) => {
    const out = [];
    let x = 0, y = 0;
    for (let i = 0; i < flat.length; i += 2) {
      x += flat[i]; y += flat[i + 1];
      out.push([y / scale, x / scale]);
    }
    return out;
  });

  // Even-odd over all rings: holes and several parts need no further word.
  G.inRings = function (rings, lat, lng) {
    let inside = false;
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [ay, ax] = ring[i], [by, bx] = ring[j];
        if ((ay > lat) !== (by > lat) && lng < ((bx - ax) * (lat - ay)) / (by - ay) + ax) {
          inside = !inside;
        }
      }
    }
    return inside;
  };

  G.figureRows = (fields, figures) => fields
    .map((field, k) => [field.label, figures[k], field.kind])
    .filter(([, value, kind]) => value !== null && (kind !== "flag" || value === 1))
    .map(([label, value, kind]) => [label, G.format(kind, value)]);

  G.Identify = class {
    constructor(page) {
      this.page = page;
      this.frame = L.rectangle([[0, 0], [0, 0]], {
        interactive: false, fill: false, color: "#000000", weight: 3, pane: "outlines",
      });
      this.tooltip = L.tooltip({ direction: "auto", offset: [14, 0], opacity: 1, className: "cell" });
      this.hovered = -1;
      const map = page.map;
      map.on("mousemove", (event) => this._hover(event));
      map.on("mouseout movestart", () => this._leave());
      map.on("click", (event) => this.open(event.latlng));
      map.on("popupclose", () => this.frame.remove());
      map.getContainer().addEventListener("keydown", (event) => {
        if (event.key === "Escape") { // Leaflet listens only while the map itself has the focus
          map.closePopup();
          map.getContainer().focus();
        }
        if (event.key === "Enter" && event.target === map.getContainer()) {
          this.open(map.getCenter());
          document.querySelector(".leaflet-popup-content a, .leaflet-popup-close-button")?.focus();
        }
      });
    }

    _hover(event) {
      const i = this.page.data.cellAt(event.latlng.lat, event.latlng.lng);
      if (i < 0 || !this.page.visible("mesh")) { this._leave(); return; }
      if (i !== this.hovered) {
        this.hovered = i;
        this.tooltip.setContent(this.cellFigures(i, true));
      }
      this.tooltip.setLatLng(event.latlng);
      if (!this.page.map.hasLayer(this.tooltip)) this.tooltip.addTo(this.page.map);
    }

    _leave() {
      this.hovered = -1;
      this.tooltip.remove();
    }

    // The people of an open popup are those of the year chosen since.
    refresh() {
      this._leave();
      if (this.popup && this.popup.isOpen()) this.open(this.popup.getLatLng());
    }

    open(latlng) {
      const page = this.page, i = page.data.cellAt(latlng.lat, latlng.lng);
      const body = G.el("div", { class: "popup" });
      for (const f of page.facilities.near(latlng, page.map.getZoom(), 10).slice(0, 5)) {
        body.append(this._facility(f));
      }
      const zone = page.visible("vacuum") ? page.vacuumAt(latlng.lat, latlng.lng) : null;
      if (zone) {
        body.append(G.el("h3", { class: "vacuum" }, "交通空白の区域"),
          G.definitions(G.figureRows(page.meta.vacuumFields, zone.figures)),
          G.el("p", { class: "small" },
            "最寄りの施設は、区域でいちばん人の多いセルの中心から測っています。広い区域では場所により違います。"));
      }
      if (i >= 0) body.append(this.cellFigures(i, false));
      if (!body.childNodes.length) return;
      this._leave();
      this.popup = L.popup({ maxWidth: 340, minWidth: 240, maxHeight: 380 })
        .setLatLng(latlng).setContent(body).openOn(page.map);
      if (i >= 0) {
        const [south, west, north, east] = page.data.box(i);
        this.frame.setBounds([[south, west], [north, east]]).addTo(page.map);
      }
    }

    _facility(f) {
      const facilities = this.page.facilities, service = facilities.services[facilities.service[f]];
      const rows = [["種別", service.label]];
      if (facilities.trips[f]) {
        rows.push(["1日の運行本数", G.format("trips", facilities.trips[f] - 1)]);
      }
      if (facilities.capacity[f]) {
        rows.push(["定員", G.format("people", facilities.capacity[f] - 1)]);
      }
      return G.el("div", {}, G.el("h3", { translate: "no" }, facilities.name(f)), G.definitions(rows));
    }

    // A row per subject, its views side by side: "病院  1,250 m  4分".
    _groupFigures(i, list, short) {
      const data = this.page.data, now = this.page.state.k, rows = new Map();
      for (const [indicator, k] of list) {
        const single = !BESIDE.includes(indicator.kind) && !byWay(indicator);
        const label = single || short ? indicator.label : indicator.subject;
        if (!rows.has(label)) rows.set(label, []);
        rows.get(label).push([G.format(indicator.kind, data.value(k, i), indicator.labels),
          `${single ? "words" : ""} ${k === now ? "now" : ""}`, indicator.view]);
      }
      const most = Math.max(...Array.from(rows.values(), (row) => row.length));
      const widest = Array.from(rows.values()).find((row) => row.length === most);
      const head = most > 1 && G.el("thead", {}, G.el("tr", {}, G.el("td", {}),
        widest.map(([, , view]) => G.el("th", { scope: "col" }, view))));
      return G.el("table", { class: "figures" }, head || null, G.el("tbody", {}, Array.from(rows, ([label, row]) =>
        G.el("tr", {}, G.el("th", { scope: "row" }, label), row.map(([value, style], n) =>
          G.el("td", { class: style,
            colspan: n === row.length - 1 && row.length < most ? most - n : null }, value))))));
    }

    // People and indicators of cell i; short: those a tooltip has room for.
    cellFigures(i, short) {
      const page = this.page, data = page.data, now = data.indicators[page.state.k];
      const muni = page.munis[data.muni(i)];
      const label = (age) => (age === "total" ? "人口" : `うち${G.ageWords(age)}`);
      const rows = page.ages().map((age) => [label(age), G.format("people", data.peopleAt(page.who(age), i))]);
      if (page.meta.years.length) {
        rows[0][0] = `人口（${G.yearWords(page.state.year, page.meta)}）`;
        for (const year of [null, ...page.meta.years]) {
          if (year === page.state.year || (short && year !== null)) continue;
          rows.push([`人口（${G.yearWords(year, page.meta)}）`,
            G.format("people", data.peopleAt(page.who("total", year), i))]);
        }
      }
      const body = G.el("div", { class: "cell-figures" },
        G.el("h3", { translate: muni ? "no" : null }, muni ? muni.name : "セル"),
        G.el("p", { class: "small" }, `メッシュ ${data.code(i)}`), G.definitions(rows));
      const list = data.indicators.map((indicator, k) => [indicator, k]).filter(([indicator]) =>
        indicator.kind !== "count" && (!short || indicator.subject === now.subject)
        // A share is a step on the way to a rate: only where it is what is looked at.
        && (indicator.kind !== "share" || indicator === now));
      for (const group of new Set(list.map(([indicator]) => indicator.group))) {
        if (!short) body.append(G.el("h4", {}, group));
        const mine = list.filter(([indicator]) => indicator.group === group);
        for (const rows of [mine.filter(([one]) => !byWay(one)), mine.filter(([one]) => byWay(one))]) {
          if (rows.length) body.append(this._groupFigures(i, rows, short));
        }
      }
      if (short) body.append(G.el("p", { class: "small" }, "押すと全項目を表示"));
      return body;
    }
  };
})(CoverageGis);
