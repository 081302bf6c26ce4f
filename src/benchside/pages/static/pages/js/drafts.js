// Drafts: what was typed into a form stays on the device until the server has done it.
// Kept encrypted (AES-GCM, key from the person's own pages) in localStorage. Where the page is not served over a secure address,
// browsers offer no encryption: then it is kept in sessionStorage, which ends with the tab.
// A form with [data-draft] takes part; fields with [data-no-draft], passwords, files and the hidden guards never do.
"use strict";

(() => {
  const PREFIX = "benchside.draft.";
  const WAIT_MS = 150;
  const BYTES_MAX = 100_000;
  const secure = Boolean(window.crypto?.subtle);
  const store = secure ? window.localStorage : window.sessionStorage;
  const GUARDS = new Set(["csrfmiddlewaretoken", "idempotency_key", "patient_check"]);
  const waiting = new WeakMap();
  const ready = new WeakMap();
  const unanswered = new WeakSet();

  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const keyField = (form) => form.querySelector('input[name="idempotency_key"]');

  const place = async (form) => {
    const name = `${form.dataset.draftSecret}|${document.body.dataset.person}|${form.dataset.form}`;
    if (!secure) return PREFIX + document.body.dataset.person + "|" + form.dataset.form;
    return PREFIX + base64(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name)));
  };
  const secret = (form) => crypto.subtle.importKey("raw", bytes(form.dataset.draftSecret), "AES-GCM", false, ["encrypt", "decrypt"]);

  const lock = async (form, held) => {
    if (!secure) return { plain: held };
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await secret(form), new TextEncoder().encode(JSON.stringify(held)));
    return { iv: base64(iv), data: base64(data) };
  };
  const unlock = async (form, row) => {
    if (row.plain) return row.plain;
    const data = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(row.iv) }, await secret(form), bytes(row.data));
    return JSON.parse(new TextDecoder().decode(data));
  };

  const fields = (form) => [...form.elements].filter((field) =>
    field.name && !GUARDS.has(field.name) && !["password", "file", "submit", "button", "hidden"].includes(field.type) && !field.closest("[data-no-draft]"));

  // Everything entered, as it can be put back: [name, value] for fields, chosen values for boxes, and picks with their texts.
  const read = (form) => ({
    fields: fields(form).filter((field) => !["checkbox", "radio"].includes(field.type)).map((field) => [field.name, field.value]),
    boxes: fields(form).filter((field) => field.checked).map((field) => [field.name, field.value]),
    picks: [...form.querySelectorAll("[data-picked] .picked-item")].map((item) => [item.querySelector("input").name, item.querySelector("input").value, item.querySelector("span").textContent]),
  });

  const write = (form, held) => {
    const left = [...held.fields];
    fields(form).forEach((field) => {
      if (["checkbox", "radio"].includes(field.type)) {
        field.checked = held.boxes.some(([name, value]) => name === field.name && value === field.value);
        return;
      }
      const index = left.findIndex(([name]) => name === field.name);
      if (index >= 0) field.value = left.splice(index, 1)[0][1];
    });
    form.querySelectorAll("benchside-search").forEach((search) => search.put(held.picks.filter(([name]) => name === search.dataset.name)));
  };

  // `sent` stays true once a form went out without an answer: its key must be used again.
  const save = async (form, nowSent = false) => {
    clearTimeout(waiting.get(form));
    if (nowSent) unanswered.add(form);
    const sent = unanswered.has(form);
    const held = read(form);
    const key = await place(form);
    if (!sent && JSON.stringify(held) === ready.get(form)) return store.removeItem(key);
    const row = { at: Date.now(), sent, key: keyField(form).value, ...(await lock(form, held)) };
    const text = JSON.stringify(row);
    if (text.length <= BYTES_MAX) store.setItem(key, text);
    return undefined;
  };

  const tell = (form, row) => {
    const notice = document.getElementById("draft-template").content.firstElementChild.cloneNode(true);
    notice.querySelector("p").textContent = Benchside.word(row.sent ? "draft-sent" : "draft-restored", { time: Benchside.clock(new Date(row.at)) });
    const fresh = keyField(form).value;
    notice.querySelector("button").addEventListener("click", async () => {
      write(form, JSON.parse(ready.get(form)));
      keyField(form).value = fresh;
      unanswered.delete(form);
      store.removeItem(await place(form));
      notice.remove();
    });
    form.querySelector("[data-draft-place]").replaceChildren(notice);
    Benchside.say(notice.querySelector("p").textContent);
    if (!row.sent) return;
    unanswered.add(form);
    keyField(form).value = row.key; // sent once already: the same key again, so that it cannot be done twice
  };

  const restore = async (form) => {
    if (ready.has(form)) return;
    ready.set(form, JSON.stringify(read(form)));
    const key = await place(form);
    const text = store.getItem(key);
    if (!text || "hasErrors" in form.dataset) return; // what the server drew with errors is newer than the draft
    const row = JSON.parse(text);
    const held = await unlock(form, row).catch(() => null);
    if (!held) return store.removeItem(key);
    if (JSON.stringify(held) === ready.get(form)) return undefined;
    write(form, held);
    tell(form, row);
    form.dispatchEvent(new CustomEvent("benchside:restored", { bubbles: true }));
    return undefined;
  };

  // Forget what the server says is done (a cookie with the used-up key), and what is older than a shift.
  const tidy = () => {
    const done = document.cookie.match(/(?:^|; )benchside_done=([\w-]+)/)?.[1];
    const hours = Number(document.querySelector("[data-draft-hours]")?.dataset.draftHours || 12);
    Object.keys(store).filter((key) => key.startsWith(PREFIX)).forEach((key) => {
      const row = JSON.parse(store.getItem(key));
      if (row.key === done || Date.now() - row.at > hours * 3_600_000) store.removeItem(key);
    });
    if (done) document.cookie = "benchside_done=; path=/; max-age=0; samesite=lax";
  };

  const later = (event) => {
    const form = event.target.form || event.target.closest?.("form");
    if (!form?.matches("[data-draft]") || event.target.closest("[data-no-draft]")) return;
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => save(form), WAIT_MS));
  };
  document.addEventListener("input", later);
  document.addEventListener("change", later);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") document.querySelectorAll("form[data-draft]").forEach((form) => { if (ready.has(form)) save(form); });
  });
  document.addEventListener("htmx:beforeSwap", tidy);
  Benchside.drafts = { save, tidy };
  tidy();
  Benchside.each("form[data-draft]", restore);
})();
