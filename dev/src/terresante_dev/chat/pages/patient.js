// One patient: what was added since my last visit, and the ways to write around them.

import { get, post } from "./api.js";
import { announce, complain, doing, el, fill } from "./dom.js";
import { side } from "./opening.js";
import { long, news, profession, short, who } from "./words.js";

export function patient(app, root, id) {
  const name = app.patients.get(id) ?? "Patient";
  const mine = app.me.kind === "patient";
  const apart = mine ? null : side(app, id);
  const since = el("div"); // the part that is read anew: what is being filled in above it stays, and keeps the focus

  async function load() {
    const told = await get(`/v1/patients/${id}/news?names=true`);
    if (!since.isConnected) frame();
    fill(since,
      el("h2", {}, "Depuis ma dernière visite"),
      el("p", { class: "soft" }, `Depuis le ${long(told.since)}.`),
      told.items.length ? el("ul", { class: "news" }, told.items.map(line)) : el("p", {}, "Rien de nouveau."),
      told.more && el("p", { class: "soft" }, "Il y en a davantage dans le dossier."),
      told.items.length > 0 && seen(),
    );
  }

  function frame() {
    document.title = `${name} – Portail d’exemple`;
    fill(root,
      el("h1", {}, name),
      el("p", { class: "acts" }, !mine && opening("Écrire entre professionnels", "circle"), opening(mine ? "Écrire au cercle de soins" : "Écrire avec le patient", "with_patient")),
      apart,
      since,
    );
  }

  function line(one) {
    const from = one.actor?.name ? `${who(one.actor)}${profession(one.actor) && `, ${profession(one.actor)}`}` : "";
    const what = one.thread_id ? el("a", { href: `/fils/${one.thread_id}` }, news(one)) : news(one);
    return el("li", {}, one.urgent && el("strong", { class: "urgent" }, "Urgent "), what,
      el("span", { class: "soft" }, ` ${from ? `${from}, ` : ""}${short(one.at)}`));
  }

  function opening(label, kind) {
    const button = el("button", { type: "button", class: kind === "circle" || mine ? "" : "second" }, label);
    button.addEventListener("click", doing(button, async () => {
      const opened = await post("/v1/threads", { kind, patient_id: id });
      location.assign(`/fils/${opened.id}`);
    }));
    return button;
  }

  function seen() {
    const button = el("button", { type: "button", class: "second" }, "J’ai tout vu");
    button.addEventListener("click", doing(button, async () => {
      await post(`/v1/patients/${id}/visits`, {});
      await load();
      announce("La visite est notée.");
    }));
    return button;
  }

  return {
    load,
    heard: (kind, event) => event.patient_id === id && kind !== "thread_marked" && load().catch(complain),
  };
}
