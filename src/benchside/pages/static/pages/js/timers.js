// Timers count on between page loads, from the server's clock at drawing: the device's own clock is never read.
"use strict";

(() => {
  const EVERY_MS = 5000;
  const NEAR_MS = 15 * 60000;

  customElements.define("benchside-timer", class extends HTMLElement {
    connectedCallback() {
      this.left = Date.parse(this.dataset.due) - Date.parse(this.dataset.now);
      this.since = performance.now();
      this.ticking = setInterval(() => this.tick(), EVERY_MS);
    }

    disconnectedCallback() { clearInterval(this.ticking); }

    tick() {
      const left = this.left - (performance.now() - this.since);
      const minutes = Math.floor(Math.abs(left) / 60000);
      const pattern = minutes >= 60 ? this.dataset.hours : this.dataset.minutes;
      const shown = { h: Math.floor(minutes / 60), m: minutes >= 60 ? String(minutes % 60).padStart(2, "0") : minutes };
      const text = pattern.replace(/\{(h|m)\}/g, (_, key) => shown[key]);
      const place = this.querySelector("[data-left]");
      if (place.textContent === text) return;
      place.textContent = text;
      const state = left < 0 ? "overdue" : left <= NEAR_MS ? "near" : "later";
      this.classList.remove("timer-overdue", "timer-near", "timer-later");
      this.classList.add(`timer-${state}`);
      this.querySelector("[data-before]").textContent = Benchside.word(left < 0 ? "overdue" : "due-in");
    }
  });

  // The offer to undo goes when its time is over, but never while somebody is on it.
  customElements.define("benchside-undo", class extends HTMLElement {
    connectedCallback() { this.ending = setTimeout(() => this.end(), Number(this.dataset.seconds) * 1000); }

    disconnectedCallback() { clearTimeout(this.ending); }

    end() {
      if (this.matches(":hover, :focus-within")) { this.ending = setTimeout(() => this.end(), 3000); return; }
      Benchside.say(Benchside.word("undo-over"));
      this.remove();
    }
  });
})();
