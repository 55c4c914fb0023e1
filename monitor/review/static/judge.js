// The queue by keys: the answer is sent, the item marked, the next one comes up. Without scripts each form works by itself.
"use strict";
(() => {
  const { go, items, current, say, base } = window.desk;
  const progress = document.getElementById("progress");
  const count = document.getElementById("count");
  const send = async (item, answer) => {
    const form = item.querySelector("[data-judge]");
    const fields = new URLSearchParams(new FormData(form));
    fields.set("answer", answer);
    fields.set("as", "json");
    const verdict = item.querySelector(".verdict");
    try {
      const reply = await fetch(form.action, { method: "POST", body: fields, credentials: "same-origin" });
      if (!reply.ok) throw new Error(reply.status === 400 ? "check the corrected values" : `the desk answered ${reply.status}`);
      const told = await reply.json();
      const undone = told.verdict === "withdrawn";
      item.classList.toggle("done", !undone);
      item.dataset.answer = undone ? "" : answer;
      for (const button of form.querySelectorAll("button[name=answer]")) button.setAttribute("aria-pressed", String(!undone && button.value === answer));
      const words = undone ? "taken back" : { yes: "yes, a contact", no: "no contact", not_news: "not news" }[answer];
      verdict.textContent = undone ? "" : words;
      say(words);
    } catch (error) {
      verdict.textContent = `not saved: ${error.message}`;
      say("not saved");
      return false;
    }
    const done = document.querySelectorAll("[data-item].done").length;
    if (progress) { progress.value = done; count.textContent = `${done} of ${progress.max}`; }
    return true;
  };
  const onward = (item) => {
    const all = items();
    const at = all.indexOf(item);
    const next = all.slice(at + 1).find((other) => !other.classList.contains("done")) || all.find((other) => !other.classList.contains("done"));
    if (next) go(next); else document.getElementById("more")?.focus();
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-judge]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const item = form.closest("[data-item]");
    if (await send(item, event.submitter.value)) onward(item);
  });
  addEventListener("keydown", async (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    const item = current();
    if (!item) return;
    const answer = { y: "yes", n: "no", o: "not_news" }[event.key];
    if (answer) {
      event.preventDefault();
      if (await send(item, answer)) onward(item);
    } else if (event.key === "u") {
      const last = item.classList.contains("done") ? item : items().filter((other) => other.classList.contains("done")).pop();
      if (last && await send(last, "undo")) go(last);
    } else if (event.key === "e") {
      const box = item.querySelector(".correct");
      if (box) { event.preventDefault(); box.open = true; box.querySelector("select")?.focus(); }
    }
  });
  const first = items()[0];
  if (first) go(first);
})();
