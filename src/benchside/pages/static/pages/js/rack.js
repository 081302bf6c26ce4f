// Tubes scanned back to the patient: each scan marks its tube at once, also while the network is away; the form sends them together.
// Any other scan is left to the form, which asks the server what it is.
"use strict";

(() => {
  customElements.define("benchside-rack", class extends HTMLElement {
    connectedCallback() {
      if (this.wired) return;
      this.wired = true;
      this.ahead = Date.parse(this.dataset.now) - Date.now(); // the server's clock, as far as this device can follow it
      this.addEventListener("benchside:scan", (event) => {
        const tube = this.tubes.find((each) => each.dataset.label === event.detail.text);
        if (!tube) return;
        event.preventDefault();
        event.target.querySelector("input").value = "";
        this.mark(tube, new Date(Date.now() + this.ahead).toISOString());
      });
      document.addEventListener("benchside:restored", (event) => { if (event.target.contains(this)) this.show(); });
    }

    get tubes() { return [...this.querySelectorAll("[data-label]")]; }

    mark(tube, at) {
      const field = tube.querySelector("[data-scanned-at]");
      this.warn(tube);
      field.value = at;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      Benchside.say(this.words("scannedWords", { label: tube.dataset.label }));
      this.show();
    }

    // A tube that belongs before one already scanned: its additive may have been carried over.
    warn(tube) {
      const place = this.querySelector("[data-rack-warning]");
      const carries = JSON.parse(tube.dataset.carries);
      const earlier = this.tubes.find((each) => each !== tube && "scanned" in each.dataset && each.dataset.label in carries);
      place.hidden = !earlier;
      if (!earlier) return;
      place.textContent = this.words("orderWords", { later: tube.dataset.cap, earlier: earlier.dataset.cap, effect: carries[earlier.dataset.label] });
    }

    show() {
      this.tubes.forEach((tube) => {
        const at = tube.querySelector("[data-scanned-at]").value;
        tube.toggleAttribute("data-scanned", Boolean(at));
        tube.querySelector("[data-scanned-line]").hidden = !at;
        tube.querySelector("[data-scanned-time]").textContent = at ? Benchside.clock(new Date(at)) : "";
      });
      const value = this.tubes.filter((tube) => "scanned" in tube.dataset).length;
      this.querySelector("[data-rack-count]").textContent = this.words("countWords", { value, most: this.tubes.length });
    }

    words(name, values) { return this.dataset[name].replace(/\{(\w+)\}/g, (hole, key) => (key in values ? values[key] : hole)); }
  });
})();
