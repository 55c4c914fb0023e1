// The desk in the browser: fresh while open, driven by keys. Everything works without it, only by hand.
"use strict";
(() => {
  const base = document.body.dataset.base || "";
  const say = (words) => { const box = document.getElementById("say"); if (box) box.textContent = words; };
  window.desk = { say, base };

  // Fresh: ask for the pulse, and only if it has changed for the page; swap the parts marked data-live.
  const PULSE = 5000;
  let version = document.body.dataset.version;
  let busy = false;
  const refresh = async () => {
    if (!version || busy || document.hidden) return;
    busy = true;
    try {
      const beat = await (await fetch(`${base}/pulse.json`, { cache: "no-store" })).json();
      if (beat.version !== version) {
        const text = await (await fetch(location.href, { cache: "no-store" })).text();
        swap(new DOMParser().parseFromString(text, "text/html"));
        version = beat.version;
      }
      document.body.classList.remove("stale");
    } catch {
      document.body.classList.add("stale"); // the desk does not answer: what is shown may be old
    } finally { busy = false; }
  };
  const swap = (fresh) => {
    const known = new Set([...document.querySelectorAll("#cards [data-item]")].map((item) => item.id));
    const focused = document.activeElement?.closest("[data-item]")?.id;
    for (const part of document.querySelectorAll("[data-live]")) {
      const news = fresh.getElementById(part.id);
      if (news && news.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(news));
    }
    const added = [...document.querySelectorAll("#cards [data-item]")].filter((item) => !known.has(item.id));
    for (const item of added) item.classList.add("fresh");
    if (added.length) say(`${added.length} new contact${added.length > 1 ? "s" : ""}`);
    if (focused) document.getElementById(focused)?.querySelector("[data-open]")?.focus();
  };
  if (version) setInterval(refresh, PULSE);

  // Keys
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const items = () => [...document.querySelectorAll("[data-list] [data-item]")].filter((item) => item.offsetParent);
  const current = () => document.querySelector("[data-item].here");
  const go = (item) => {
    current()?.classList.remove("here");
    if (!item) return;
    item.classList.add("here");
    item.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    (item.querySelector("[data-open]") || item).focus({ preventScroll: true });
  };
  window.desk.go = go;
  window.desk.items = items;
  window.desk.current = current;
  const step = (by) => {
    const all = items();
    const at = all.indexOf(current());
    go(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
  };
  const PLACES = { d: "", c: "contacts", j: "judge", p: "plots", a: "accounts" };
  let leading = false;
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") { document.activeElement?.blur(); return; }
    if (typing(event.target)) return;
    if (leading) {
      leading = false;
      if (event.key in PLACES) { location.href = `${base}/${PLACES[event.key]}`; return; }
    }
    switch (event.key) {
      case "j": step(1); break;
      case "k": step(-1); break;
      case "g": leading = true; setTimeout(() => { leading = false; }, 1200); break;
      case "t": window.toggleTheme(); break;
      case "/": document.getElementById("find")?.focus(); event.preventDefault(); break;
      case "?": document.getElementById("help")?.showModal(); break;
      case "Enter": if (event.target === current()) current()?.querySelector("[data-open]")?.click(); break;
      default: return;
    }
  });
  document.getElementById("keys")?.addEventListener("click", () => document.getElementById("help")?.showModal());
})();
