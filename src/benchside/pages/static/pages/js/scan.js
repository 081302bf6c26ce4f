// Barcode scanners that type: a burst of keys faster than any hand, ended by Enter or Tab.
// The burst is caught wherever the focus is. If it was typed into another field, that field gets its old content back.
"use strict";

(() => {
  const KEY_GAP_MS = 45; // mean time between keys of a burst stays below this; fast typists are above 60
  const PAUSE_MS = 120; // a longer pause begins a new burst
  const LENGTH_MIN = 4;
  const LENGTH_MAX = 200;
  const BEEP_S = 0.07;
  let burst = null;

  // Which field takes this text: in an open dialog first, then the first on the page whose expectation matches.
  const taker = (text) => {
    const root = [...document.querySelectorAll("dialog[open]")].at(-1) || document;
    return [...root.querySelectorAll("benchside-scan")].find((scan) => scan.takes(text));
  };

  // Whether scans sound is kept on this device; the switch is in the person's menu.
  const sounds = () => localStorage.getItem("benchside.beep") === "on";
  const beep = () => {
    if (!sounds()) return;
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    tone.frequency.value = 1760;
    tone.connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + BEEP_S);
    tone.onended = () => sound.close();
  };

  Benchside.each("[data-beep]", (button) => {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(sounds()));
    button.addEventListener("click", () => {
      localStorage.setItem("benchside.beep", sounds() ? "off" : "on");
      button.setAttribute("aria-pressed", String(sounds()));
      beep();
    });
  });

  const begin = (now) => {
    const field = document.activeElement?.matches("input, textarea") ? document.activeElement : null;
    return { text: "", first: now, last: now, field, before: field?.value, start: field?.selectionStart };
  };

  document.addEventListener("keydown", (event) => {
    const now = event.timeStamp;
    if (event.key === "Shift" || event.altKey || event.metaKey) return;
    if (event.ctrlKey && event.key !== "]") return;
    if (!burst || now - burst.last > PAUSE_MS) burst = begin(now);
    if (event.key === "Enter" || event.key === "Tab") {
      const { text, first, last, field, before } = burst;
      burst = null;
      if (text.length < LENGTH_MIN || (last - first) / Math.max(text.length - 1, 1) > KEY_GAP_MS) return;
      const scan = taker(text);
      if (!scan) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (field && !scan.contains(field)) {
        field.value = before;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      scan.take(text);
      return;
    }
    const character = event.ctrlKey ? "\u001d" : event.key; // GS1 scanners send the group separator as Ctrl+]
    if (character.length === 1 && burst.text.length < LENGTH_MAX) {
      burst.text += character;
      burst.last = now;
    }
  }, true);

  customElements.define("benchside-scan", class extends HTMLElement {
    takes(text) {
      return this.offsetParent !== null && (!this.dataset.expects || new RegExp(`^(?:${this.dataset.expects})$`).test(text));
    }

    take(text) {
      const field = this.querySelector("input");
      field.value = text;
      this.dataset.state = "read";
      beep();
      Benchside.say(Benchside.word("scanned", { text }));
      field.dispatchEvent(new Event("input", { bubbles: true }));
      const event = new CustomEvent("benchside:scan", { bubbles: true, cancelable: true, detail: { text } });
      if (this.dispatchEvent(event) && "sends" in this.dataset) field.form?.requestSubmit();
    }
  });
})();
