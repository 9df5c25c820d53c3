// Filters the list and the calendar, and searches events and entities; without script the whole list stands.
// The search index is a script of its own (search.js), loaded when it is first needed: it works from a disk as from a server.
"use strict";
(function () {
  var get = function (id) { return document.getElementById(id); };
  var rows = Array.prototype.slice.call(document.querySelectorAll("#rows tr"));
  var cells = Array.prototype.slice.call(document.querySelectorAll(".month a"));
  var form = get("filter"), box = get("f-text"), found = get("found"), said = get("f-said");
  if (!form || !rows.length) return;
  var MOST = 30, waiting = null, index = null;

  var load = function (then) {
    if (index) { then(); return; }
    if (waiting) { waiting.push(then); return; }
    waiting = [then];
    said.textContent = "Loading the index …";
    var script = document.createElement("script");
    script.src = "assets/search.js";
    script.onload = function () {
      index = window.KDTCN_SEARCH;
      index.text = index.events.map(function (event) {
        var names = event[4].map(function (e) { return index.entities[e][0]; });
        return [index.pages[event[0]], event[2], index.types[event[3]]].concat(names).join(" ").toLowerCase();
      });
      var all = waiting; waiting = null;
      all.forEach(function (next) { next(); });
    };
    script.onerror = function () { said.textContent = "The index assets/search.js could not be read."; waiting = null; };
    document.head.appendChild(script);
  };

  var asked = function () { return box.value.toLowerCase().split(/\s+/).filter(Boolean); };
  var matches = function (text, words) { return words.every(function (word) { return text.indexOf(word) >= 0; }); };

  // All texts go in as text nodes: a headline is never read as HTML.
  var item = function (href, text, note, extra) {
    var li = document.createElement("li"), a = document.createElement("a"), bdi = document.createElement("bdi");
    a.href = href; bdi.textContent = text; a.appendChild(bdi); li.appendChild(a);
    [note, extra].forEach(function (more) {
      if (!more) return;
      var span = document.createElement("span"); span.className = "num muted"; span.textContent = more; li.appendChild(span);
    });
    found.appendChild(li);
  };

  var search = function (words) {
    found.textContent = "";
    if (!words.length) { said.textContent = ""; return null; }
    var entities = index.entities.filter(function (e) { return e[1] && matches(e[0].toLowerCase(), words); });
    var hits = [];
    index.text.forEach(function (text, i) { if (matches(text, words)) hits.push(i); });
    entities.slice(0, 8).forEach(function (e) { item("entities/" + e[1] + ".html", e[0], "entity"); });
    hits.slice(0, MOST).forEach(function (i) {
      var event = index.events[i], page = index.pages[event[0]];
      item("sessions/" + page + ".html#event-" + event[1], event[2], page, event[5]);
    });
    said.textContent = entities.length + (entities.length === 1 ? " entity, " : " entities, ") + hits.length +
      (hits.length === 1 ? " event" : " events") + (hits.length > MOST ? ", the newest " + MOST + " shown" : "") +
      (index.left_out ? "; " + index.left_out + " older events are not in the index" : "");
    var pages = {};
    hits.forEach(function (i) { pages[index.pages[index.events[i][0]]] = true; });
    rows.forEach(function (row) { if (matches(row.dataset.name, words)) pages[row.dataset.name] = true; });
    return pages;
  };

  // Pages that have an event with both the type and the entity that are asked for; null: nothing is asked for.
  var having = function (type, file) {
    if (!type && !file) return null;
    var pages = {};
    index.events.forEach(function (event) {
      if (type && index.types[event[3]] !== type) return;
      if (file && !event[4].some(function (e) { return index.entities[e][1] === file; })) return;
      pages[index.pages[event[0]]] = true;
    });
    return pages;
  };

  var apply = function () {
    var words = asked(), type = get("f-type").value, file = get("f-entity").value;
    if ((words.length || type || file) && !index) { load(apply); return; }
    var hit = index ? search(words) : null, some = index ? having(type, file) : null;
    var dir = get("f-dir").value, right = get("f-hit").value, abrupt = get("f-abrupt").checked, shown = 0, kept = {};
    rows.forEach(function (row) {
      var data = row.dataset;
      var keep = (!dir || data.dir === dir) && (!right || data.hit === right) && (!abrupt || data.abrupt === "yes") &&
        (!hit || hit[data.name]) && (!some || some[data.name]);
      row.hidden = !keep;
      if (keep) { shown += 1; kept[data.name] = true; }
    });
    cells.forEach(function (cell) { cell.classList.toggle("off", !kept[cell.dataset.name]); });
    get("f-count").textContent = shown === rows.length ? rows.length + " pages" : shown + " of " + rows.length + " pages";
  };

  form.hidden = false;
  get("search").hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("reset", function () { box.value = ""; setTimeout(apply, 0); });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  box.addEventListener("input", apply);
  box.addEventListener("keydown", function (event) { if (event.key === "Escape") { box.value = ""; apply(); } });
  box.addEventListener("focus", function () { load(apply); });
  apply();
})();
