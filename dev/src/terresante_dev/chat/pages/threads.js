// The list of my threads, the last message first, with what I have not read; kept true by what happens.

import { get } from "./api.js";
import { announce, complain, el, fill, unseen } from "./dom.js";
import { short, thread as title } from "./words.js";

const QUIET = 150; // ms: several happenings at once are one reading
const MATTERS = new Set(["thread_opened", "thread_changed", "message_posted", "message_deleted", "thread_marked", "standing_changed"]);

export function threads(app, root, current) {
  let waiting = 0;
  let known = [];

  async function load() {
    known = (await get("/v1/threads?names=true&limit=50")).items;
    fill(root, known.length ? el("ul", { class: "threads" }, known.map(line)) : el("p", { class: "soft" }, "Aucun fil pour le moment. Ouvrez-en un depuis la page d’un patient."));
    const unread = known.reduce((sum, one) => sum + one.unread, 0);
    document.title = `${unread ? `(${unread}) ` : ""}${document.title.replace(/^\(\d+\) /, "")}`;
  }

  function line(one) {
    const name = title(one, app.me, app.patients);
    if (!one.readable) return el("li", { class: "closed" }, el("span", { class: "title" }, name), el("span", { class: "soft" }, "Vous ne pouvez pas le lire."));
    const unread = one.unread ? el("span", { class: one.unread_urgent ? "badge bad" : "badge" }, String(one.unread), unseen(one.unread_urgent ? " non lus, dont un urgent" : " non lus")) : null;
    const link = el("a", { href: `/fils/${one.id}`, "aria-current": one.id === current && "page" },
      el("span", { class: "title" }, name), one.last_at && el("time", { datetime: one.last_at }, short(one.last_at)), unread);
    return el("li", {}, link);
  }

  function heard(kind, event) {
    if (!MATTERS.has(kind)) return;
    if (kind === "message_posted" && event.thread_id !== current && event.actor_id !== app.me.id) {
      const about = known.find((one) => one.id === event.thread_id);
      announce(`${event.urgent ? "Message urgent" : "Nouveau message"}${about ? ` dans ${title(about, app.me, app.patients)}` : ""}`);
    }
    clearTimeout(waiting);
    waiting = setTimeout(() => load().catch(complain), QUIET);
  }

  return { load, heard };
}
