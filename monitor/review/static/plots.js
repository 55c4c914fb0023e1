// Plots drawn from the tables behind them: no data travels twice, and without scripts the tables are there.
"use strict";
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const el = (name, attributes = {}, ...children) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value);
    for (const child of children) node.append(child);
    return node;
  };
  const svg = (width, height, title) => {
    const root = el("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": `${title}; the table below holds the same figures` });
    return root;
  };
  const text = (x, y, words, more = {}) => el("text", { x, y, ...more }, words);
  const cut = (words, most) => ([...words].length > most ? [...words].slice(0, most - 1).join("") + "…" : words);
  const span = (s) => (s < 1 ? `${+s.toFixed(2)} s` : s < 120 ? `${Math.round(s)} s` : s < 7200 ? `${Math.round(s / 60)} min` : s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`);
  const steps = (top) => {
    const raw = top / 4, power = 10 ** Math.floor(Math.log10(raw || 1));
    const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) || 1);
    return Array.from({ length: Math.ceil(top / step) + 1 }, (_, i) => i * step);
  };
  const tipped = (node, words) => {
    node.dataset.tip = words;
    node.append(el("title", {}, words));
    return node;
  };
  const heat = (n, top) => (n ? `h${Math.min(4, Math.max(1, Math.ceil((4 * Math.log1p(n)) / Math.log1p(top))))}` : "h0");
  const rows = (figure, selector) => [...figure.querySelectorAll(selector)];

  const draw = {
    matrix(figure, title, width) {
      const names = rows(figure, "[data-party]").map((n) => ({ party: n.dataset.party, name: n.textContent, flag: n.dataset.flag, href: n.dataset.href }));
      const cells = rows(figure, "tr[data-a]");
      if (!cells.length) return null;
      const used = names.filter((n) => cells.some((c) => c.dataset.a === n.party || c.dataset.b === n.party));
      const left = 158, topSpace = 128, size = Math.min(46, Math.max(22, Math.floor((width - left - 64) / used.length)));
      const root = svg(left + used.length * size + 60, topSpace + used.length * size + 6, title);
      const place = new Map(used.map((n, i) => [n.party, i]));
      const top = Math.max(...cells.map((c) => +c.dataset.n));
      used.forEach((n, i) => {
        const row = text(left - 8, topSpace + i * size + size / 2 + 4, `${cut(n.name, 20)} ${n.flag}`, { "text-anchor": "end" });
        const head = text(0, 0, `${n.flag} ${cut(n.name, 18)}`, { transform: `translate(${left + i * size + size / 2 + 4} ${topSpace - 6}) rotate(-50)` });
        root.append(row, head);
        used.forEach((_, j) => root.append(el("rect", { x: left + j * size + 1, y: topSpace + i * size + 1, width: size - 2, height: size - 2, rx: 3, class: "h0", opacity: i === j ? 0.35 : 1 })));
      });
      for (const cell of cells) {
        const { a, b, n } = cell.dataset;
        if (!place.has(a) || !place.has(b)) continue;
        const href = cell.querySelector("a")?.getAttribute("href");
        const words = `${names.find((x) => x.party === a).name} – ${names.find((x) => x.party === b).name}: ${n}, ${cell.children[4].textContent}; last ${cell.children[3].textContent}`;
        [[a, b], [b, a]].forEach(([r, c], mirror) => {
          const x = left + place.get(c) * size, y = topSpace + place.get(r) * size;
          const rect = tipped(el("rect", { x: x + 1, y: y + 1, width: size - 2, height: size - 2, rx: 3, class: heat(+n, top) }), words);
          const count = text(x + size / 2, y + size / 2 + 4, n, { "text-anchor": "middle", class: "strong count", "pointer-events": "none", "data-heat": heat(+n, top) });
          const group = href ? el("a", { href, "aria-label": words, tabindex: mirror ? -1 : 0 }, rect, count) : el("g", {}, rect, count);
          root.append(group);
        });
      }
      if (width < 520) figure.querySelector(".drawing").classList.add("wide"); // scrolled, rather than too small to read
      return root;
    },

    calendar(figure, title, width) {
      const days = new Map(rows(figure, "tr[data-day]").map((r) => [r.dataset.day, +r.dataset.n]));
      if (!days.size) return null;
      const dates = [...days.keys()].sort();
      const DAY = 86400000;
      const last = new Date(`${dates[dates.length - 1]}T00:00:00Z`);
      let first = new Date(Math.min(new Date(`${dates[0]}T00:00:00Z`), last - 365 * DAY));
      first = new Date(first - ((first.getUTCDay() + 6) % 7) * DAY);
      const weeks = Math.floor((last - first) / DAY / 7) + 1;
      const size = Math.max(13, Math.min(21, Math.floor((width - 44) / weeks)));
      const root = svg(40 + weeks * size, 22 + 7 * size, title);
      const top = Math.max(...days.values());
      ["Mon", "", "Wed", "", "Fri", "", "Sun"].forEach((name, i) => root.append(text(32, 18 + i * size + size / 2 + 3, name, { "text-anchor": "end" })));
      let month = -1;
      for (let at = first; at <= last; at = new Date(+at + DAY)) {
        const week = Math.floor((at - first) / DAY / 7), weekday = (at.getUTCDay() + 6) % 7;
        const key = at.toISOString().slice(0, 10), n = days.get(key) || 0;
        root.append(tipped(el("rect", { x: 38 + week * size, y: 18 + weekday * size, width: size - 2, height: size - 2, rx: 3, class: heat(n, top) }), `${key}: ${n} contact${n === 1 ? "" : "s"}`));
        if (at.getUTCMonth() !== month && weekday === 0 && at.getUTCDate() <= 7) {
          month = at.getUTCMonth();
          root.append(text(38 + week * size, 11, at.toLocaleString("en", { month: "short", timeZone: "UTC" }) + (month === 0 ? ` ${at.getUTCFullYear()}` : "")));
        }
      }
      figure.querySelector(".drawing").classList.add("wide");
      return root;
    },

    months(figure, title, width) {
      const modes = rows(figure, "th[data-mode]").map((h) => h.textContent);
      const all = rows(figure, "tr[data-name]").map((r) => ({ name: r.dataset.name, n: [...r.children].slice(1).map((c) => +c.textContent) }));
      if (!all.length) return null;
      const shown = all.slice(-60);
      const w = Math.max(300, Math.min(width, 620)), h = 220, left = 34, bottom = 24;
      const root = svg(w, h, title), top = Math.max(1, ...shown.map((m) => m.n.reduce((a, b) => a + b, 0)));
      const ticks = steps(top), high = ticks[ticks.length - 1], y = (n) => h - bottom - (n / high) * (h - bottom - 8);
      for (const t of ticks) root.append(el("line", { x1: left, x2: w, y1: y(t), y2: y(t), class: "rule" }), text(left - 6, y(t) + 4, t, { "text-anchor": "end" }));
      const slot = (w - left) / shown.length;
      shown.forEach((m, i) => {
        let sum = 0;
        m.n.forEach((n, s) => {
          if (!n) return;
          root.append(tipped(el("rect", { x: left + i * slot + Math.min(4, slot * 0.12), width: Math.max(1, Math.min(46, slot - Math.min(8, slot * 0.24))), y: y(sum + n), height: y(sum) - y(sum + n), class: `s${s % 7}`, rx: 1.5 }), `${m.name}: ${n} ${modes[s]}`));
          sum += n;
        });
        if (shown.length <= 12 || m.name.endsWith("-01") || (shown.length <= 24 && m.name.endsWith("-07"))) root.append(text(left + i * slot + 2, h - 8, shown.length <= 12 ? m.name.slice(2) : m.name.slice(0, 7)));
      });
      legend(figure, modes.map((name, s) => [name, `s${s % 7}`]));
      return root;
    },

    boxes(figure, title, width) {
      const all = rows(figure, "tr[data-five]").slice(0, 24);
      if (!all.length) return null;
      const w = Math.max(300, Math.min(width, 620)), row = 26, left = Math.min(150, w * 0.4), h = all.length * row + 30;
      const root = svg(w, h, title);
      const five = all.map((r) => r.dataset.five.split(",").map((v) => Math.max(1, +v)));
      const low = Math.log10(Math.min(...five.map((f) => f[0]))), high = Math.log10(Math.max(...five.map((f) => f[4])) * 1.1);
      const x = (v) => left + ((Math.log10(v) - low) / (high - low || 1)) * (w - left - 14);
      for (const tick of [1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400]) {
        if (Math.log10(tick) < low || Math.log10(tick) > high) continue;
        root.append(el("line", { x1: x(tick), x2: x(tick), y1: 0, y2: h - 20, class: "rule" }), text(x(tick), h - 6, span(tick), { "text-anchor": "middle" }));
      }
      all.forEach((r, i) => {
        const [a, q1, m, q3, b] = five[i], y = i * row + row / 2;
        root.append(
          text(left - 8, y + 4, `${cut(r.dataset.name, Math.floor(left / 8))} ${r.dataset.flag}`, { "text-anchor": "end" }),
          el("line", { x1: x(a), x2: x(b), y1: y, y2: y, class: "box-line" }),
          el("rect", { x: x(q1), y: y - 7, width: Math.max(2, x(q3) - x(q1)), height: 14, rx: 3, class: "box-body" }),
          el("line", { x1: x(m), x2: x(m), y1: y - 8, y2: y + 8, class: "median" }),
          tipped(el("rect", { x: left, y: y - row / 2, width: w - left, height: row, fill: "transparent" }), `${r.dataset.name}: median ${span(m)}, half within ${span(q1)} and ${span(q3)}, ${r.dataset.n} readouts`),
        );
      });
      return root;
    },

    histogram(figure, title, width) {
      const all = rows(figure, "tr[data-name]").map((r) => ({ name: r.dataset.name, n: +r.dataset.n }));
      if (!all.some((b) => b.n)) return null;
      const w = Math.max(300, Math.min(width, 620)), row = 22, left = Math.min(150, w * 0.36);
      const root = svg(w, all.length * row + 6, title), top = Math.max(...all.map((b) => b.n));
      all.forEach((b, i) => {
        root.append(text(left - 8, i * row + 15, b.name, { "text-anchor": "end" }));
        root.append(tipped(el("rect", { x: left, y: i * row + 3, height: row - 6, rx: 2, width: Math.max(b.n ? 2 : 0, (b.n / top) * (w - left - 60)), class: "s0" }), `${b.name}: ${b.n}`));
        if (b.n) root.append(text(left + (b.n / top) * (w - left - 60) + 6, i * row + 15, b.n.toLocaleString("en")));
      });
      return root;
    },

    bars(figure, title, width) {
      const all = rows(figure, "tr[data-n]").slice(0, 25);
      if (!all.length) return null;
      const w = Math.max(300, Math.min(width, 1100)), row = 22, left = Math.min(210, w * 0.42), right = w < 520 ? 74 : 130;
      const root = svg(w, all.length * row + 6, title), top = Math.log1p(Math.max(1, ...all.map((r) => +r.dataset.n)));
      all.forEach((r, i) => {
        const n = +r.dataset.n, m = +r.dataset.m, size = (v) => (Math.log1p(v) / top) * (w - left - right);
        root.append(text(left - 8, i * row + 15, `${cut(r.dataset.name, Math.floor(left / 8))} ${r.dataset.flag}`, { "text-anchor": "end" }));
        root.append(tipped(el("rect", { x: left, y: i * row + 3, height: row - 6, rx: 2, width: size(n), class: "s0 pale" }), `${r.dataset.name}: ${n} posts`));
        root.append(tipped(el("rect", { x: left, y: i * row + 6, height: row - 12, rx: 2, width: size(m), class: "s0" }), `${r.dataset.name}: ${m} flags`));
        root.append(text(left + size(n) + 6, i * row + 15, `${m.toLocaleString("en")} of ${n.toLocaleString("en")}`));
      });
      return root;
    },
  };

  const legend = (figure, entries) => {
    figure.querySelector(".legend")?.remove();
    const box = document.createElement("div");
    box.className = "legend";
    for (const [name, cls] of entries) {
      const item = document.createElement("span");
      item.append(el("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, el("rect", { width: 10, height: 10, rx: 2, class: cls })), name);
      box.append(item);
    }
    const drawing = figure.querySelector(".drawing");
    drawing.classList.add("drawing");
    box.classList.add("drawing");
    drawing.before(box);
  };

  // Saving: a copy of the drawing with the colours of now written into it.
  const standalone = (drawing) => {
    const source = drawing.querySelector("svg"), copy = source.cloneNode(true);
    const originals = source.querySelectorAll("*"), copies = copy.querySelectorAll("*");
    originals.forEach((node, i) => {
      const style = getComputedStyle(node);
      for (const name of ["fill", "stroke", "stroke-width", "opacity", "font-size", "font-family"]) copies[i].setAttribute(name, style.getPropertyValue(name));
      for (const name of ["class", "data-tip", "tabindex", "aria-label", "data-heat"]) copies[i].removeAttribute(name);
      if (copies[i].tagName === "a") copies[i].removeAttribute("href");
    });
    copy.setAttribute("xmlns", NS);
    const paper = getComputedStyle(drawing.closest(".plot")).backgroundColor;
    copy.prepend(el("rect", { width: "100%", height: "100%", fill: paper }));
    return { words: new XMLSerializer().serializeToString(copy), width: +source.getAttribute("width"), height: +source.getAttribute("height") };
  };
  const offer = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const named = (figure, ending) => `${figure.dataset.title.toLowerCase().replace(/[^a-z]+/g, "-")}.${ending}`;
  const save = {
    SVG: (figure) => offer(new Blob([standalone(figure.querySelector(".drawing:not(.legend)")).words], { type: "image/svg+xml" }), named(figure, "svg")),
    PNG: (figure) => {
      const { words, width, height } = standalone(figure.querySelector(".drawing:not(.legend)"));
      const picture = new Image(), address = URL.createObjectURL(new Blob([words], { type: "image/svg+xml" }));
      picture.onload = () => {
        const canvas = document.createElement("canvas");
        canvas.width = width * 2; canvas.height = height * 2;
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        URL.revokeObjectURL(address);
        canvas.toBlob((blob) => offer(blob, named(figure, "png")));
      };
      picture.src = address;
    },
    CSV: (figure) => {
      const cell = (words) => { const safe = /^[=+\-@\t\r]/.test(words) ? `'${words}` : words; return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; };
      const lines = [...figure.querySelectorAll("table tr")].map((row) => [...row.children].map((c) => cell(c.textContent.trim().replace(/\s+/g, " "))).join(","));
      offer(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }), named(figure, "csv"));
    },
  };

  const show = (figure) => {
    const drawing = figure.querySelector(".drawing:not(.legend)");
    const made = draw[figure.dataset.plot]?.(figure, figure.dataset.title, drawing.clientWidth || 600);
    drawing.replaceChildren();
    if (!made) {
      const none = document.createElement("p");
      none.className = "empty-plot";
      none.textContent = "Nothing to draw in this period.";
      drawing.append(none);
      return;
    }
    drawing.append(made);
    if (drawing.scrollWidth > drawing.clientWidth) { drawing.tabIndex = 0; drawing.setAttribute("role", "region"); drawing.setAttribute("aria-label", `${figure.dataset.title}, wider than the page`); if (figure.dataset.plot === "calendar") drawing.scrollLeft = drawing.scrollWidth; }
    if (!figure.querySelector(".save")) {
      const bar = document.createElement("div");
      bar.className = "save";
      for (const [name, how] of Object.entries(save)) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = name;
        button.setAttribute("aria-label", `Save ${figure.dataset.title} as ${name}`);
        button.addEventListener("click", () => how(figure));
        bar.append(button);
      }
      figure.append(bar);
    }
  };
  const figures = [...document.querySelectorAll("figure[data-plot]")];
  const all = () => figures.forEach(show);
  all();
  let wait = 0;
  addEventListener("resize", () => { clearTimeout(wait); wait = setTimeout(all, 150); });

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  document.addEventListener("pointermove", (event) => {
    const words = event.target.closest?.("[data-tip]")?.dataset.tip;
    tip.hidden = !words;
    if (!words) return;
    tip.textContent = words;
    tip.style.left = `${Math.min(event.pageX + 14, scrollX + innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${event.pageY + 16}px`;
  });
})();
