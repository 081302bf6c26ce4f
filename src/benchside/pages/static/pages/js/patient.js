// The wrong-patient guard on the device: tabs tell each other which patient they show. With two different ones open, each says so,
// and a form about a patient asks once more before it is sent. The server checks the form's own token whatever happens here.
"use strict";

(() => {
  const tab = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const channel = new BroadcastChannel("benchside.patient");
  const others = new Map();
  const here = () => document.querySelector("benchside-patient");
  const other = () => [...others.values()].find((open) => open.patient !== here()?.dataset.patient);

  const tell = (kind) => channel.postMessage({ kind, tab, patient: here()?.dataset.patient, name: here()?.dataset.name });

  const show = () => {
    const line = here()?.querySelector("[data-other-patient]");
    if (!line) return;
    const open = other();
    if (open) line.querySelector("[data-other-patient-text]").textContent = Benchside.word("other-patient", { name: open.name });
    line.hidden = !open;
  };

  channel.addEventListener("message", ({ data }) => {
    if (data.kind === "gone" || !data.patient) others.delete(data.tab);
    else others.set(data.tab, { patient: data.patient, name: data.name });
    if (data.kind === "who" && here()) tell("here");
    show();
  });
  const ask = () => { others.clear(); tell("who"); show(); };

  customElements.define("benchside-patient", class extends HTMLElement {
    connectedCallback() { ask(); }

    disconnectedCallback() { tell(here() ? "here" : "gone"); }
  });
  window.addEventListener("pagehide", () => channel.postMessage({ kind: "gone", tab }));
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && here()) ask(); });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!here() || !other() || !form.querySelector('input[name="patient_check"]') || form.dataset.patientConfirmed === other().patient) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const dialog = document.getElementById("patient-template").content.firstElementChild.cloneNode(true);
    dialog.querySelector("[data-this-patient]").textContent = Benchside.word("confirm-patient", { name: here().dataset.name });
    dialog.querySelector("[data-that-patient]").textContent = Benchside.word("confirm-patient-other", { name: other().name });
    dialog.querySelector("[data-yes]").addEventListener("click", () => {
      form.dataset.patientConfirmed = other()?.patient || "";
      dialog.close();
      form.requestSubmit(event.submitter);
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }, true);
})();
