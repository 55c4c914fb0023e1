// Light or dark before anything is drawn: the reader's own choice, else the system's.
"use strict";
(() => {
  const key = "hotline-theme";
  const asked = (() => { try { return localStorage.getItem(key); } catch { return null; } })();
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = (theme) => { document.documentElement.dataset.theme = theme; };
  show(asked === "dark" || asked === "light" ? asked : system.matches ? "dark" : "light");
  system.addEventListener("change", (event) => {
    try { if (localStorage.getItem(key)) return; } catch { /* follows the system */ }
    show(event.matches ? "dark" : "light");
    dispatchEvent(new Event("themechange"));
  });
  window.toggleTheme = () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    show(next);
    try { localStorage.setItem(key, next); } catch { /* for this page only */ }
    dispatchEvent(new Event("themechange"));
  };
  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme")?.addEventListener("click", () => window.toggleTheme());
  });
})();
