// The page: state, selectors, layers, permalink. Made by coverage_gis/maps/page.py.
(function (G) {
  "use strict";

  const byId = (id) => document.getElementById(id);

  G.createMap = function (id) {
    const map = L.map(id, { fadeAnimation: false, zoomControl: false,
      minZoom: 5, maxZoom: 18, zoomSnap: 0.5, worldCopyJump: false });
    L.control.zoom({ zoomInTitle: "拡大", zoomOutTitle: "縮小" }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
    map.attributionControl.setPrefix("Leaflet");
    map.createPane("outlines").style.zIndex = 410;
    map.createPane("points").style.zIndex = 420;
    map.createPane("names").style.zIndex = 430;
    for (const pane of ["outlines", "points", "names"]) map.getPane(pane).style.pointerEvents = "none";
    map.getContainer().append(G.el("div", { class: "crosshair", "aria-hidden": "true" }));
    return map;
  };

  class Page {
    constructor(map, mesh, text, options) {
      const get = G.unpack(text);
      this.map = map;
      this.mesh = mesh;
      this.data = mesh.data;
      this.meta = get("meta");
      this.options = options;
      this.munis = get("munis");
      this.zones = get("vacuum");
      this.facilities = new G.Facilities(get);
      this.places = get("places"); // names, lon, lat: what people call places
      this.state = { k: 0, age: "total", year: null }; // year: null for the people of today
      this._outlines();
      this.layers = this._layers();
      this.legend = new G.Legend(this.data, () => this.repaint());
      this.identify = new G.Identify(this);
    }

    _outlines() {
      const scale = this.meta.scale;
      for (const muni of this.munis) {
        muni.rings = G.unring(muni.rings, scale);
        muni.bounds = L.latLngBounds(muni.rings.flat());
      }
      for (const zone of this.zones || []) {
        zone.rings = G.unring(zone.rings, scale);
        zone.bounds = L.latLngBounds(zone.rings.flat());
      }
    }

    vacuumAt(lat, lng) {
      return (this.zones || []).find((zone) =>
        zone.bounds.contains([lat, lng]) && G.inRings(zone.rings, lat, lng)) || null;
    }

    // --- layers ----------------------------------------------------------------------------
    _layers() {
      // Not on a canvas: printed to PDF, what a canvas has cleared is white over the cells for
      // some readers of PDF.
      const renderer = L.svg({ pane: "outlines", padding: 0.3 });
      const drawn = (shapes, style) => L.layerGroup(shapes.map((shape) => L.polygon(shape.rings,
        { renderer, pane: "outlines", interactive: false, smoothFactor: 1, ...style })));
      const layers = { mesh: ["地域メッシュの色", this.mesh, true] };
      if (this.zones) {
        layers.vacuum = [`交通空白の区域（${G.count(this.zones.length)}か所）`, drawn(this.zones,
          { color: "#5b1a8b", weight: 2.5, fill: false }), false]; // a fill would shift the colours
      }
      layers.munis = ["市区町村の境と名前", drawn(this.munis,
        { color: "#333333", weight: 1.2, fill: false }), true];
      this._nameMunicipalities(layers.munis[1]);
      layers.points = [null, new G.FacilityLayer(this.facilities, { pane: "points" }), true];
      return layers;
    }

    // Without a basemap the names are what tells a reader where things are; a name is
    // shown where its municipality is wide enough for it.
    _nameMunicipalities(group) {
      const names = this.munis.filter((muni) => muni.rings.length).map((muni) => {
        const text = G.el("span", { translate: "no" }, muni.name);
        const icon = L.divIcon({ html: text, className: "muni-name", iconSize: null });
        const at = [muni.at[1] / this.meta.scale, muni.at[0] / this.meta.scale];
        group.addLayer(L.marker(at, { icon, interactive: false, keyboard: false, pane: "names" }));
        return [muni, text];
      });
      const fit = () => {
        const perDegree = (256 * Math.pow(2, this.map.getZoom())) / 360;
        for (const [muni, text] of names) {
          const width = (muni.bounds.getEast() - muni.bounds.getWest()) * perDegree;
          text.hidden = width < 8 * muni.name.length + 10;
        }
      };
      this.map.on("zoomend", fit);
      group.on("add", fit);
    }

    visible(name) { return name in this.layers && this.map.hasLayer(this.layers[name][1]); }

    setVisible(name, on) {
      const layer = this.layers[name][1];
      if (on) this.map.addLayer(layer); else this.map.removeLayer(layer);
      const box = byId(`layer-${name}`);
      if (box) box.checked = on;
    }

    setService(k, on) {
      this.facilities.services[k].visible = on;
      byId(`service-${k}`).checked = on;
      this.layers.points[1].repaint();
    }

    // --- what is shown ---------------------------------------------------------------------
    setIndicator(k) {
      this.state.k = k;
      this.legend.setIndicator(k);
      this.repaint();
      this.selectors.show(k);
    }

    setAge(age) {
      this.state.age = age;
      this._setPeople();
    }

    // A year to come, or null for today's people; an age the projection does not have is all ages.
    setYear(year) {
      this.state.year = year;
      if (!this.ages().includes(this.state.age)) this.state.age = "total";
      this._setPeople();
      this.selectors.showPeople();
    }

    _setPeople() {
      this.data.who = this.who(this.state.age);
      this.identify.refresh();
      this._showMunicipality();
      if (this.data.indicators[this.state.k].column === null) this.repaint();
      else this.showLegend();
    }

    // Ages known of the chosen year; who(age) is the name of its column.
    ages() {
      const all = this.data.meta.people, year = this.state.year;
      return all.filter((who) => !who.includes(":")).filter((age) => all.includes(this.who(age, year)));
    }

    who(age, year = this.state.year) { return year === null ? age : `${age}:${year}`; }

    whom() {
      const { age, year } = this.state;
      return this.meta.years.length ? `${G.ageWords(age)}、${G.yearWords(year, this.meta)}` : G.ageWords(age);
    }

    repaint() {
      this.painted = this.legend.paint();
      this.mesh.setClasses(this.painted.classes, this.painted.colours);
      this.showLegend();
    }

    view() {
      const b = this.map.getBounds();
      return [b.getSouth(), b.getWest(), b.getNorth(), b.getEast()];
    }

    showLegend() {
      this.legend.show(this.painted, this.data.people(this.data.who), this.whom(), this.view());
      // Browsers limit how often the address may change, and take milliseconds each time.
      clearTimeout(this._saving);
      this._saving = setTimeout(() => this.savePermalink(), 200);
    }

    // --- going somewhere -------------------------------------------------------------------
    extent() {
      const d = this.data;
      let west = Infinity, east = -Infinity;
      for (let i = 0; i < d.n; i++) {
        west = Math.min(west, d.col[i]);
        east = Math.max(east, d.col[i]);
      }
      return [[d.latOf(d.firstRow), d.lngOf(west)], [d.latOf(d.lastRow + 1), d.lngOf(east + 1)]];
    }

    // Where the map opens: everything, unless far islands with 1 in 400 people would make
    // the rest small (Tokyo's reach 1,000 km into the Pacific).
    home() {
      const d = this.data, people = d.people("total"), all = this.extent();
      const middle = (values) => { // where all but 1 in 400 people on either side are
        const low = values.reduce((a, b) => Math.min(a, b)), sums = [];
        let total = 0, sum = 0, at = 0;
        for (let i = 0; i < d.n; i++) {
          sums[values[i] - low] = (sums[values[i] - low] || 0) + (people[i] || 0);
          total += people[i] || 0;
        }
        const reach = (share) => {
          while (sum + (sums[at] || 0) < share * total) sum += sums[at++] || 0;
          return low + at;
        };
        return [reach(0.0025), reach(0.9975)];
      };
      const rows = middle(d.row), cols = middle(d.col);
      const main = [[d.latOf(rows[0]), d.lngOf(cols[0])], [d.latOf(rows[1] + 1), d.lngOf(cols[1] + 1)]];
      const size = (box) => Math.max(box[1][0] - box[0][0], box[1][1] - box[0][1]);
      return size(main) < size(all) / 2 ? main : all;
    }

    toMunicipality(m) {
      const muni = this.munis[m];
      byId("municipality").value = muni ? String(m) : "";
      if (this.chosen) this.chosen.remove();
      this._showMunicipality();
      if (!muni) { this.map.fitBounds(this.extent()); return; }
      this.chosen = L.polygon(muni.rings, { pane: "outlines", interactive: false, fill: false,
        color: "#000000", weight: 3.5 }).addTo(this.map);
      if (muni.bounds.isValid()) this.map.fitBounds(muni.bounds);
    }

    // The figures of the municipality that is chosen, of the year that is.
    _showMunicipality() {
      const box = byId("municipality-figures"), muni = this.munis[byId("municipality").value || -1];
      box.replaceChildren();
      if (!muni) return;
      const { year } = this.state, { muniFields, years, fewPeople, noRoadField } = this.meta;
      const figures = (year === null ? muni.figures : muni.years[year]) || [];
      const rows = G.figureRows(muniFields, figures);
      if (!rows.length) return;
      if (years.length) box.append(G.el("p", { class: "small" }, `${G.yearWords(year, this.meta)}の人口による値`));
      box.append(G.definitions(rows));
      const people = figures[muniFields.findIndex((field) => field.kind === "people")];
      const counted = people - (figures[noRoadField] || 0); // whom the rates are of
      const rated = muniFields.some((field, k) => field.kind === "share" && figures[k] !== null);
      if (people !== null && rated && counted < fewPeople) {
        box.append(G.el("p", { class: "small" }, `率に数える人が${G.count(fewPeople)}人未満のため、率は参考値です。`));
      }
    }

    toCell(i) {
      const [south, west, north, east] = this.data.box(i);
      const centre = L.latLng((south + north) / 2, (west + east) / 2);
      this.map.setView(centre, Math.max(this.map.getZoom(), 13), { animate: false });
      this.identify.open(centre);
    }

    placeAt(p) { return L.latLng(this.places.lat[p] / this.meta.scale, this.places.lon[p] / this.meta.scale); }

    placeWords(p) {
      const at = this.placeAt(p);
      const muni = this.munis.find((m) => m.bounds.contains(at) && G.inRings(m.rings, at.lat, at.lng));
      return muni ? `地名、${muni.name}` : "地名";
    }

    toPlace(p) {
      const at = this.placeAt(p);
      this.map.setView(at, Math.max(this.map.getZoom(), 14), { animate: false });
      this.identify.open(at);
      this.mark(at);
    }

    // A ring around what was looked for, until the next is.
    mark(at) {
      if (this.marked) this.marked.remove();
      this.marked = L.circleMarker(at, { pane: "outlines", interactive: false, radius: 16, fill: false,
        color: "#000000", weight: 3 }).addTo(this.map);
    }

    toFacility(f) {
      this.setService(this.facilities.service[f], true);
      const at = L.latLng(this.facilities.lat[f], this.facilities.lng[f]);
      this.map.setView(at, Math.max(this.map.getZoom(), 14), { animate: false });
      this.identify.open(at);
      this.mark(at);
    }

    // --- permalink: #c=lat,lng,zoom&i=indicator&a=age&y=year&t=cutoff&two=1&l=layers&lang=en&f=services
    savePermalink() {
      if (!this.started) return;
      const c = this.map.getCenter(), names = Object.keys(this.layers);
      const on = this.facilities.services.filter((s) => s.visible).map((s) => s.key);
      const parts = [`c=${c.lat.toFixed(4)},${c.lng.toFixed(4)},${this.map.getZoom()}`,
        `i=${encodeURIComponent(this.data.indicators[this.state.k].key)}`, `a=${this.state.age}`];
      const { cutoff, twoColours, indicator } = this.legend;
      if (this.state.year !== null) parts.push(`y=${this.state.year}`);
      if (cutoff !== null && cutoff !== indicator.cutoff) parts.push(`t=${cutoff}`);
      if (twoColours) parts.push("two=1");
      parts.push(`l=${names.filter((n) => n !== "points" && this.visible(n)).join(",")}`);
      if (G.lang !== "ja") parts.push(`lang=${G.lang}`);
      if (on.length) parts.push(`f=${on.map(encodeURIComponent).join(",")}`);
      try { history.replaceState(null, "", `#${parts.join("&")}`); } catch (error) { void error; }
    }

    readPermalink() {
      const given = new URLSearchParams(location.hash.slice(1));
      const k = this.data.indicators.findIndex((i) => i.key === given.get("i"));
      const year = this.meta.years.find((y) => String(y) === given.get("y"));
      if (year !== undefined) this.state.year = year;
      if (this.ages().includes(given.get("a"))) this.state.age = given.get("a");
      this.data.who = this.who(this.state.age);
      this.legend.setTwoColours(given.get("two") === "1");
      for (const [name, [label, , show]] of Object.entries(this.layers)) {
        const on = given.has("l") && label ? given.get("l").split(",").includes(name) : show;
        this.setVisible(name, on);
      }
      const wanted = (given.get("f") || "").split(",");
      this.facilities.services.forEach((s, n) => { if (wanted.includes(s.key)) this.setService(n, true); });
      const place = (given.get("c") || "").split(",").map(Number);
      const sane = place.length === 3 && place.every(Number.isFinite) && Math.abs(place[0]) < 80;
      if (sane) this.map.setView([place[0], place[1]], place[2], { animate: false });
      else this.map.fitBounds(this.home(), { animate: false });
      return [Math.max(k, 0), Number(given.get("t"))];
    }
  }

  // On paper the map has the sheet's size (page.css), and shows what was on the screen.
  function fitToPaper(page) {
    let seen = null;
    const print = window.matchMedia("print");
    const resize = (bounds, options) => {
      page.map.invalidateSize({ animate: false, pan: false });
      if (bounds) page.map.fitBounds(bounds, { animate: false, ...options });
    };
    print.addEventListener("change", (event) => {
      if (event.matches) {
        seen = [page.map.getBounds(), page.map.getCenter(), page.map.getZoom()];
        resize(seen[0]);
      } else if (seen) {
        resize(null);
        page.map.setView(seen[1], seen[2], { animate: false });
        seen = null;
      }
    });
  }

  // While the reader looks, what has not been asked for yet is inflated, a column at a time.
  function prepare(page) {
    const idle = window.requestIdleCallback || ((next) => setTimeout(next, 50));
    const next = () => { if (page.data.prepare()) idle(next); };
    idle(next);
  }

  G.start = function (map, mesh, text, options) {
    const page = new Page(map, mesh, text, options);
    page.selectors = G.startControls(page);
    G.startSearch(page);
    const [k, cutoff] = page.readPermalink();
    const lang = new URLSearchParams(location.hash.slice(1)).get("lang");
    G.startBasemap(page);
    const attribution = byId("attribution-text").textContent;
    if (attribution) map.attributionControl.addAttribution(G.escape(attribution)); // takes markup
    page.setIndicator(k);
    if (page.legend.cutoff !== null && cutoff > 0 && cutoff <= 100000) page.legend.setCutoff(cutoff);
    page.selectors.showPeople();
    G.startLanguage(page, lang);
    page.started = true;
    fitToPaper(page);
    map.on("moveend", () => page.showLegend());
    G.page = page;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      page.readyMs = performance.now(); // the cells have been painted
      prepare(page);
    }));
  };
})(CoverageGis);
