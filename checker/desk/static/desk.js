"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);
  const message = find("#message");
  let shownUntil;
  const announce = (text) => {
    clearTimeout(shownUntil);
    message.textContent = "";
    setTimeout(() => { message.textContent = text; }, 60);
    shownUntil = setTimeout(() => { message.textContent = ""; }, 6000);
  };

  // What was just done is told once, and does not stay in the address.
  if (message.textContent.trim()) announce(message.textContent);
  const address = new URL(location.href);
  if (address.searchParams.has("did")) {
    address.searchParams.delete("did");
    history.replaceState(history.state, "", address);
  }

  // A note half written survives a reload and a look at another finding.
  const form = find("#decide");
  const note = find("#note");
  const draft = form && `note ${form.dataset.finding}`;
  const remember = (work) => { try { return work(sessionStorage); } catch { return null; } };
  if (note) {
    note.value = note.value || remember((s) => s.getItem(draft)) || "";
    note.addEventListener("input", () => remember((s) => s.setItem(draft, note.value)));
    form.addEventListener("submit", () => remember((s) => s.removeItem(draft)));
  }
  let sent = false;
  if (form) {
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    addEventListener("pageshow", () => { sent = false; });
  }

  if (matchMedia("(max-width: 760px)").matches) find(".filters")?.removeAttribute("open");

  const follow = (link) => { if (link) { link.click(); return true; } return false; };
  const entries = () => [...document.querySelectorAll(".entry .open")];
  const step = (by) => {
    if (form) return follow(find(by > 0 ? ".steps a[rel=next]" : ".steps a[rel=prev]"));
    const links = entries();
    const now = links.indexOf(document.activeElement);
    const next = now < 0 ? (by > 0 ? 0 : links.length - 1) : now + by;
    if (next >= links.length || next < 0) {
      return follow(find(`.pages a[rel=${by > 0 ? "next" : "prev"}]`));
    }
    links[next]?.focus();
    links[next]?.closest(".entry").scrollIntoView({ block: "nearest" });
    return links.length > 0;
  };
  const choose = (key) => {
    const choice = find(`[data-choice="${key}"]`);
    if (!choice) return false;
    if (choice.matches("fieldset")) (choice.querySelector(".suggested") || choice.querySelector("button")).focus();
    else form.requestSubmit(choice);
    return true;
  };
  const help = find("#help");
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    n: () => { note?.focus(); return Boolean(note); },
    u: () => { const undo = find("#undo"); undo?.requestSubmit(); return Boolean(undo); },
    q: () => follow(find("[data-key=q]")),
    "/": () => {
      const text = find("#text");
      find(".filters")?.setAttribute("open", "");
      text?.focus();
      return Boolean(text);
    },
    "?": () => { help?.showModal(); return Boolean(help); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    const target = event.target;
    if (event.key === "Escape" && target.matches("textarea, input")) { target.blur(); return; }
    if (target.matches("textarea, select, input") || help?.open) return;
    const reason = find(`.explained:focus-within [data-reason="${CSS.escape(event.key)}"]`);
    if (reason) { form.requestSubmit(reason); event.preventDefault(); return; }
    const done = /^[1-4]$/.test(event.key) && form ? choose(event.key) : keys[event.key]?.();
    if (done) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) help.showModal();
    if (event.target.closest("[data-reload]")) location.reload();
  });

  // The address holds only what was asked for.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.id !== "filters") return;
    for (const [name, value] of [...event.detail.formData]) {
      if (!value) event.detail.formData.delete(name);
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "results") announce(find("#shown").textContent);
  });
  document.addEventListener("htmx:sendError", () => announce("The server does not answer."));
})();
