// Saying things aloud, toasts, dialogs, menus, and where the focus goes after a page came without a full load.
"use strict";

(() => {
  const TOAST_MS = 8000;

  // Say `text` to a screen reader; `atOnce` interrupts.
  Benchside.say = (text, atOnce = false) => {
    const place = document.getElementById(atOnce ? "said-at-once" : "said");
    if (!place) return;
    place.textContent = "";
    setTimeout(() => { place.textContent = text; }, 60); // a changed text is said, an equal one is not: empty first
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    const closer = event.target.closest("[data-closes-dialog]");
    if (closer) closer.closest("dialog")?.close();
    const toast = event.target.closest("[data-closes-toast]")?.closest("[data-toast]");
    if (toast) toast.remove();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // Good news leaves by itself; warnings stay until closed. A hand or the focus on a toast holds it.
  Benchside.each("[data-toast]", (toast) => {
    Benchside.say(toast.querySelector("p").textContent, toast.classList.contains("tone-danger"));
    if (!toast.matches(".tone-good, .tone-info, .tone-neutral")) return;
    const leave = () => {
      if (toast.matches(":hover, :focus-within")) setTimeout(leave, TOAST_MS);
      else toast.remove();
    };
    setTimeout(leave, TOAST_MS);
  });

  // The error summary takes the focus, on a full load and after htmx.
  Benchside.each("[data-error-summary]", (summary) => summary.focus());

  // htmx puts the new page's content into this body. What stands on <html> and <body> must come along: whose page it is, language, theme.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== document.body || !event.detail.shouldSwap) return;
    const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    [[document.documentElement, page.documentElement], [document.body, page.body]].forEach(([old, fresh]) => {
      [...old.attributes].filter(({ name }) => !fresh.hasAttribute(name)).forEach(({ name }) => old.removeAttribute(name));
      [...fresh.attributes].forEach(({ name, value }) => old.setAttribute(name, value));
    });
    document.documentElement.classList.add("scripted");
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== document.body || !event.detail.boosted && !event.detail.requestConfig?.boosted) return;
    if (document.querySelector("[data-error-summary]")) return;
    window.scrollTo(0, 0);
    document.getElementById("content")?.focus({ preventScroll: true });
    Benchside.say(document.title);
  });
})();
