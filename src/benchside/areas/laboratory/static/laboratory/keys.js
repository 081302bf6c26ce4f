// Lists by keyboard: j and k move between the rows of [data-keys], x ticks, Enter opens (the row's link has the focus). On a review page
// the same letters lead to the next and the last report. Letters typed into a field stay letters.
"use strict";

(() => {
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const list = document.querySelector("[data-keys]");
    if (list && (event.key === "j" || event.key === "k")) {
      const stops = [...list.querySelectorAll("[data-key-stop]")];
      const row = event.target.closest("[data-keys] > li");
      const at = row ? stops.indexOf(row.querySelector("[data-key-stop]")) : -1;
      const next = stops[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
      if (next) { event.preventDefault(); next.focus(); next.scrollIntoView({ block: "nearest" }); }
    } else if (list && event.key === "x") {
      const box = event.target.closest("[data-keys] > li")?.querySelector("input[type=checkbox]");
      if (box) { event.preventDefault(); box.click(); }
    } else if (!list && (event.key === "j" || event.key === "k")) {
      document.querySelector(event.key === "j" ? "a[data-key-next]" : "a[data-key-before]")?.click();
    }
  });
})();
