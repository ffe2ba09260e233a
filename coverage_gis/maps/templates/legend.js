// The legend: people per class, in view and in all, and on either side of the cutoff.
(function (G) {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const AGE_WORDS = { "total": "全年齢", "0to14": "0〜14歳", "15to64": "15〜64歳",
    "65plus": "65歳以上", "75plus": "75歳以上" };
  const WITHIN_BEYOND = ["#74add1", "#b2182b"];
  G.ageWords = (age) => AGE_WORDS[age] || age;

  // People by class number of the cells in `runs` (MeshData.runs); `unknown` cells have no figure
  // for this age. With `shares`, classes are 0 within and 1 beyond a cutoff, and the people of a cell
  // are on both sides of it.
  G.tally = function (classes, people, runs, shares) {
    const sums = new Float64Array(256);
    let total = 0, unknown = 0;
    for (let r = 0; r < runs.length; r += 2) {
      for (let i = runs[r], end = runs[r + 1]; i < end; i++) {
        const here = people[i], c = classes[i];
        if (here !== here) { unknown++; continue; }
        total += here;
        if (!shares || c === G.CLASS_NO_DATA || shares[i] !== shares[i]) { sums[c] += here; continue; }
        sums[0] += here * shares[i];
        sums[c || 1] += here * (1 - shares[i]);
      }
    }
    return { sums, total, unknown };
  };

  // People times share, where the share is known: [covered, people with a share].
  G.covered = function (shares, people, runs) {
    let covered = 0, with_road = 0;
    for (let r = 0; r < runs.length; r += 2) {
      for (let i = runs[r]; i < runs[r + 1]; i++) {
        const both = people[i] * shares[i];
        if (both !== both) continue;
        with_road += people[i];
        covered += both;
      }
    }
    return [covered, with_road];
  };

  G.Legend = class {
    constructor(data, onChange) {
      this.data = data;
      this.onChange = onChange;
      this.twoColours = false;
      this.cutoff = null;
      byId("cutoff").addEventListener("input", () => this.setCutoff(Number(byId("cutoff").value)));
      byId("two-colours").addEventListener("change", () => {
        this.twoColours = byId("two-colours").checked;
        onChange();
      });
    }

    setIndicator(k) {
      this.k = k;
      this.indicator = this.data.indicators[k];
      this.cutoff = this.indicator.cutoff;
      const slider = byId("cutoff"), time = this.indicator.kind === "time_s";
      byId("cutoff-box").hidden = this.cutoff === null;
      if (this.cutoff !== null) {
        slider.min = time ? 60 : 50;
        slider.step = time ? 60 : 50;
        slider.max = Math.max(time ? 3600 : 3000, this.cutoff * 2);
      }
      byId("presets").replaceChildren(...this.indicator.within.map((within) => {
        const button = G.el("button", { type: "button", "data-cutoff": within.cutoff,
          title: within.label }, G.format(this.indicator.kind, within.cutoff));
        button.addEventListener("click", () => this.setCutoff(within.cutoff));
        return button;
      }));
      this._showCutoff();
      byId("legend-note").textContent = this.indicator.note;
    }

    setCutoff(value) {
      this.cutoff = value;
      this._showCutoff();
      this.onChange();
    }

    setTwoColours(on) {
      this.twoColours = on;
      byId("two-colours").checked = on;
    }

    // The preset whose cutoff the slider is at, or undefined.
    within() { return this.indicator.within.find((within) => within.cutoff === this.cutoff); }

    // What the map is painted with: classes, their colours and labels.
    paint() {
      const indicator = this.indicator;
      if (this.twoColours && this.cutoff !== null) {
        const limit = G.format(indicator.kind, this.cutoff), within = this.within();
        return { classes: this.data.classify(this.k, [this.cutoff]), colours: WITHIN_BEYOND,
          labels: [`${limit}以下（圏内）`, `${limit}超（圏外）`],
          shares: within && this.data.shares(within) };
      }
      return { classes: this.data.classify(this.k), colours: indicator.colours,
        labels: indicator.labels };
    }

    // people: by cell; whom: in words, "65歳以上（2050年推計）".
    show(painted, people, whom, bounds) {
      const here = this.data.runs(bounds), everywhere = this.data.runs(null);
      const count = (runs) => G.tally(painted.classes, people, runs, painted.shares);
      // Moving the map changes what is in view, not the whole.
      if (!this._whole || this._whole.painted !== painted || this._whole.people !== people) {
        this._whole = { painted, people, sums: count(everywhere) };
      }
      const view = count(here), all = this._whole.sums;
      byId("legend-title").textContent = this.indicator.label;
      byId("legend-scope").textContent = `数字は人数（${whom}）と割合（データなしを除く）`;
      const rows = painted.labels.map((label, c) => [painted.colours[c], c, label]);
      rows.push([G.CLASS_UNREACHABLE, G.CLASS_UNREACHABLE, "到達不可（道でつながる先がない）"]);
      rows.push([G.CLASS_NO_DATA, G.CLASS_NO_DATA, this.indicator.column === null
        ? "データなし" : "データなし（近くに道路データがない）"]);
      byId("legend-rows").replaceChildren(...rows
        .filter(([, c]) => c < painted.labels.length || all.sums[c] > 0)
        .map(([fill, c, label]) => this._row(G.swatch(fill), label, view, all, c)));
      byId("legend-total").replaceChildren(this._total(view, all));
      const { counted } = this.indicator;
      byId("legend-counted").textContent = painted.shares
        ? "区分ごとの人数は、セル内の地点ごとに数えたものです。"
        : counted && `区分ごとの人数は、${counted}でセル全員を数えた目安です。`;
      this._showResult(people, here, everywhere, painted);
    }

    // Two figures for one limit stand on the page: why they differ is said beside them.
    _otherCount(painted, classes, people, everywhere, beyond) {
      const { sums } = G.tally(classes, people, everywhere);
      const other = sums[1] + sums[G.CLASS_UNREACHABLE];
      if (painted.shares || Math.round(other) === Math.round(beyond)) return null;
      return ` 上の表のように${this.indicator.counted}でセル全員を数えると、超える人は${G.people(other)}になります。`;
    }

    _row(swatch, label, view, all, c) {
      // As rates do, shares leave out those of whom nothing is known.
      const share = (t) => (c === G.CLASS_NO_DATA ? "―"
        : G.percent(t.sums[c], t.total - (t.sums[G.CLASS_NO_DATA] || 0)));
      const cell = (t) => G.el("td", {}, G.count(t.sums[c]), G.el("span", { class: "share" }, share(t)));
      return G.el("tr", {}, G.el("th", { scope: "row" }, swatch, label), cell(view), cell(all));
    }

    _total(view, all) {
      const note = all.unknown ? `（人数不明 ${G.count(all.unknown)}セルを除く）` : "";
      return G.el("tr", {}, G.el("th", { scope: "row" }, `合計（人）${note}`),
        G.el("td", {}, G.count(view.total)), G.el("td", {}, G.count(all.total)));
    }

    _showCutoff() {
      if (this.cutoff === null) return;
      const words = G.format(this.indicator.kind, this.cutoff);
      byId("cutoff").value = this.cutoff;
      byId("cutoff-value").textContent = words;
      byId("cutoff").setAttribute("aria-valuetext", words);
      for (const button of byId("presets").children) {
        button.setAttribute("aria-pressed", String(Number(button.dataset.cutoff) === this.cutoff));
      }
    }

    _showResult(people, here, everywhere, painted) {
      const data = this.data;
      byId("share-result").textContent = "";
      if (this.indicator.kind === "share") {
        const line = (where, runs) => {
          const [covered, base] = G.covered(data.shares(this.indicator), people, runs);
          return `${where} ${G.people(covered)}（${G.percent(covered, base)}）`;
        };
        byId("share-result").replaceChildren("圏内に住む人（カバー人口）",
          G.el("br"), line("表示範囲", here), G.el("br"), line("全域", everywhere));
      }
      if (this.cutoff === null) return;
      const within = this.within(), shares = within && data.shares(within);
      const classes = data.classify(this.k, [this.cutoff]);
      const sides = [here, everywhere].map((runs) => {
        const { sums } = G.tally(classes, people, runs, shares);
        const beyond = sums[1] + sums[G.CLASS_UNREACHABLE];
        return { sums: [sums[0], beyond], total: sums[0] + beyond };
      });
      const limit = G.format(this.indicator.kind, this.cutoff);
      byId("cutoff-rows").replaceChildren(
        this._row(null, `${limit}以下に住む人`, sides[0], sides[1], 0),
        this._row(null, `${limit}を超える人`, sides[0], sides[1], 1));
      byId("cutoff-note").replaceChildren(...(within
        ? [G.el("strong", {}, within.label), " ", "セル内の地点ごとに数えた人数で、カバー率の表と同じです。",
          this._otherCount(painted, classes, people, everywhere, sides[1].sums[1])]
        : ["基準にない値では、セルの中心からの値でセル全員を数えた目安です。"]));
    }
  };
})(CoverageGis);
