// Finding municipalities, places, facilities and cells by name or code.
(function (G) {
  "use strict";

  const MOST = 12;

  // What two spellings of a name have in common: width (ＡＢ, ｶﾞ), case, katakana or hiragana, small ヶ,
  // accents, spaces and hyphens.
  G.fold = (text) => text.normalize("NFKC").toLowerCase()
    .normalize("NFD").replace(/[\u0300-\u036f]/g, "").normalize("NFC")
    .replace(/[\u30a1-\u30f6]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x60))
    .replace(/\u3096/g, "\u3051").replace(/\u3095/g, "\u304b")
    .replace(/[\s\u30fb\-\u2010-\u2015\u2212]+/g, "");

  // 0 the name itself, 1 its beginning, 2 somewhere in it, -1 nowhere
  function rank(folded, wanted) {
    const at = folded.indexOf(wanted);
    return at < 0 ? -1 : at > 0 ? 2 : folded.length === wanted.length ? 0 : 1;
  }

  // Everything that has a name, folded once; in the order in which equal matches are shown.
  function entries(page) {
    const { munis, places, facilities } = page, out = [];
    munis.forEach((muni, m) => out.push([G.fold(muni.name), muni.name, "市区町村",
      () => page.toMunicipality(m), muni.code]));
    places.names.forEach((name, p) => out.push([G.fold(name), name, page.placeWords(p),
      () => page.toPlace(p)]));
    const folded = facilities.names.map(G.fold);
    for (let f = 0; f < facilities.n; f++) {
      if (!facilities.hasName(f)) continue;
      out.push([folded[facilities.nameOf(f)], facilities.name(f),
        facilities.services[facilities.service[f]].label, () => page.toFacility(f)]);
    }
    return out;
  }

  G.search = function (page, text) {
    const wanted = G.fold(text), found = [[], [], []];
    if (!wanted) return [];
    page.searchable = page.searchable || entries(page);
    for (const [folded, name, kind, go, code] of page.searchable) {
      const place = code === wanted ? 0 : rank(folded, wanted);
      if (place >= 0 && found[place].length < MOST) found[place].push({ name, kind, go });
    }
    const cells = [];
    if (/^\d{8,11}$/.test(wanted) && wanted.length === page.data.meta.digits) {
      const i = page.data.codeBox(wanted);
      if (i >= 0) cells.push({ name: `メッシュ ${wanted}`, kind: "", go: () => page.toCell(i) });
    }
    return cells.concat(...found).slice(0, MOST);
  };

  G.startSearch = function (page) {
    const box = document.getElementById("search");
    const list = document.getElementById("search-results");
    const status = document.getElementById("search-status");
    const buttons = () => Array.from(list.querySelectorAll("button"));
    const show = () => {
      const found = G.search(page, box.value);
      list.replaceChildren(...found.map((hit) => {
        const button = G.el("button", { type: "button" }, G.el("span", { translate: "no" }, hit.name),
          hit.kind ? G.el("span", { class: "kind" }, hit.kind) : null);
        button.addEventListener("click", hit.go);
        return G.el("li", {}, button);
      }));
      status.textContent = !box.value.trim() ? "" : found.length ? `${found.length}件` : "見つかりません";
    };
    let timer = 0;
    box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 150); });
    box.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // Enter ends a conversion from kana, it is no search yet
      if (event.key === "Enter") { show(); buttons()[0]?.click(); }
      if (event.key === "ArrowDown") { show(); buttons()[0]?.focus(); event.preventDefault(); }
      if (event.key === "Escape") { box.value = ""; show(); }
    });
    list.addEventListener("keydown", (event) => {
      const all = buttons(), at = all.indexOf(document.activeElement);
      if (event.key === "ArrowDown") all[Math.min(at + 1, all.length - 1)].focus();
      else if (event.key === "ArrowUp") (at > 0 ? all[at - 1] : box).focus();
      else if (event.key === "Escape") box.focus();
      else return;
      event.preventDefault();
    });
  };
})(CoverageGis);
