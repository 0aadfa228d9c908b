// The first page: my patients, and how much is unread around each.

import { get } from "./api.js";
import { complain, el, fill, unseen } from "./dom.js";
import { elsewhere } from "./opening.js";

export function home(app, root) {
  const writing = app.me.kind === "patient" ? null : elsewhere(app);
  const mine = el("div"); // the part that is read anew: what is being filled in below it stays, and keeps the focus
  async function load() {
    const unread = new Map((await get("/v1/unread")).patients.map((one) => [one.patient_id, one.unread]));
    const lines = [...app.patients].map(([id, name]) =>
      el("li", {}, el("a", { href: `/patients/${id}` }, el("span", { class: "title" }, name),
        unread.has(id) && el("span", { class: "badge" }, String(unread.get(id)), unseen(" messages non lus")))));
    if (!mine.isConnected) fill(root, el("h1", {}, app.me.kind === "patient" ? "Mes dossiers" : "Mes patients"), mine, writing);
    fill(mine,
      lines.length ? el("ul", { class: "threads" }, lines) : el("p", { class: "soft" }, "Aucun patient pour le moment : on entre dans un cercle de soins par une invitation."),
    );
  }

  return {
    load,
    heard: (kind) => ["message_posted", "thread_marked", "standing_changed"].includes(kind) && load().catch(complain),
  };
}
