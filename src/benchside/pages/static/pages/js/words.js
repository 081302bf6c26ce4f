// What the scripts say, in the page's language: the words stand translated in <template id="script-words">.
// Every script adds to this one name; none needs another to load.
"use strict";

window.Benchside = {
  // The word `name` with {holes} filled.
  word(name, values = {}) {
    const found = document.getElementById("script-words")?.content.querySelector(`[data-word="${name}"]`);
    if (!found) throw new Error(`no words for ${name}`);
    return found.textContent.replace(/\{(\w+)\}/g, (hole, key) => (key in values ? values[key] : hole));
  },

  // A time of day in the page's language, 24-hour clock.
  clock(date) {
    return date.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
  },

  // Run `act` for every element that matches, now and in everything htmx brings later.
  each(selector, act) {
    const visit = (root) => {
      if (root.matches?.(selector)) act(root);
      root.querySelectorAll(selector).forEach(act);
    };
    // Scripts run before DOMContentLoaded, each before the next: waiting for it means that all of them are there.
    if (document.readyState === "complete") visit(document);
    else document.addEventListener("DOMContentLoaded", () => visit(document));
    document.addEventListener("htmx:load", (event) => visit(event.detail.elt));
  },
};

document.documentElement.classList.add("scripted");
