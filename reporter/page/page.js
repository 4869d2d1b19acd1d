// What a page can do beyond being read: switch between light and dark, read values off figures,
// hide lines, sort tables and save them. Without it the page is complete.
(function () {
  'use strict';
  function each(root, selector, act) { Array.prototype.forEach.call(root.querySelectorAll(selector), act); }

  // Light and dark.
  var root = document.documentElement, button = document.getElementById('theme');
  var dark = window.matchMedia('(prefers-color-scheme: dark)');
  function isDark() { return root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches; }
  function show() { button.textContent = isDark() ? 'Light' : 'Dark'; }
  button.hidden = false;
  button.addEventListener('click', function () { root.dataset.theme = isDark() ? 'light' : 'dark'; show(); });
  dark.addEventListener('change', show);
  show();

  // Numbers as the page writes them: three significant digits.
  var ladders = {
    seconds: [[7200, 3600, ' h'], [600, 60, ' min'], [1, 1, ' s'], [1e-3, 1e-3, ' ms'], [0, 1e-6, ' µs']],
    bytes: [[1024e9, 1099511627776, ' TiB'], [1048576e3, 1073741824, ' GiB'], [1024e3, 1048576, ' MiB'], [1000, 1024, ' KiB'], [0, 1, ' B']],
    cores: [[0, 1, ' cores']], ratio: [[0, 0.01, '%']], per_second: [[0, 1, '/s']], hours: [[0, 1, ' h']], dollars: [[0, 1, ' $']],
    pod_seconds: [[0, 1, ' pod-s']]
  };
  function words(value, unit) {
    var steps = ladders[unit] || [[0, 1, '']], i = 0;
    while (i < steps.length - 1 && Math.abs(value) < steps[i][0]) i++;
    return Number((value / steps[i][1]).toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 9 }) + steps[i][2];
  }
  function clock(s) {
    var h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60, t = (s % 60).toFixed(1);
    return (h ? h + ':' + (m < 10 ? '0' : '') : '') + m + ':' + (t < 10 ? '0' : '') + t;
  }

  // The corners of a line, from the commands M, L, H and V of its path.
  function corners(path) {
    var list = [], command, x, y, values;
    path.getAttribute('d').replace(/([MLHV])([^MLHVCQZ]*)/g, function (_, c, rest) {
      command = c;
      values = rest.trim().split(/\s+/).map(Number);
      for (var i = 0; i < values.length; i++) {
        if (command === 'H') x = values[i];
        else if (command === 'V') y = values[i];
        else { x = values[i]; y = values[++i]; }
        list.push([x, y]);
      }
    });
    return list;
  }
  // The height of a line at x; undefined where it has a gap.
  function heightAt(list, x) {
    for (var i = list.length - 1; i > 0; i--) {
      var a = list[i - 1], b = list[i];
      if (x < a[0] || x > b[0]) continue;
      return b[0] === a[0] ? b[1] : a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0]);
    }
  }

  // Panels that values can be read off.
  var panels = [];
  each(document, 'svg.plot g[data-area]', function (g) {
    var area = g.dataset.area.split(' ').map(Number), across = g.dataset.x.split(' '), up = g.dataset.y.split(' ');
    var p = { g: g, svg: g.ownerSVGElement, area: area, across: across[0], from: +across[1], to: +across[2],
      log: up[0] === 'log', low: +up[1], high: +up[2], unit: g.dataset.unit, label: g.dataset.label, lines: [] };
    each(g, 'g[data-series]', function (line) {
      var l = { name: line.firstElementChild.textContent, group: line, parts: [] };
      each(line, 'path.line', function (path) { l.parts.push(corners(path)); });
      if (l.parts.length) p.lines.push(l);
    });
    p.rule = document.createElementNS(p.svg.namespaceURI, 'path');
    p.rule.setAttribute('class', 'line s-text cursor');
    g.appendChild(p.rule);
    panels.push(p);
  });
  function valueAt(p, y) {
    var share = (p.area[3] - y) / (p.area[3] - p.area[1]);
    return p.log ? p.low * Math.pow(p.high / p.low, share) : p.low + share * (p.high - p.low);
  }
  function nines(share) { return -Math.log10(Math.max(1 - share, 1e-12)); }
  function positionOf(p, share) {
    if (p.across !== 'tail') return p.from + share * (p.to - p.from);
    return 1 - Math.pow(10, -(nines(p.from) + share * (nines(p.to) - nines(p.from))));
  }
  function placeOf(p, position) { return (position - p.from) / (p.to - p.from); }
  function positionWords(p, at) {
    if (p.across === 'time') return clock(at);
    return p.across === 'tail' ? 'p' + (at * 100).toFixed(Math.max(1, Math.floor(nines(at)))) : words(at, '');
  }

  // One cursor for all panels of a figure, and for all figures over time.
  var box = document.createElement('div');
  box.className = 'readout';
  box.hidden = true;
  box.setAttribute('aria-hidden', 'true');
  document.body.appendChild(box);
  function clear() {
    box.hidden = true;
    panels.forEach(function (p) { p.rule.removeAttribute('d'); });
  }
  function read(svg, share, event) {
    var own = panels.filter(function (p) { return p.svg === svg; }), at = positionOf(own[0], share);
    box.textContent = '';
    line('', positionWords(own[0], at), 'b');
    panels.forEach(function (p) {
      var linked = p.svg === svg || (p.across === 'time' && own[0].across === 'time');
      var place = p.svg === svg ? share : placeOf(p, at);
      if (!linked || place < 0 || place > 1) return p.rule.removeAttribute('d');
      var x = p.area[0] + place * (p.area[2] - p.area[0]);
      p.rule.setAttribute('d', 'M' + x + ' ' + p.area[1] + 'V' + p.area[3]);
      if (p.svg !== svg) return;
      if (own.length > 1) line(p.label, '', 'b').className = 'of';
      p.lines.forEach(function (l) {
        if (l.group.classList.contains('off')) return;
        l.parts.forEach(function (part) {
          var y = heightAt(part, x);
          if (y !== undefined) line(l.name, words(p.unit === 'total' && p.high > 5 ? Math.round(valueAt(p, y)) : valueAt(p, y), p.unit), 'span');
        });
      });
    });
    box.hidden = false;
    var right = event.clientX + 18 + box.offsetWidth > window.innerWidth;
    box.style.left = (right ? event.clientX - 18 - box.offsetWidth : event.clientX + 18) + 'px';
    box.style.top = Math.max(4, Math.min(event.clientY + 12, window.innerHeight - box.offsetHeight - 4)) + 'px';
  }
  function line(name, value, kind) {
    var row = document.createElement('div'), v = document.createElement(kind);
    row.textContent = name;
    v.textContent = value;
    row.appendChild(v);
    return box.appendChild(row);
  }
  each(document, 'svg.plot', function (svg) {
    var first = panels.find(function (p) { return p.svg === svg; });
    if (!first) return;
    svg.addEventListener('pointermove', function (event) {
      var place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      var share = (place.x - first.area[0]) / (first.area[2] - first.area[0]);
      if (share < 0 || share > 1) return clear();
      read(svg, share, event);
    });
    svg.addEventListener('pointerleave', clear);
  });

  // A click on a line's name hides the line.
  each(document, 'svg.plot g[data-name]', function (name) {
    name.addEventListener('click', function () {
      each(name.parentNode, 'g[data-series="' + name.dataset.name + '"]', function (l) { l.classList.toggle('off'); });
      name.classList.toggle('off');
    });
  });

  // A click on a column's head sorts a table by it.
  var sizes = { 'ns': 1e-9, 'µs': 1e-6, 'ms': 1e-3, 's': 1, 'min': 60, 'm': 60, 'h': 3600, 'KiB': 1024, 'MiB': 1048576, 'GiB': 1073741824, 'TiB': 1099511627776 };
  function key(cell) {
    var text = cell ? cell.textContent.trim() : '';
    var found = /^[≥≤<>~$\s]*([+−-]?[\d,]*\.?\d+)\s*([A-Za-zµ]*)/.exec(text);
    return found ? Number(found[1].replace(/,/g, '').replace('−', '-')) * (sizes[found[2]] || 1) : text;
  }
  function compare(a, b) {
    if (typeof a === typeof b) return typeof a === 'number' ? a - b : a.localeCompare(b);
    return typeof a === 'number' ? -1 : 1;
  }
  each(document, 'table', function (table) {
    var body = table.tBodies[0], heads = table.tHead && table.tHead.rows.length === 1 ? table.tHead.rows[0].cells : [];
    if (!body || body.rows.length < 3 || body.querySelector('[rowspan],[colspan]')) return;
    each(table.tHead, 'th', function (head) {
      var label = head.textContent.trim(), column = head.cellIndex, b = document.createElement('button');
      if (!label) return;
      b.type = 'button';
      b.className = 'sort';
      while (head.firstChild) b.appendChild(head.firstChild);
      head.appendChild(b);
      b.addEventListener('click', function () {
        var down = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
        Array.prototype.forEach.call(heads, function (h) { h.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', down > 0 ? 'ascending' : 'descending');
        Array.prototype.map.call(body.rows, function (row) { return { row: row, key: key(row.cells[column]) }; })
          .sort(function (x, y) { return down * compare(x.key, y.key); })
          .forEach(function (r) { body.appendChild(r.row); });
      });
    });
  });

  // The table behind a figure can be saved as CSV.
  each(document, 'figure details', function (details) {
    var table = details.querySelector('table'), b = document.createElement('button');
    if (!table) return;
    b.type = 'button';
    b.className = 'save';
    b.textContent = 'Save as CSV';
    details.appendChild(b);
    b.addEventListener('click', function () {
      var rows = Array.prototype.map.call(table.rows, function (row) {
        return Array.prototype.map.call(row.cells, function (cell) {
          return '"' + cell.textContent.trim().replace(/"/g, '""') + '"';
        }).join(',');
      });
      var a = document.createElement('a');
      a.href = URL.createObjectURL(new Blob([rows.join('\r\n') + '\r\n'], { type: 'text/csv' }));
      a.download = table.id + '.csv';
      a.click();
      URL.revokeObjectURL(a.href);
    });
  });
})();
