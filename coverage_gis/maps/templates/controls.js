// Selectors and toggles of the panel, and the basemap.
(function (G) {
  "use strict";

  const byId = (id) => document.getElementById(id);

  function check(id, label, on, change, icon) {
    const input = G.el("input", { type: "checkbox", id, checked: on });
    input.addEventListener("change", () => change(input.checked));
    return G.el("label", { class: "check" }, input, " ", icon || null, label);
  }

  function radio(name, value, label, on, change) {
    const input = G.el("input", { type: "radio", name, value, checked: on });
    input.addEventListener("change", () => change(value));
    return G.el("label", { class: "radio" }, input, " ", label);
  }

  // Subjects under group headings; the views of a subject are radio buttons.
  function subjectsOf(indicators) {
    const subjects = new Map();
    indicators.forEach((indicator, k) => {
      const id = `${indicator.group}\n${indicator.subject}`;
      if (!subjects.has(id)) {
        subjects.set(id, { group: indicator.group, label: indicator.subject, views: [] });
      }
      subjects.get(id).views.push({ k, label: indicator.view });
    });
    return Array.from(subjects.values());
  }

  function fillSubjects(subjects) {
    const groups = new Map();
    subjects.forEach((subject, s) => {
      if (!groups.has(subject.group)) groups.set(subject.group, G.el("optgroup", { label: subject.group }));
      groups.get(subject.group).append(G.el("option", { value: s }, subject.label));
    });
    byId("subject").replaceChildren(...groups.values());
  }

  function fillPlaces(page) {
    const select = byId("municipality");
    select.append(G.el("option", { value: "" }, "（全域）"));
    page.munis.forEach((muni, m) => select.append(G.el("option", { value: m }, muni.name)));
    select.addEventListener("change", () =>
      page.toMunicipality(select.value === "" ? -1 : Number(select.value)));
  }

  function fillLayers(page) {
    for (const [name, [label, , on]] of Object.entries(page.layers)) {
      if (!label) continue;
      byId("layers").append(check(`layer-${name}`, label, on, (shown) => {
        page.setVisible(name, shown);
        page.savePermalink();
      }));
    }
    const services = page.facilities.services;
    byId("facility-box").hidden = !services.length;
    services.forEach((service, k) => byId("facilities").append(check(`service-${k}`,
      `${service.label}（${G.count(service.count)}）`, false, (shown) => {
        page.setService(k, shown);
        page.savePermalink();
      }, G.markIcon(service))));
  }

  G.startControls = function (page) {
    const indicators = page.data.indicators, subjects = subjectsOf(indicators);
    const subjectOf = (k) => subjects.findIndex((s) => s.views.some((v) => v.k === k));
    fillSubjects(subjects);
    fillPlaces(page);
    fillLayers(page);
    byId("subject").addEventListener("change", () => {
      // Another subject, seen the same way where it can be.
      const views = subjects[Number(byId("subject").value)].views;
      const now = indicators[page.state.k].view;
      page.setIndicator((views.find((v) => v.label === now) || views[0]).k);
    });
    const link = document.querySelector(".warning-link a");
    if (link) {
      link.addEventListener("click", (event) => {
        event.preventDefault(); // the address holds the permalink
        byId("about").open = true;
        byId("warnings").scrollIntoView();
      });
    }
    const years = [null, ...page.meta.years];
    byId("ages").hidden = page.data.meta.people.length < 2;
    byId("years").hidden = years.length < 2;
    return {
      show: (k) => {
        const s = subjectOf(k), views = subjects[s].views;
        const focused = byId("views").contains(document.activeElement);
        byId("subject").value = String(s);
        byId("views").hidden = views.length < 2;
        byId("views").replaceChildren(G.el("legend", {}, "測り方"), ...views.map((v) =>
          radio("view", v.k, v.label, v.k === k, (value) => page.setIndicator(Number(value)))));
        if (focused) byId("views").querySelector("input:checked").focus();
      },
      showPeople: () => {
        const focused = byId("years").contains(document.activeElement);
        byId("years-note").hidden = page.state.year === null;
        byId("ages").replaceChildren(G.el("legend", {}, "数える人"), ...page.ages().map((age) =>
          radio("age", age, G.ageWords(age), age === page.state.age, () => page.setAge(age))));
        byId("years").replaceChildren(G.el("legend", {}, "人口の年"), ...years.map((year) =>
          radio("year", year === null ? "now" : year, G.yearWords(year, page.meta),
            year === page.state.year, () => page.setYear(year))));
        if (focused) byId("years").querySelector("input:checked").focus();
      },
    };
  };

  // GSI's pale map where there is internet; else the grey ground. One picture is tried first,
  // so that an office without internet sees one quiet failure and not hundreds.
  G.startBasemap = function (page) {
    const { map, options } = page;
    const tiles = L.tileLayer(options.tiles, { minZoom: options.minZoom, maxZoom: options.maxZoom,
      attribution: '<a href="https://maps.gsi.go.jp/development/ichiran.html">地理院タイル</a>' });
    const box = check("layer-basemap", "背景地図（地理院タイル、要インターネット）", false, (on) => show(on));
    byId("layers").append(box);
    const input = box.querySelector("input");
    function show(on) {
      input.checked = on;
      page.mesh.setOpacity(on ? 0.7 : 1);
      if (on) map.addLayer(tiles); else map.removeLayer(tiles);
    }
    function offer(on) {
      input.disabled = !on;
      show(on);
    }
    function tryOne() {
      if (!navigator.onLine) { offer(false); return; }
      const probe = new Image();
      probe.onload = () => offer(true);
      probe.onerror = () => offer(false);
      probe.src = L.Util.template(options.tiles, { z: 5, x: 28, y: 12 });
    }
    window.addEventListener("online", tryOne);
    window.addEventListener("offline", () => offer(false));
    offer(false);
    tryOne();
  };
})(CoverageGis);
