// Sending a form: held while offline, sent once, and clear words when no answer came. Nothing typed is lost in any of these.
"use strict";

(() => {
  const guarded = (form) => form?.method === "post" && !form.closest("dialog#lock");

  const tell = (form, word) => {
    const place = form.querySelector("[data-send-state]");
    if (place) place.textContent = word ? Benchside.word(word) : "";
    if (word && word !== "sending") Benchside.say(Benchside.word(word), true);
  };
  const busy = (form, on) => {
    form.toggleAttribute("data-sending", on);
    form.querySelectorAll('button:not([type="button"])').forEach((button) => button.setAttribute("aria-busy", String(on)));
  };

  // Before htmx and before the browser: this listens on the way down.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!guarded(form)) return;
    if (form.hasAttribute("data-sending")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (Benchside.connection.online) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.matches("[data-draft]")) Benchside.drafts.save(form);
    tell(form, "not-sent");
    Benchside.connection.ask();
  }, true);

  // A form that no script sends (htmx absent): the browser does; a second press does nothing.
  document.addEventListener("submit", (event) => {
    if (guarded(event.target) && !event.defaultPrevented && event.target.method !== "dialog") busy(event.target, true);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach((form) => busy(form, false)));

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("form")) return;
    busy(form, true);
    tell(form, "sending");
    if (form.matches("[data-draft]")) Benchside.drafts.save(form, true);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("form")) return;
    busy(form, false);
    if (event.detail.successful) tell(form, null);
  });
  const failed = (word) => (event) => { if (event.detail.elt.matches("form")) tell(event.detail.elt, typeof word === "function" ? word(event.detail.xhr.status) : word); };
  document.addEventListener("htmx:sendError", failed("no-answer"));
  document.addEventListener("htmx:timeout", failed("no-answer"));
  document.addEventListener("htmx:responseError", failed((status) => ([401, 403].includes(status) ? "signed-out" : "server-fault")));
  document.addEventListener("benchside:connection", (event) => {
    if (event.detail.online) document.querySelectorAll("[data-send-state]").forEach((place) => { place.textContent = ""; });
  });
})();
