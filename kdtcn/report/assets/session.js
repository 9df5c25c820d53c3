// A session's page comes alive: what is pointed at is told, the waterfall can be put in order, the graph dragged and zoomed.
// Without script the page says all the same. Text is only ever set as text.
"use strict";
(function () {
  var NS = "http://www.w3.org/2000/svg";
  var all = function (selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); };
  var make = function (name, attributes, text) {
    var node = document.createElementNS(NS, name);
    Object.keys(attributes || {}).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // -- pointing at a bar shows its event --------------------------------------------------------------------------
  var card = document.createElement("div");
  card.id = "hover"; card.hidden = true; card.setAttribute("aria-hidden", "true");
  document.body.appendChild(card);
  var line = function (css, text) {
    if (!text) return;
    var p = document.createElement("p"), bdi = document.createElement("bdi");
    p.className = css; bdi.textContent = text.length > 260 ? text.slice(0, 259) + "…" : text; p.appendChild(bdi); card.appendChild(p);
  };
  var words = function (node) { return node ? node.textContent.replace(/\s+/g, " ").trim() : ""; };
  var tell = function (link, x, y) {
    var event = document.querySelector(link.getAttribute("href"));
    if (!event) return;
    card.textContent = "";
    var head = document.createElement("p"), left = document.createElement("span"), right = document.createElement("span");
    head.className = "head"; left.textContent = "Event " + words(event.querySelector(".n"));
    right.textContent = words(event.querySelector(".effect").lastChild); right.className = event.querySelector(".effect").className;
    head.appendChild(left); head.appendChild(right); card.appendChild(head);
    var told = event;
    while (told && !told.querySelector(".headline")) told = told.previousElementSibling; // several events of one headline
    line("", words(told && told.querySelector(".headline bdi")));
    line("what", all(".tuple > bdi, .tuple > .not", event).map(words).join(" "));
    line("who", all(".entities .label", event).map(words).join(", "));
    card.hidden = false;
    var box = card.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    card.style.left = Math.max(8, Math.min(x + 14, wide - box.width - 8)) + scrollX + "px";
    card.style.top = (y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 12) : y + 18) + scrollY + "px";
  };
  all("svg.chart a, svg.waterfall a").forEach(function (link) {
    all("title", link).forEach(function (title) { title.remove(); }); // one card is enough
    link.addEventListener("pointermove", function (e) { tell(link, e.clientX, e.clientY); });
    link.addEventListener("pointerleave", function () { card.hidden = true; });
    link.addEventListener("click", function () { card.hidden = true; });
  });
  addEventListener("keydown", function (e) { if (e.key === "Escape") card.hidden = true; });

  // -- the waterfall in another order -----------------------------------------------------------------------------
  var fall = document.querySelector("svg.waterfall"), order = document.getElementById("waterfall-order");
  if (fall && order) {
    order.closest(".tools").hidden = false;
    var given = all(".step", fall), data = {};
    Object.keys(fall.dataset).forEach(function (key) { data[key] = Number(fall.dataset[key]); });
    order.addEventListener("change", function () {
      var steps = given.slice(), at = data.base;
      if (order.value === "size") steps.sort(function (a, b) { return Math.abs(b.dataset.effect) - Math.abs(a.dataset.effect); });
      steps.forEach(function (step, n) {
        var to = at + Number(step.dataset.effect), rect = step.querySelector("rect");
        rect.setAttribute("x", data.left + data.slot * (n + 1));
        rect.setAttribute("y", data.pad + (data.top - Math.max(at, to)) * data.scale);
        at = to;
      });
    });
  }

  // -- the graph --------------------------------------------------------------------------------------------------
  var svg = document.getElementById("linkage"), tools = document.getElementById("linkage-tools");
  if (!svg || !tools) return;
  tools.hidden = false;
  svg.classList.add("live");
  var whole = svg.getAttribute("viewBox").split(" ").map(Number), view = whole.slice();
  var show = function () { svg.setAttribute("viewBox", view.map(function (v) { return v.toFixed(1); }).join(" ")); };
  var centre = function (rect) {
    return { x: +rect.getAttribute("x") + rect.getAttribute("width") / 2, y: +rect.getAttribute("y") + rect.getAttribute("height") / 2,
      w: +rect.getAttribute("width"), h: +rect.getAttribute("height") };
  };
  var nodes = [], edges = [];
  var own = function (node) {
    var box = centre(node.querySelector("rect"));
    return { g: node, x: box.x, y: box.y, w: box.w, h: box.h, x0: box.x, y0: box.y };
  };
  var read = function () {
    nodes = all(".node", svg).map(own);
    var said = all(".said", svg);
    edges = all(".edge", svg).map(function (path, n) {
      var ends = path.dataset.ends.split(" ").map(Number), box = centre(said[n].querySelector("rect"));
      return { path: path, said: said[n], a: nodes[ends[0]], b: nodes[ends[1]], x: box.x, y: box.y, x0: box.x, y0: box.y };
    });
  };
  var border = function (box, to) {
    var dx = to.x - box.x, dy = to.y - box.y;
    var reach = Math.min(dx ? (box.w / 2 + 2) / Math.abs(dx) : 1e9, dy ? (box.h / 2 + 2) / Math.abs(dy) : 1e9, 1);
    return { x: box.x + dx * reach, y: box.y + dy * reach };
  };
  var redraw = function (edge) {
    var from = border(edge.a, edge), to = border(edge.b, edge);
    edge.path.setAttribute("d", "M" + from.x.toFixed(1) + "," + from.y.toFixed(1) + "Q" + (2 * edge.x - (from.x + to.x) / 2).toFixed(1) + "," +
      (2 * edge.y - (from.y + to.y) / 2).toFixed(1) + " " + to.x.toFixed(1) + "," + to.y.toFixed(1));
    edge.said.setAttribute("transform", "translate(" + (edge.x - edge.x0).toFixed(1) + "," + (edge.y - edge.y0).toFixed(1) + ")");
  };
  var move = function (node, dx, dy) {
    node.x += dx; node.y += dy;
    node.g.setAttribute("transform", "translate(" + (node.x - node.x0).toFixed(1) + "," + (node.y - node.y0).toFixed(1) + ")");
    edges.forEach(function (edge) {
      if (edge.a !== node && edge.b !== node) return;
      var share = edge.a === edge.b ? 1 : 0.5;
      edge.x += dx * share; edge.y += dy * share;
      redraw(edge);
    });
  };
  var scale = function () { return view[2] / svg.getBoundingClientRect().width; };
  var zoom = function (factor, x, y) {
    var wide = Math.max(whole[2] / 6, Math.min(whole[2] * 1.5, view[2] * factor)), by = wide / view[2];
    x = x === undefined ? view[0] + view[2] / 2 : x; y = y === undefined ? view[1] + view[3] / 2 : y;
    view = [x - (x - view[0]) * by, y - (y - view[1]) * by, wide, view[3] * by];
    show();
  };
  var held = null, last = null;
  svg.addEventListener("pointerdown", function (e) {
    if (e.button) return;
    var g = e.target.closest(".node");
    held = g ? nodes.filter(function (node) { return node.g === g; })[0] : "ground";
    last = [e.clientX, e.clientY];
    if (g) { g.classList.add("held"); e.preventDefault(); }
    svg.classList.add("held");
    svg.setPointerCapture(e.pointerId);
  });
  svg.addEventListener("pointermove", function (e) {
    if (!held) return;
    var k = scale(), dx = (e.clientX - last[0]) * k, dy = (e.clientY - last[1]) * k;
    last = [e.clientX, e.clientY];
    if (held === "ground") { view[0] -= dx; view[1] -= dy; show(); } else move(held, dx, dy);
  });
  ["pointerup", "pointercancel"].forEach(function (name) {
    svg.addEventListener(name, function () {
      if (held && held !== "ground") held.g.classList.remove("held");
      held = null;
      svg.classList.remove("held");
    });
  });
  svg.addEventListener("wheel", function (e) {
    if (!e.ctrlKey && !e.metaKey) return; // the page scrolls as ever
    e.preventDefault();
    var box = svg.getBoundingClientRect(), k = scale();
    zoom(e.deltaY > 0 ? 1.12 : 1 / 1.12, view[0] + (e.clientX - box.left) * k, view[1] + (e.clientY - box.top) * k);
  }, { passive: false });
  var near = function (node) { // what a node is tied to stands out
    edges.forEach(function (edge) {
      var off = node && edge.a !== node && edge.b !== node;
      edge.path.classList.toggle("dim", !!off); edge.said.classList.toggle("dim", !!off);
    });
  };
  var watch = function (node) {
    node.g.addEventListener("pointerenter", function () { if (!held) near(node); });
    node.g.addEventListener("pointerleave", function () { if (!held) near(null); });
  };

  // -- all tuples and facts, laid out here when asked for ---------------------------------------------------------
  var drawnAll = false;
  var whole0 = whole.slice();
  var cut = function (text, most) { return text.length > most ? text.slice(0, most - 1) + "…" : text; };
  var box = function (label, kind) {
    var g = make("g", { "class": "node more " + kind }), w = cut(label, 26).length * 7.1 + 18;
    g.appendChild(make("rect", { x: -w / 2, y: -11, width: w, height: 22, rx: kind === "entity" ? 5 : 0 }));
    var text = make("text", { "text-anchor": "middle", x: 0, y: 4 }, cut(label, 26));
    text.appendChild(make("title", {}, label));
    g.appendChild(text);
    return g;
  };
  var drawAll = function () {
    var byName = {};
    nodes.forEach(function (node) { byName[node.g.dataset.name] = node; });
    var linked = {};
    all("#linkage-rest li").forEach(function (item) { all("bdi.node", item).forEach(function (bdi) { linked[words(bdi)] = true; }); });
    Object.keys(linked).forEach(function (name) {
      if (byName[name]) return;
      var g = box(name, linked[name]);
      svg.appendChild(g);
      var w = +g.querySelector("rect").getAttribute("width");
      byName[name] = { g: g, x: 0, y: 0, w: w, h: 22, x0: 0, y0: 0, fresh: true };
      nodes.push(byName[name]);
      watch(byName[name]);
    });
    var before = svg.querySelector(".node");
    all("#linkage-rest li").forEach(function (item) {
      var ends = all("bdi.node", item).map(words), kind = item.dataset.kind;
      var label = words(item.querySelector("bdi." + kind)).replace(/^— | →$/g, "");
      var path = make("path", { "class": "edge " + kind, "marker-end": "url(#tip-" + kind + ")" });
      var said = make("g", { "class": "said" }), w = cut(label, 24).length * 6.2 + 6;
      said.appendChild(make("rect", { "class": "veil", x: -w / 2, y: -8, width: w, height: 16 }));
      said.appendChild(make("text", { "class": "edge-label " + kind, "text-anchor": "middle", x: 0, y: 4 }, cut(label, 24)));
      svg.insertBefore(path, before); svg.insertBefore(said, before);
      edges.push({ path: path, said: said, a: byName[ends[0]], b: byName[ends[1]], x: 0, y: 0, x0: 0, y0: 0, fresh: true });
    });
    layOut();
  };
  var layOut = function () { // springs along the edges, push between all boxes (labels are boxes too), then boxes are parted
    var boxes = nodes.concat(edges), n = boxes.length, k = Math.sqrt(n) * 62, ties = [];
    boxes.forEach(function (one, i) {
      if (one.path) { var r = one.said.querySelector("rect"); one.w = +r.getAttribute("width"); one.h = +r.getAttribute("height"); }
      if (one.fresh || one.path) { one.x = k + Math.cos(i * 2.4) * k * Math.sqrt((i + 1) / n); one.y = k * 0.6 + Math.sin(i * 2.4) * k * 0.6 * Math.sqrt((i + 1) / n); }
      if (one.path) { ties.push([i, nodes.indexOf(one.a)]); ties.push([i, nodes.indexOf(one.b)]); }
    });
    var degree = boxes.map(function () { return 0; });
    ties.forEach(function (tie) { degree[tie[0]] += 1; degree[tie[1]] += 1; });
    for (var round = 0; round < 300; round++) {
      var cool = 1 - round / 300, fx = new Float64Array(n), fy = new Float64Array(n);
      for (var i = 0; i < n; i++) {
        for (var j = 0; j < i; j++) {
          var dx = boxes[i].x - boxes[j].x || 0.1 * (i - j), dy = (boxes[i].y - boxes[j].y) * 2 || 0.1, d2 = dx * dx + dy * dy, d = Math.sqrt(d2);
          var push = Math.min(20, 9000 / d2);
          fx[i] += push * dx / d; fy[i] += push * dy / d; fx[j] -= push * dx / d; fy[j] -= push * dy / d;
        }
        fx[i] += (k - boxes[i].x) * 0.008; fy[i] += (k * 0.6 - boxes[i].y) * 0.014;
      }
      ties.forEach(function (tie) {
        var a = boxes[tie[0]], b = boxes[tie[1]], dx = b.x - a.x, dy = b.y - a.y, d = Math.sqrt(dx * dx + dy * dy) || 1;
        var pull = (d - 60) * 0.16 / Math.sqrt(Math.max(degree[tie[0]], degree[tie[1]]));
        fx[tie[0]] += pull * dx / d; fy[tie[0]] += pull * dy / d; fx[tie[1]] -= pull * dx / d; fy[tie[1]] -= pull * dy / d;
      });
      for (var m = 0; m < n; m++) { boxes[m].x += Math.max(-30, Math.min(30, fx[m])) * cool; boxes[m].y += Math.max(-30, Math.min(30, fy[m])) * cool; }
    }
    for (var pass = 0, hit = true; pass < 200 && hit; pass++) {
      hit = false;
      for (var p = 0; p < n; p++) for (var q = 0; q < p; q++) {
        var A = boxes[p], B = boxes[q], ox = (A.w + B.w) / 2 + 8 - Math.abs(A.x - B.x), oy = (A.h + B.h) / 2 + 8 - Math.abs(A.y - B.y);
        if (ox <= 0 || oy <= 0) continue;
        hit = true;
        if (oy < ox) { var sy = (A.y >= B.y ? 1 : -1) * oy / 2; A.y += sy; B.y -= sy; } else { var sx = (A.x >= B.x ? 1 : -1) * ox / 2; A.x += sx; B.x -= sx; }
      }
    }
    var x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    boxes.forEach(function (one) {
      if (!one.path) one.g.setAttribute("transform", "translate(" + (one.x - one.x0).toFixed(1) + "," + (one.y - one.y0).toFixed(1) + ")");
      x0 = Math.min(x0, one.x - one.w / 2); x1 = Math.max(x1, one.x + one.w / 2); y0 = Math.min(y0, one.y - 20); y1 = Math.max(y1, one.y + 20);
    });
    edges.forEach(redraw);
    whole = [x0 - 14, y0 - 14, x1 - x0 + 28, y1 - y0 + 28];
    view = whole.slice();
    show();
  };
  tools.addEventListener("click", function (e) {
    var button = e.target.closest("button");
    if (!button) return;
    var what = button.dataset.do;
    if (what === "in") zoom(1 / 1.3);
    if (what === "out") zoom(1.3);
    if (what === "home") { view = whole.slice(); show(); }
    if (what === "all") {
      drawnAll = !drawnAll;
      button.setAttribute("aria-pressed", String(drawnAll));
      button.textContent = drawnAll ? "Draw the most telling" : "Draw all";
      if (drawnAll) drawAll();
      else { svg.replaceChildren.apply(svg, all(":scope > *", start.cloneNode(true))); whole = whole0.slice(); view = whole0.slice(); show(); read(); nodes.forEach(watch); }
    }
  });
  var start = svg.cloneNode(true);
  read();
  nodes.forEach(watch);
})();
