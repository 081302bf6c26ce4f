// The lock: after a while without touch or key, and by the button. The page stays beneath it, so nothing typed is lost.
// All tabs of the person lock and unlock together. The server decides who may unlock; it answers 204 to a right PIN, 422 to a wrong one.
"use strict";

(() => {
  const channel = new BroadcastChannel("benchside.lock");
  const dialog = () => document.getElementById("lock");
  let last = performance.now();
  let told = last;

  const stir = () => {
    last = performance.now();
    if (last - told > 5000) { told = last; channel.postMessage("active"); }
  };
  ["pointerdown", "keydown", "wheel", "touchstart"].forEach((kind) => document.addEventListener(kind, stir, { capture: true, passive: true }));

  const post = (url, body) => fetch(url, { method: "POST", body, headers: { "X-Benchside-Lock": "1" }, redirect: "manual" });

  const close = () => {
    document.querySelectorAll("form[data-draft]").forEach((form) => Benchside.drafts.save(form));
    if (!dialog().open) dialog().showModal();
    dialog().querySelector("[name=pin]").focus();
  };
  const lock = () => {
    if (!dialog() || dialog().open) return;
    close();
    channel.postMessage("locked");
    const body = new FormData();
    body.append("csrfmiddlewaretoken", dialog().dataset.csrf);
    post(dialog().dataset.lockUrl, body).catch(() => undefined); // offline: this screen is locked all the same
  };
  const open = () => {
    stir();
    dialog().querySelector("form").reset();
    dialog().querySelector("[data-lock-error]").textContent = "";
    dialog().close();
  };

  // Another person came in at this device: a page of the one before them shows nothing any more.
  const person = () => document.body.dataset.person || "";
  const arrive = () => channel.postMessage({ person: person() });
  document.addEventListener("DOMContentLoaded", arrive);

  channel.addEventListener("message", ({ data }) => {
    if (data.person && person() && data.person !== person()) location.replace("/");
    if (!dialog()) return;
    if (data === "active") last = performance.now();
    if (data === "locked") close();
    if (data === "unlocked" && dialog().open) open();
  });

  setInterval(() => {
    const after = Number(dialog()?.dataset.afterS || 0);
    if (after && performance.now() - last > after * 1000) lock();
  }, 1000);

  document.addEventListener("cancel", (event) => { if (event.target.id === "lock") event.preventDefault(); }, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && dialog()?.open) event.preventDefault(); }, true);

  document.addEventListener("submit", async (event) => {
    if (event.target.matches("[data-lock-form]")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      lock();
    } else if (event.target.matches("[data-unlock-form]")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const form = event.target;
      const answer = await post(form.action, new FormData(form)).catch(() => null);
      if (answer?.status === 204) {
        open();
        channel.postMessage("unlocked");
        return;
      }
      form.querySelector("[name=pin]").value = "";
      form.querySelector("[data-lock-error]").textContent = Benchside.word(answer ? "wrong-pin" : "offline");
      form.querySelector("[name=pin]").focus();
    }
  }, true);
})();
