// Is the server there? Asked of the browser, and of the server itself, because Wi-Fi may be up with nothing behind it.
"use strict";

(() => {
  const EVERY_MS = 20000;
  const EVERY_OFFLINE_MS = 5000;
  const WAIT_MS = 4000;
  let timer = 0;

  const connection = { online: navigator.onLine };
  Benchside.connection = connection;

  const show = () => {
    document.querySelectorAll("benchside-connection").forEach((place) => { place.dataset.state = connection.online ? "online" : "offline"; });
    document.querySelectorAll("[data-offline-banner]").forEach((banner) => { banner.hidden = connection.online; });
  };

  const become = (online) => {
    const changed = online !== connection.online;
    connection.online = online;
    show();
    if (!changed) return;
    Benchside.say(Benchside.word(online ? "online" : "offline"), !online);
    document.dispatchEvent(new CustomEvent("benchside:connection", { detail: { online } }));
  };

  const ask = async () => {
    clearTimeout(timer);
    const url = document.querySelector("benchside-connection")?.dataset.alive;
    if (!navigator.onLine) become(false);
    else if (url && document.visibilityState === "visible") {
      const answered = await fetch(url, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(WAIT_MS) }).then((answer) => answer.ok, () => false);
      become(answered);
    }
    timer = setTimeout(ask, connection.online ? EVERY_MS : EVERY_OFFLINE_MS);
  };
  connection.ask = ask;

  window.addEventListener("offline", () => become(false));
  window.addEventListener("online", ask);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") ask(); });
  document.addEventListener("htmx:sendError", ask);
  document.addEventListener("htmx:timeout", ask);
  Benchside.each("benchside-connection", show);
  document.addEventListener("DOMContentLoaded", ask);

  // Lists that fetch themselves again say what they show already: an answer of 304 leaves it as it is.
  document.addEventListener("htmx:configRequest", (event) => {
    const shown = event.detail.elt.dataset?.etag;
    if (shown) event.detail.headers["If-None-Match"] = shown;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const place = event.detail.elt;
    if (place.dataset?.etag) place.dataset.etag = event.detail.xhr.getResponseHeader("ETag") || place.dataset.etag;
  });

  // Lists that fetch themselves again wait while nobody looks or nothing is there.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const again = (event.detail.elt.getAttribute("hx-trigger") || "").includes("every ");
    if (again && (document.visibilityState !== "visible" || !connection.online)) event.preventDefault();
  });
})();
