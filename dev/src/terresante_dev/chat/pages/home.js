// The first page: my patients, and how much is unread around each.

import { get } from "./api.js";
import { complain, el, fill, unseen } from "./dom.js";

export function home(app, root) {
  async function load() {
    const unread = new Map((await get("/v1/unread")).patients.map((one) => [one.patient_id, one.unread]));
    const lines = [...app.patients].map(([id, name]) =>
      el("li", {}, el("a", { href: `/patients/${id}` }, el("span", { class: "title" }, name),
        unread.has(id) && el("span", { class: "badge" }, String(unread.get(id)), unseen(" messages non lus")))));
    fill(root,
      el("h1", {}, app.me.kind === "patient" ? "Mes dossiers" : "Mes patients"),
      lines.length ? el("ul", { class: "threads" }, lines) : el("p", { class: "soft" }, "Aucun patient pour le moment : on entre dans un cercle de soins par une invitation."),
    );
  }

  return {
    load,
    heard: (kind) => ["message_posted", "thread_marked", "standing_changed"].includes(kind) && load().catch(complain),
  };
}
