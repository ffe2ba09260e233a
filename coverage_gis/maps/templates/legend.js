// The legend: people per class, in view and in all, and on either side of the cutoff.
(function (G) {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const AGE_WORDS = { "total": "全年齢", "65plus": "65歳以上", "75plus": "75歳以上" };
  const WITHIN_BEYOND = ["#74add1", "#b2182b"];
  G.ageWords = (age) => AGE_WORDS[age];

  // People by class number; `unknown` cells have no figure for this age.
  G.tally = function (data, classes, people, bounds) {
    const sums = new Float64Array(256);
    let total = 0, unknown = 0;
    data.each(bounds, (i) => {
      if (Number.isNaN(people[i])) { unknown++; return; }
      sums[classes[i]] += people[i];
      total += people[i];
    });
    return { sums, total, unknown };
  };

  // People times share, where the share is known: [covered, people with a share].
  G.covered = function (data, k, people, bounds) {
    let covered = 0, with_road = 0;
    data.each(bounds, (i) => {
      const value = data.value(k, i);
      if (value === null || Number.isNaN(people[i])) return;
      with_road += people[i];
      if (value !== "unreachable") covered += people[i] * value;
    });
    return [covered, with_road];
  };

  G.Legend = class {
    constructor(data, onChange) {
      this.data = data;
      this.onChange = onChange;
      this.twoColours = false;
      this.cutoff = null;
      byId("cutoff").addEventListener("input", () => {
        this.cutoff = Number(byId("cutoff").value);
        this._showCutoff();
        onChange();
      });
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
        slider.value = this.cutoff;
      }
      this._showCutoff();
      byId("legend-note").textContent = this.indicator.note;
    }

    // What the map is painted with: classes, their colours and labels.
    paint() {
      const indicator = this.indicator;
      if (this.twoColours && this.cutoff !== null) {
        const limit = G.format(indicator.kind, this.cutoff);
        return { classes: this.data.classify(this.k, [this.cutoff]), colours: WITHIN_BEYOND,
          labels: [`${limit}以下（圏内）`, `${limit}超（圏外）`] };
      }
      return { classes: this.data.classify(this.k), colours: indicator.colours,
        labels: indicator.labels };
    }

    show(painted, age, bounds) {
      const people = this.data.people(age);
      const view = G.tally(this.data, painted.classes, people, bounds);
      const all = G.tally(this.data, painted.classes, people, null);
      byId("legend-title").textContent = this.indicator.label;
      byId("legend-scope").textContent = `数字は人数（${AGE_WORDS[age]}）と割合`;
      const rows = painted.labels.map((label, c) => [painted.colours[c], c, label]);
      rows.push([G.CLASS_UNREACHABLE, G.CLASS_UNREACHABLE, "到達不可（道でつながる先がない）"]);
      rows.push([G.CLASS_NO_DATA, G.CLASS_NO_DATA, "データなし（近くに道路データがない）"]);
      byId("legend-rows").replaceChildren(...rows
        .filter(([, c]) => c < painted.labels.length || all.sums[c] > 0)
        .map(([fill, c, label]) => this._row(fill, label, view, all, c)));
      byId("legend-total").replaceChildren(this._total(view, all));
      this._showResult(people, bounds);
    }

    _row(fill, label, view, all, c) {
      const cell = (t) => G.el("td", {}, G.count(t.sums[c]),
        G.el("span", { class: "share" }, G.percent(t.sums[c], t.total)));
      return G.el("tr", {}, G.el("th", { scope: "row" }, G.swatch(fill), label),
        cell(view), cell(all));
    }

    _total(view, all) {
      const note = all.unknown ? `（人数不明 ${G.count(all.unknown)}セルを除く）` : "";
      return G.el("tr", {}, G.el("th", { scope: "row" }, `合計（人）${note}`),
        G.el("td", {}, G.count(view.total)), G.el("td", {}, G.count(all.total)));
    }

    _showCutoff() {
      if (this.cutoff === null) return;
      const words = G.format(this.indicator.kind, this.cutoff);
      byId("cutoff-value").textContent = words;
      byId("cutoff").setAttribute("aria-valuetext", words);
    }

    _showResult(people, bounds) {
      const data = this.data, k = this.k;
      if (this.indicator.kind === "share") {
        const line = (where, b) => {
          const [covered, base] = G.covered(data, k, people, b);
          return `${where} ${G.people(covered)}（${G.percent(covered, base)}）`;
        };
        byId("legend-scope").textContent +=
          `。カバー人口: ${line("表示範囲", bounds)}、${line("全域", null)}`;
      }
      if (this.cutoff === null) return;
      const classes = data.classify(k, [this.cutoff]);
      const line = (where, b) => {
        const { sums } = G.tally(data, classes, people, b);
        const beyond = sums[1] + sums[G.CLASS_UNREACHABLE];
        return `${where} ${G.people(beyond)}（${G.percent(beyond, beyond + sums[0])}）`;
      };
      byId("cutoff-result").replaceChildren("これを超える人（到達不可を含み、データなしを除く）",
        G.el("br"), line("表示範囲", bounds), G.el("br"), line("全域", null));
    }
  };
})(CoverageGis);
