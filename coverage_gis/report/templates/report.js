// Sorting of the municipalities' table; the page reads the same without it.
(function () {
  "use strict";
  var table = document.getElementById("municipalities");
  if (!table || !table.tHead) return;
  document.documentElement.className = "scripted";
  var heads = table.tHead.rows[0].cells, body = table.tBodies[0];

  function value(row, column, text) {
    var given = row.cells[column].getAttribute("data-v");
    if (text) return given;
    return given === "" ? NaN : Number(given);
  }

  function sort(column) {
    var text = heads[column].getAttribute("data-kind") === "text";
    var now = heads[column].getAttribute("aria-sort");
    var up = now ? now === "descending" : text; // figures begin with the highest
    var rows = Array.prototype.slice.call(body.rows).filter(function (row) {
      return row.className !== "whole";
    });
    rows.sort(function (a, b) {
      var x = value(a, column, text), y = value(b, column, text);
      if (x !== x || y !== y) return (x !== x ? 1 : 0) - (y !== y ? 1 : 0); // unknown last
      return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
    });
    rows.forEach(function (row) { body.appendChild(row); });
    for (var i = 0; i < heads.length; i++) heads[i].removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  }

  Array.prototype.forEach.call(heads, function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    button.addEventListener("click", function () { sort(column); });
    head.appendChild(button);
  });
})();
