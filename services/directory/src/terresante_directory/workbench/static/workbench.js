// What pages do besides links and forms: where the focus goes, printing, a form is sent once, waiting shows, and nobody
// leaves what they typed without being asked.
"use strict";

const PATIENCE = 300;
const LONGEST = 30000;
let waiting = 0;
let unsent = false;

function wait() {
  stopWaiting();
  waiting = setTimeout(() => {
    announce("Chargement en cours…");
    document.documentElement.dataset.waiting = "yes";
    waiting = setTimeout(stopWaiting, LONGEST);
  }, PATIENCE);
}

function stopWaiting() {
  clearTimeout(waiting);
  if (!("waiting" in document.documentElement.dataset)) return;
  delete document.documentElement.dataset.waiting;
  announce("");
}

function announce(words) {
  const place = document.getElementById("annonce");
  if (place) place.textContent = words;
}

document.addEventListener("DOMContentLoaded", () => {
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const leaves = link.origin === location.origin && !link.hasAttribute("download") && !link.target;
  if (leaves && link.pathname + link.search !== location.pathname + location.search) wait();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented) return;
  wait();
  if (form.method !== "post") return;
  unsent = false;
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
});

document.addEventListener("input", (event) => {
  const { form } = event.target;
  if (form && form.method === "post" && !event.target.matches("[data-no-send]")) unsent = true;
});

window.addEventListener("beforeunload", (event) => {
  if (!unsent) return;
  stopWaiting();
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-no-send]")) event.preventDefault();
  if (event.key !== "Escape") return;
  const menu = event.target.closest("nav details[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

window.addEventListener("pageshow", () => {
  stopWaiting();
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
});

document.addEventListener("htmx:beforeRequest", (event) => {
  event.detail.target.setAttribute("aria-busy", "true");
  wait();
});

document.addEventListener("htmx:afterRequest", (event) => {
  event.detail.target.removeAttribute("aria-busy");
  stopWaiting();
});

document.addEventListener("htmx:sendError", () => announce("Le réseau ne répond pas. Vérifiez-le, puis réessayez."));
document.addEventListener("htmx:timeout", () => announce("La réponse tarde trop. Réessayez dans un instant."));
