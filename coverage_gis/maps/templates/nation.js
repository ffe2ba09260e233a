// The map of several prefectures. Made by coverage_gis/maps/nation.py.
(function (G) {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const FILLED = 0.85;

  class Nation {
    // Called at the end of the page with its pack.
    start(text) {
      const get = G.unpack(text);
      this.meta = get("meta");
      this.codes = get("codes");
      this.names = get("names");
      this.people = get("people");
      this.counted = get("counted"); // people in the rate
      this.rates = get("rates");
      this.loaded = new Map(); // code -> { layer, order }
      this.rate = 0;
      this.map = L.map("map", { preferCanvas: true, fadeAnimation: false, minZoom: 4, maxZoom: 16 });
      const credits = G.el("span", {}, this.meta.credits); // as text: attribution takes HTML
      this.map.attributionControl.setPrefix("Leaflet").addAttribution(credits.innerHTML);
      this.shapes = get("rings").map((rings, i) => this._shape(rings, i));
      this.group = L.featureGroup(this.shapes).addTo(this.map);
      if (this.shapes.length) this.map.fitBounds(this.group.getBounds(), { animate: false });
      this._choices();
      this.show(0);
    }

    _shape(rings, i) {
      const s = this.meta.scale;
      const parts = rings.map((ring) => {
        let x = ring[0], y = ring[1];
        const out = [[y / s, x / s]];
        for (let k = 2; k < ring.length; k += 2) {
          x += ring[k]; y += ring[k + 1];
          out.push([y / s, x / s]);
        }
        return out;
      });
      const shape = L.polygon(parts, { weight: 0.7, color: "#555", fillOpacity: FILLED });
      return shape.bindPopup(() => this._popup(i));
    }

    _choices() {
      byId("rate").append(...this.meta.rates.map((r, k) =>
        G.el("option", { value: k, title: r.labelEn }, r.label)));
      byId("rate").onchange = (event) => this.show(Number(event.target.value));
      byId("pref").append(...this.meta.prefs.map((p) => G.el("option", { value: p.code }, p.name)));
      byId("pref").onchange = (event) => this.ask(event.target.value);
    }

    colour(i) {
      const value = this.rates[this.rate][i] ?? null;
      if (value === null || this._few(i)) return G.FILL_NO_DATA;
      let c = 0;
      while (c < this.meta.breaks.length && value > this.meta.breaks[c]) c++;
      return this.meta.colours[c];
    }

    // Whether so few people are in a rate that one household moves it.
    _few(i) { return this.counted[i] < this.meta.fewPeople; }

    // Colour the municipalities by rate k.
    show(k) {
      this.rate = k;
      byId("rate").value = String(k);
      const about = this.meta.rates[k];
      if (!about) return;
      this.shapes.forEach((shape, i) => shape.setStyle({ fillColor: this.colour(i) }));
      byId("total").textContent = `全体: ${G.format("share", about.total)}`;
      const percent = this.meta.breaks.map((b) => `${Math.round(100 * b)}%`);
      const words = [`${percent[0]}以下`, ...percent.slice(1).map((p, i) => `${percent[i]}超–${p}`),
        `${percent[percent.length - 1]}超`];
      this._legend("legend", this.meta.colours, words,
        `データなし・率に数える人が${G.count(this.meta.fewPeople)}人未満`);
      this._draw();
    }

    _legend(id, colours, words, without = "データなし") {
      const rows = colours.map((colour, i) => G.el("li", {}, G.swatch(colour), words[i]));
      rows.push(G.el("li", {}, G.swatch(G.CLASS_NO_DATA), without));
      byId(id).replaceChildren(...rows);
    }

    _popup(i) {
      const pref = this.meta.prefs.find((p) => p.code === this.codes[i].slice(0, 2));
      const rows = this.meta.rates.map((r, k) =>
        [r.label, G.format("share", this.rates[k][i]), k === this.rate]);
      const box = G.el("div", {}, G.el("strong", {}, `${pref.name} ${this.names[i]}`),
        G.definitions([["人口", G.format("people", this.people[i])],
          ["率に数える人", G.format("people", this.counted[i]) + (this.counted[i] > 0 && this._few(i) ? "（参考値）" : "")], ...rows]),
        G.el("a", { href: pref.page }, `${pref.name}の地図を開く`));
      const more = G.el("button", { type: "button" }, "メッシュを表示");
      more.onclick = () => this.ask(pref.code);
      box.append(G.el("br", {}), more);
      return box;
    }

    // Show the cells of a prefecture ("" for none), fetched as a script the first time.
    ask(code) {
      this.wanted = code;
      byId("pref").value = code;
      if (this.loaded.has(code)) this._go(code);
      if (!code || this.loaded.has(code)) { this._draw(); return; }
      byId("cells").textContent = "読み込み中…";
      const script = G.el("script", { src: `cells/${code}.js` });
      script.onerror = () => {
        byId("cells").textContent = `cells/${code}.js がありません。フォルダごとコピーしてください。`;
      };
      document.head.append(script);
    }

    // What cells/PP.js calls: which of its indicators each rate has, and its pack.
    cells(code, order, text) {
      this.loaded.set(code, { layer: G.meshLayer(text), order });
      if (this.wanted === code) this._go(code);
      this._draw();
    }

    _go(code) {
      const data = this.loaded.get(code).layer.data;
      let west = Infinity, east = -Infinity;
      for (const col of data.col) { west = Math.min(west, col); east = Math.max(east, col); }
      this.map.fitBounds(L.latLngBounds(
        [data.latOf(data.firstRow), data.lngOf(west)],
        [data.latOf(data.lastRow + 1), data.lngOf(east + 1)]), { animate: false });
    }

    // Municipalities whose cells are shown are outlines: their colour would lie over the cells.
    _hollow(code) {
      this.shapes.forEach((shape, i) => shape.setStyle(
        { fillOpacity: code && this.codes[i].startsWith(code) ? 0 : FILLED }));
    }

    _draw() {
      for (const [code, { layer }] of this.loaded) {
        if (code !== this.wanted) layer.remove();
      }
      const chosen = this.loaded.get(this.wanted);
      const number = chosen ? chosen.order[this.rate] : null;
      if (!chosen || number === null) {
        if (chosen) chosen.layer.remove();
        byId("cells").textContent = chosen ? "この指標のメッシュはありません。" : "";
        byId("cells-legend").replaceChildren();
        this._hollow("");
        return;
      }
      this._hollow(this.wanted);
      const data = chosen.layer.data, about = data.indicators[number];
      chosen.layer.setClasses(data.classify(number), about.colours).addTo(this.map);
      byId("cells").textContent = `${about.label} (${G.count(data.n)}メッシュ)`;
      this._legend("cells-legend", about.colours, about.labels);
      byId("cells-legend").append(
        G.el("li", {}, G.swatch(G.CLASS_UNREACHABLE), "到達不可"));
    }
  }

  G.nation = new Nation();
})(CoverageGis);
