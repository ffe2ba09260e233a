// The page in English, on request. The page is written in Japanese; what has an English counterpart
// is replaced in place, so that no other script needs to know of languages. Names stay as they are.
(function (G) {
  "use strict";

  const EN = {
    "地図へ移動": "Skip to the map", "説明と操作": "Explanation and controls", "要点": "Key points",
    "架空のデータ / synthetic": "Synthetic data", "実在の地域・統計ではありません": "Not a real region, not real statistics",
    "表示する指標": "Indicator", "何への行きやすさ": "Access to", "測り方": "Measured as",
    "数える人": "People counted", "凡例": "Legend", "区分": "Class", "表示範囲": "In view",
    "全域": "Everywhere", "圏域の上限": "Cutoff", "上限の内・外の2色で塗る": "Two colours: within and beyond",
    "重ねる情報": "Layers", "施設を表示": "Show facilities", "場所": "Place", "場所を選ぶ": "Go to a place",
    "市区町村": "Municipality", "（全域）": "(everywhere)",
    "地名・市区町村・施設の名前、メッシュコードで探す": "Search places, municipalities, facilities (in Japanese), mesh codes",
    "地名": "Place",
    "操作のしかた": "How to use", "データと方法": "Data and method", "注意点": "Caveats",
    "方法と基準": "Method", "出典とライセンス": "Sources and licences",
    "地図を押すと、その場所の数値が出ます。キーボードでは、地図を選んで（Tabキー）矢印キーで動かし、＋・－で拡大・縮小、Enterキーで中心（十字）の数値を出します。Escキーで閉じます。アドレス欄のURLには、いま見ている場所と指標が入ります。":
      "Press the map for the figures of a place. By keyboard: Tab to the map, move with the arrow keys, zoom with + and -, Enter shows the figures at the cross in the middle, Esc closes them. The address in the address bar holds the place and indicator you are looking at.",
    "拡大": "Zoom in", "縮小": "Zoom out", "地図": "Map", "地域メッシュの色": "Mesh cells",
    "市区町村の境と名前": "Municipal borders and names",
    "背景地図（地理院タイル、要インターネット）": "Basemap (GSI tiles, needs internet)",
    "地理院タイル": "GSI tiles", "全年齢": "All ages", "65歳以上": "65 and over", "75歳以上": "75 and over",
    "うち65歳以上": "of these 65 and over", "うち75歳以上": "of these 75 and over",
    "到達不可": "Unreachable", "データなし": "No data",
    "到達不可（道でつながる先がない）": "Unreachable (no way leads to one)",
    "データなし（近くに道路データがない）": "No data (no road data nearby)",
    "合計（人）": "Total (people)", "人口": "Population", "セル": "Cell", "種別": "Kind", "定員": "Capacity",
    "1日の運行本数": "Trips per day", "押すと全項目を表示": "Press for all figures",
    "見つかりません": "Nothing found", "交通空白の区域": "Transit vacuum area", "（名称なし）": "(no name)",
    "基準の値": "Values of presets", "人口の年": "People of", "基準人口": "today",
    "人口だけを将来推計に置き換えます。施設・道路・運行は今のままです。変化は「推計の基準」の年と比べてください（国勢調査の人口とは少し異なります）。":
      "Only people are replaced by the projection; facilities, roads and timetables stay as they are. Compare with the projection's own first year: its people are not quite the census's.",
    "区分ごとの人数は、セル内の地点ごとに数えたものです。": "People per class are counted at points inside each cell.",
    "最寄りの施設は、区域でいちばん人の多いセルの中心から測っています。広い区域では場所により違います。":
      "The nearest are measured from the centre of the area's most populous cell; in a large area it differs from place to place.",
    "推計": "projected", "推計の基準": "projection's base", "はい": "Yes",
    "セル内の地点ごとに数えた人数で、カバー率の表と同じです。":
      "Counted at points inside each cell, as in the table of coverage rates.",
    "基準にない値では、セルの中心からの値でセル全員を数えた目安です。":
      "No preset has this value: everybody of a cell counts by the value at its centre, a guide.",
    "圏内に住む人（カバー人口）": "People within (covered)", "0〜14歳": "Ages 0 to 14", "15〜64歳": "Ages 15 to 64",
    "凡例の区分ごとの人数は、セルを一つの区分とみてセル全員を数えたものです（何による区分かは凡例の下にあります）。カバー人口と、基準の値での人数は、セル内の地点ごとに数えます。距離は1 m単位、時間は1秒単位に切り上げています。":
      "People per class: each cell is of one class, with everybody in it (by what, is said under the legend). People covered, and those at a preset's value, are counted at points inside each cell. Distances are rounded up to metres, times to seconds.",
    "この地図の表示にはスクリプト（JavaScript）が必要です。要点とデータの出典は、このまま読めます。":
      "The map needs JavaScript; key points and sources can be read without.",
    "出典": "Sources", "背景地図": "Basemap", "（インターネット接続時のみ）": "(only with internet)",
    "国土地理院 地理院タイル（淡色地図）": "GSI tiles, pale map (Geospatial Information Authority of Japan)",
    "（地図の表示）": "(shows the map)", "© Volodymyr Agafonkin ほか": "© Volodymyr Agafonkin and others",
    "買い物": "Shopping", "医療": "Medical", "避難": "Evacuation", "公共交通": "Public transport",
    "日常生活サービス": "Daily services", "不足数": "Number missing",
    "収容人数の範囲で入れる見込み": "Room within capacity", "不明（最寄りの避難所の収容人数が未公表）": "Unknown (no published capacity at the nearest)",
    "入れない見込み（収容人数を超える）": "No room (beyond capacity)", "歩ける範囲に避難所がない": "No shelter within walking reach",
    "避難（災害の種別ごと）": "Evacuation, by hazard",
    "すべて徒歩圏": "All within walking distance", "介護": "Care", "福祉": "Welfare", "徒歩の道のり": "Walking distance", "直線距離": "Straight line",
    "車の所要時間": "Driving time", "セルの人口": "Population of the cell",
    "店舗数": "Number of stores", "便利": "Convenient", "不便": "Inconvenient", "空白": "Vacuum", "不明": "Unknown",
    "不明（本数）": "Unknown (trips)", "予約制のみ": "On demand only", "予約型のみ": "On demand only",
    "0%（圏外）": "0% (beyond)", "100%（圏内）": "100% (within)", "報告書（印刷用）": "Report (in Japanese, to print)",
  };
  const UNITS = { "m": " m", "分": " min", "人": " people", "%": "%" };

  // Made of figures and of words above. Each gives the parts that are words to `t` again.
  const PATTERNS = [
    [/^([\d,.]+)人$/, (t, n) => `${n} people`],
    [/^([\d,.]+)分$/, (t, n) => `${n} min`],
    [/^([\d,.]+)本\/日$/, (t, n) => `${n}/day`],
    [/^([\d,.]+) ?(m|分|人|%)以下$/, (t, a, u) => `up to ${a}${UNITS[u]}`],
    [/^([\d,.]+)%?超–([\d,.]+) ?(m|分|人|%)$/, (t, a, b, u) => `over ${a} to ${b}${UNITS[u]}`],
    [/^([\d,.]+)%超–([\d,.]+)%未満$/, (t, a, b) => `over ${a}%, below ${b}%`],
    [/^([\d,.]+) ?(m|分|人|%)超$/, (t, a, u) => `over ${a}${UNITS[u]}`],
    [/^([\d,.]+) ?(m|分)以下（圏内）$/, (t, a, u) => `Within ${a}${UNITS[u]}`],
    [/^([\d,.]+) ?(m|分)超（圏外）$/, (t, a, u) => `Beyond ${a}${UNITS[u]}`],
    [/^([\d,.]+) m圏の割合$/, (t, a) => `Share within ${a} m`],
    [/^(\d+)種不足$/, (t, n) => `${n} missing`],
    [/^地名、(.+)$/, (t, name) => `Place, ${name}`],
    [/^(\d+)件$/, (t, n) => `${n} found`],
    [/^メッシュ (\d+)$/, (t, code) => `Mesh ${code}`],
    [/^交通空白の区域（([\d,]+)か所）$/, (t, n) => `Transit vacuum areas (${n})`],
    [/^データの注意点（(\d+)件）$/, (t, n) => `Caveats of the data (${n})`],
    [/^合計（人）（人数不明 ([\d,]+)セルを除く）$/, (t, n) => `Total (people; ${n} cells unknown)`],
    [/^数字は人数（(.+?)）と割合（データなしを除く）$/, (t, age) => `People (${t(age)}) and their share, without "No data"`],
    [/^(\d{4})年$/, (t, year) => year],
    [/^(.+)の人口による値$/, (t, year) => `With the people of ${t(year)}`],
    [/^(\d{4})年 (.+)$/, (t, year, of) => `${year}, ${t(of)}`],
    [/^(.+)、(\d{4}年.*|基準人口)$/, (t, age, year) => `${t(age)}, ${t(year)}`],
    [/^率に数える人が([\d,]+)人未満のため、率は参考値です。$/, (t, n) => `The rates are of fewer than ${n} people: take the rates with care.`],
    [/^区分ごとの人数は、(.+)でセル全員を数えた目安です。$/, (t, by) => `People per class: everybody of a cell by ${t(by)}, a guide.`],
    [/^上の表のように(.+)でセル全員を数えると、超える人は([\d,]+)人になります。$/, (t, by, n) =>
      `Counted as in the table above, everybody of a cell by ${t(by)}, ${n} are beyond.`],
    [/^人口（(.+)）$/, (t, year) => `Population, ${t(year)}`],
    [/^([\d,.]+) ?(m|分)以下に住む人$/, (t, a, u) => `Within ${a}${UNITS[u]}`],
    [/^([\d,.]+) ?(m|分)を超える人$/, (t, a, u) => `Beyond ${a}${UNITS[u]}`],
    [/^ほかの要点（(\d+)件）$/, (t, n) => `More (${n})`],
    [/^ライセンス: (.+)$/, (t, licence) => `Licence: ${t(licence)}`],
    [/^(表示範囲|全域) ([\d,]+)人（(.+)）$/, (t, where, n, rate) => `${t(where)}: ${n} people (${rate})`],
    [/^(.+)（([\d,]+)）$/, (t, label, n) => (t(label) === label ? null : `${t(label)} (${n})`)],
  ];

  const own = new Map();      // words of this page: labels of indicators, services, fields
  const before = new WeakMap(); // text node or element -> what it said in Japanese
  let observer = null;
  G.lang = "ja";

  G.english = function (japanese) {
    if (own.has(japanese)) return own.get(japanese);
    if (Object.prototype.hasOwnProperty.call(EN, japanese)) return EN[japanese];
    for (const [pattern, make] of PATTERNS) {
      const parts = pattern.exec(japanese);
      if (parts) {
        const made = make(G.english, ...parts.slice(1));
        if (made !== null) return made;
      }
    }
    return japanese;
  };

  // A label's English, as the data of the page gives it.
  G.teach = function (japanese, english) {
    if (japanese && english && japanese !== english) own.set(japanese, english);
  };

  function kept(element) { return !element || element.closest("[translate=no], script, style"); }

  function textToEnglish(node) {
    const japanese = node.data.trim();
    if (!japanese || kept(node.parentElement)) return;
    const english = G.english(japanese);
    if (english === japanese) return;
    before.set(node, node.data);
    node.data = node.data.replace(japanese, () => english);
  }

  function attributesToEnglish(element) {
    for (const name of ["aria-label", "title", "label"]) {
      const japanese = element.getAttribute(name);
      const english = japanese === null ? null : G.english(japanese);
      if (english === japanese) continue;
      if (!before.has(element)) before.set(element, {});
      before.get(element)[name] = japanese;
      element.setAttribute(name, english);
    }
  }

  function each(root, onText, onElement) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = root; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) onText(node);
      else if (node.nodeType === Node.ELEMENT_NODE) onElement(node);
    }
  }

  const WATCHED = { childList: true, subtree: true, characterData: true };

  function toEnglish(changes) {
    observer.disconnect();
    for (const change of changes) {
      if (change.type === "characterData") textToEnglish(change.target);
      else change.addedNodes.forEach((node) => each(node, textToEnglish, attributesToEnglish));
    }
    observer.observe(document.body, WATCHED);
  }

  function toJapanese() {
    each(document.body, (node) => {
      if (before.has(node)) { node.data = before.get(node); before.delete(node); }
    }, (element) => {
      const words = before.get(element);
      for (const name in words || {}) element.setAttribute(name, words[name]);
      before.delete(element);
    });
  }

  G.setLanguage = function (lang) {
    if (lang === G.lang) return;
    G.lang = lang;
    document.documentElement.lang = lang;
    if (observer) { observer.disconnect(); observer = null; }
    if (lang === "en") {
      observer = new MutationObserver(toEnglish);
      each(document.body, textToEnglish, attributesToEnglish);
      observer.observe(document.body, WATCHED);
    } else toJapanese();
  };

  G.startLanguage = function (page, lang) {
    const button = document.getElementById("language");
    for (const element of document.querySelectorAll("[data-en]")) {
      G.teach(element.textContent.trim(), element.dataset.en);
    }
    for (const one of page.data.indicators) {
      G.teach(one.label, one.labelEn);
      G.teach(one.subject, one.subjectEn);
      G.teach(one.view, one.viewEn);
      G.teach(one.note, one.noteEn);
      G.teach(one.counted, one.countedEn);
      one.labels.forEach((label, c) => G.teach(label, one.labelsEn[c]));
      one.within.forEach((within) => G.teach(within.label, within.labelEn));
    }
    G.teach(page.meta.yearOf, page.meta.yearOfEn);
    for (const [group, english] of Object.entries(page.meta.groupsEn)) G.teach(group, english);
    for (const one of [...page.meta.services, ...page.meta.muniFields, ...page.meta.vacuumFields]) {
      G.teach(one.label, one.labelEn);
    }
    const show = (wanted) => {
      G.setLanguage(wanted);
      const other = wanted === "en" ? "ja" : "en";
      button.textContent = other === "en" ? "English" : "日本語";
      button.lang = other;
    };
    button.addEventListener("click", () => {
      show(G.lang === "en" ? "ja" : "en");
      page.savePermalink();
    });
    show(lang === "en" ? "en" : "ja");
  };
})(CoverageGis);
