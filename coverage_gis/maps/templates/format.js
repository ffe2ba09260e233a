// Words and numbers for readers, and elements made from text only (never from markup).
(function (G) {
  "use strict";

  const NUMBER = new Intl.NumberFormat("ja-JP", { maximumFractionDigits: 0 });
  G.count = (value) => NUMBER.format(value);
  G.people = (value) => `${NUMBER.format(value)}人`;
  G.percent = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(1)}%` : "―");

  // A number of a kind (model.KINDS and FIELD_KINDS) as a reader sees it. Minutes round up, as
  // Japanese notices of walking times do, so that "10分" means within ten minutes.
  G.format = function (kind, value, labels) {
    if (value === "unreachable") return "到達不可";
    if (value === null || value === undefined || Number.isNaN(value)) return "データなし";
    switch (kind) {
      case "distance_m": case "m": return `${NUMBER.format(Math.ceil(value - 1e-6))} m`;
      case "time_s": return `${NUMBER.format(Math.ceil(value / 60 - 1e-9))}分`;
      case "min": return `${NUMBER.format(Math.ceil(value - 1e-9))}分`;
      case "share": return `${(100 * value).toFixed(1)}%`;
      case "class": return labels[value];
      case "count": case "people": return G.people(value);
      case "km2": return `${value.toFixed(value < 10 ? 1 : 0)} km²`;
      case "flag": return "はい";
      case "trips": return `${NUMBER.format(value)}本/日`;
      default: return String(value);
    }
  };

  // A year of people: of a projection, whose first year is what its later ones are compared with; or
  // (null) that of today's, which may not be known. `meta` is the page's.
  G.yearWords = (year, meta) => {
    if (year !== null) return `${year}年 ${year === meta.years[0] ? "推計の基準" : "推計"}`;
    return meta.year === null ? "基準人口" : `${meta.year}年${meta.yearOf ? ` ${meta.yearOf}` : ""}`;
  };

  // An element with text or elements inside. Strings become text nodes: names are data.
  G.el = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) {
        element.setAttribute(name, value);
      }
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined) element.append(child);
    }
    return element;
  };

  G.escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  G.definitions = (rows, attributes) => G.el("table", { class: "figures", ...attributes },
    G.el("tbody", {}, rows.map(([label, value, strong]) =>
      G.el("tr", strong ? { class: "now" } : {}, G.el("th", { scope: "row" }, label),
        G.el("td", {}, value)))));

  // A patch of colour, or of the two special fills.
  G.swatch = function (fill) {
    const kind = fill === G.CLASS_UNREACHABLE ? " hatch" : "";
    const patch = G.el("span", { class: `swatch${kind}`, "aria-hidden": "true" });
    if (!kind) patch.style.backgroundColor = fill === G.CLASS_NO_DATA ? G.FILL_NO_DATA : fill;
    return patch;
  };
})(CoverageGis);
