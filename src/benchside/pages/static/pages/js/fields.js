// Fields with more than the browser gives: number pad, PIN pad, search as you type.
"use strict";

(() => {
  const press = (field, key) => {
    if (key === "clear") field.value = "";
    else if (key === "back") field.value = field.value.slice(0, -1);
    else if (key === "." && field.value.includes(".")) return;
    else if (field.value.length < field.maxLength) field.value += key;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  customElements.define("benchside-number-pad", class extends HTMLElement {
    connectedCallback() {
      const [field, shows, pad] = ["input", "[data-shows-pad]", "[data-pad]"].map((what) => this.querySelector(what));
      if (!pad || this.wired) return;
      this.wired = true;
      shows.hidden = false;
      shows.addEventListener("click", () => {
        pad.hidden = !pad.hidden;
        shows.setAttribute("aria-expanded", String(!pad.hidden));
        field.inputMode = pad.hidden ? "decimal" : "none"; // our pad instead of the device's, not both
      });
      pad.addEventListener("click", (event) => {
        const key = event.target.closest("[data-key]")?.dataset.key;
        if (key) press(field, key);
      });
    }
  });

  customElements.define("benchside-pin-pad", class extends HTMLElement {
    connectedCallback() {
      if (this.wired) return;
      this.wired = true;
      const field = this.querySelector("input");
      const pad = this.querySelector("[data-pad]");
      pad.hidden = false;
      field.inputMode = "none";
      pad.addEventListener("click", (event) => {
        const key = event.target.closest("[data-key]")?.dataset.key;
        if (key) press(field, key);
      });
      field.addEventListener("input", () => {
        Benchside.say(Benchside.word("pin-digits", { count: field.value.length }));
        if (field.value.length === Number(this.dataset.length)) field.form?.requestSubmit();
      });
    }
  });

  customElements.define("benchside-search", class extends HTMLElement {
    connectedCallback() {
      if (this.wired) return;
      this.wired = true;
      this.field = this.querySelector("[role=combobox]");
      this.list = this.querySelector("[role=listbox]");
      // Only the list that belongs to what stands in the field may be chosen from: an older answer must not order a wrong test.
      this.fresh = false;
      this.hurried = false;
      this.field.addEventListener("input", () => { this.fresh = false; this.hurried = false; this.mark(null); });
      this.field.addEventListener("htmx:configRequest", (event) => { this.asked = event.detail.parameters[this.field.name] ?? ""; });
      this.addEventListener("htmx:afterSwap", () => this.arrived());
      this.list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the field
      this.addEventListener("click", (event) => this.clicked(event));
      this.field.addEventListener("keydown", (event) => this.keyed(event));
      this.field.addEventListener("blur", () => setTimeout(() => this.shut(), 120));
    }

    get options() { return [...this.list.querySelectorAll("[data-value]")]; }

    get active() { return this.list.querySelector('[aria-selected="true"]'); }

    arrived() {
      if (document.activeElement !== this.field || this.asked !== this.field.value) return;
      this.fresh = true;
      this.opened();
      if (this.hurried && this.options.length === 1) this.pick(this.options[0].dataset.value, this.options[0].dataset.text);
      this.hurried = false;
    }

    opened() {
      this.list.hidden = false;
      this.field.setAttribute("aria-expanded", "true");
      this.list.scrollIntoView({ block: "nearest" });
      this.mark(null);
      const count = this.options.length;
      Benchside.say(count ? Benchside.word("results", { count }) : Benchside.word("none-found"));
    }

    shut() {
      this.list.hidden = true;
      this.field.setAttribute("aria-expanded", "false");
      this.mark(null);
    }

    mark(option) {
      this.options.forEach((each) => each.setAttribute("aria-selected", String(each === option)));
      if (option) {
        this.field.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      } else this.field.removeAttribute("aria-activedescendant");
    }

    keyed(event) {
      const { options } = this;
      const at = options.indexOf(this.active);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (this.list.hidden && !this.fresh) return this.field.dispatchEvent(new Event("benchside:search"));
        if (this.list.hidden) return this.opened();
        if (options.length && this.fresh) this.mark(options[(at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1) + options.length) % options.length]);
      } else if (event.key === "Enter" && (!this.list.hidden || this.field.value)) {
        event.preventDefault(); // never sends the form: a name half typed is no order
        if (!this.fresh) { this.hurried = true; return undefined; }
        const chosen = this.active || (options.length === 1 ? options[0] : null);
        if (chosen) this.pick(chosen.dataset.value, chosen.dataset.text);
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.stopPropagation();
        this.shut();
      }
      return undefined;
    }

    clicked(event) {
      const option = event.target.closest("[data-value]");
      if (option) this.pick(option.dataset.value, option.dataset.text);
      const item = event.target.closest("[data-unpick]")?.closest("li");
      if (item) {
        Benchside.say(Benchside.word("removed", { name: item.querySelector("span").textContent }));
        item.remove();
        this.changed();
        this.field.focus();
      }
    }

    pick(value, text) {
      const picked = this.querySelector("[data-picked]");
      if (!("many" in this.dataset)) picked.replaceChildren();
      if (![...picked.querySelectorAll("input")].some((field) => field.value === value)) this.add(value, text);
      this.field.value = "";
      this.fresh = false;
      this.shut();
      Benchside.say(Benchside.word("added", { name: text }));
      this.changed();
    }

    add(value, text) {
      const item = this.querySelector("[data-picked-template]").content.firstElementChild.cloneNode(true);
      item.querySelector("input").value = value;
      item.querySelector("span").textContent = text;
      item.querySelector("button svg").setAttribute("aria-label", Benchside.word("remove", { name: text }));
      this.querySelector("[data-picked]").append(item);
    }

    // Put picks back from a draft: [[name, value, text], ...].
    put(picks) {
      this.querySelector("[data-picked]").replaceChildren();
      picks.forEach(([, value, text]) => this.add(value, text));
    }

    changed() { this.dispatchEvent(new Event("change", { bubbles: true })); }
  });
})();
