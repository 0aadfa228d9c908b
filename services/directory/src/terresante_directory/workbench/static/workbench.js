// What pages do besides links and forms: where the focus goes, printing, what a search found is told once.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-no-send]")) event.preventDefault();
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
});

document.addEventListener("htmx:beforeRequest", (event) => {
  event.detail.target.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", (event) => {
  event.detail.target.removeAttribute("aria-busy");
});

document.addEventListener("htmx:sendError", () => {
  document.getElementById("annonce").textContent = "Le réseau ne répond pas. Vérifiez-le, puis réessayez.";
});
