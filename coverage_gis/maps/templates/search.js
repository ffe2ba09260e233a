// Finding municipalities, facilities and cells by name or code.
(function (G) {
  "use strict";

  const MOST = 12;
  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");

  G.search = function (page, text) {
    const wanted = plain(text), found = [];
    if (!wanted) return found;
    if (/^\d{8,11}$/.test(wanted) && wanted.length === page.data.meta.digits) {
      const i = page.data.codeBox(wanted);
      if (i >= 0) found.push({ label: `メッシュ ${wanted}`, go: () => page.toCell(i) });
    }
    page.munis.forEach((muni, m) => {
      if (plain(muni.name).includes(wanted) || muni.code === wanted) {
        found.push({ label: muni.name, go: () => page.toMunicipality(m) });
      }
    });
    const facilities = page.facilities;
    for (let f = 0; f < facilities.n && found.length < MOST; f++) {
      if (!plain(facilities.name(f)).includes(wanted)) continue;
      const service = facilities.services[facilities.service[f]];
      found.push({ label: `${facilities.name(f)}（${service.label}）`,
        go: () => page.toFacility(f) });
    }
    return found.slice(0, MOST);
  };

  G.startSearch = function (page) {
    const box = document.getElementById("search");
    const list = document.getElementById("search-results");
    const show = () => {
      const found = G.search(page, box.value);
      list.replaceChildren(...found.map((hit) => {
        const button = G.el("button", { type: "button" }, hit.label);
        button.addEventListener("click", hit.go);
        return G.el("li", {}, button);
      }));
      if (!found.length && box.value.trim()) {
        list.replaceChildren(G.el("li", {}, "見つかりません"));
      }
    };
    let timer = 0;
    box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 150); });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { show(); list.querySelector("button")?.click(); }
    });
  };
})(CoverageGis);
