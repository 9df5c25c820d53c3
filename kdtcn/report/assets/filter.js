// Filters the list of sessions in the page itself; without script the whole list stands.
"use strict";
(function () {
  var form = document.getElementById("filter");
  var rows = Array.prototype.slice.call(document.querySelectorAll("#rows tr"));
  var field = function (name) { return document.getElementById("f-" + name); };
  if (!form || !rows.length) return;
  var apply = function () {
    var words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    var dir = field("dir").value, hit = field("hit").value, abrupt = field("abrupt").checked, shown = 0;
    rows.forEach(function (row) {
      var data = row.dataset;
      var keep = (!dir || data.dir === dir) && (!hit || data.hit === hit) && (!abrupt || data.abrupt === "yes") &&
        words.every(function (word) { return data.text.indexOf(word) >= 0; });
      row.hidden = !keep;
      if (keep) shown += 1;
    });
    field("count").textContent = shown === rows.length ? rows.length + " pages" : shown + " of " + rows.length + " pages";
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  apply();
})();
