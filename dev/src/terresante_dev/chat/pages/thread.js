// One thread: its messages as they come, up to where each has read, and what one writes.

import { get, post, put } from "./api.js";
import { announce, complain, doing, el, fill } from "./dom.js";
import { composer } from "./composer.js";
import { message } from "./message.js";
import { day, sameDay, thread as title, who } from "./words.js";

const NEAR = 160; // pixels from the end, within which the page follows what comes

export function thread(app, root, id) {
  const at = `/v1/threads/${id}`;
  const list = el("ol", { class: "messages", "aria-label": "Messages" });
  const older = el("button", { type: "button", class: "second small", hidden: true }, "Messages plus anciens");
  const readers = el("p", { class: "soft readers" });
  const shown = new Map(); // place -> { told, line }
  const places = new Map(); // message id -> place
  let about = null;
  let marks = [];
  let people = [];
  let write = null;
  let reading = null;

  older.addEventListener("click", doing(older, () => page({ before: Math.min(...shown.keys()) })));
  document.addEventListener("visibilitychange", () => mark().catch(complain));

  async function load() {
    await standing();
    people = await peopleOf();
    write = about.writable ? composer(id, people, newer) : null;
    const name = title(about, app.me, app.patients);
    document.title = `${name} – Portail d’exemple`;
    fill(root,
      el("p", { class: "back" }, el("a", { href: "/" }, "Tous mes fils")),
      el("h1", {}, name),
      about.patient_id && el("p", {}, el("a", { href: `/patients/${about.patient_id}` }, "Depuis ma dernière visite")),
      older, list, readers,
      write ? write.form : el("p", { class: "note" }, "Vous pouvez lire ce fil, pas y écrire."),
    );
    scrollTo(0, document.body.scrollHeight);
    await mark();
  }

  // Nothing of the thread stays on the page once it may not be read any more.
  function empty() {
    shown.clear();
    places.clear();
    list.replaceChildren();
    root.replaceChildren(el("h1", {}, "Fil fermé"), el("p", {}, el("a", { href: "/" }, "Tous mes fils")));
  }

  async function reread() {
    shown.clear();
    list.replaceChildren();
    await marksAgain();
    await page({});
  }

  async function marksAgain() {
    const told = await get(`${at}?names=true`);
    about = told;
    marks = told.marks;
    sayReaders();
  }

  async function page(range) {
    const told = await get(`${at}/messages?${new URLSearchParams({ names: true, limit: 50, ...range })}`);
    for (const one of told.items) show(one);
    if (range.after === undefined) older.hidden = !told.more_before;
    return told;
  }

  // One reading at a time: whatever happens meanwhile asks for one more after it.
  function newer() {
    reading = (reading ?? Promise.resolve()).catch(() => null).then(async () => {
      const follow = innerHeight + scrollY > document.body.scrollHeight - NEAR;
      let told;
      do {
        told = await page({ after: last() });
        for (const one of told.items) if (one.author.id !== app.me.id) announce(`${one.urgent ? "Urgent. " : ""}${who(one.author)} : ${one.text || "fichier joint"}`);
      } while (told.more_after);
      if (follow) scrollTo(0, document.body.scrollHeight);
      await mark();
    });
    return reading;
  }

  const last = () => Math.max(0, ...shown.keys());

  function show(told) {
    const line = message(told, { app, thread: about, quoted, again, answer, quote: (one) => write?.quote(one) });
    const before = shown.get(told.place)?.line;
    if (before) before.replaceWith(line);
    else list.insertBefore(line, after(told.place));
    shown.set(told.place, { told, line });
    places.set(told.id, told.place);
    const previous = shown.get(told.place - 1);
    if (!previous || !sameDay(previous.told.sent_at, told.sent_at)) line.prepend(el("p", { class: "day" }, day(told.sent_at)));
    sayReaders();
  }

  function after(place) {
    const next = [...shown.keys()].filter((one) => one > place);
    return next.length ? shown.get(Math.min(...next)).line : null;
  }

  const quoted = (quotedId) => shown.get(places.get(quotedId))?.told ?? null;

  // Reads a message anew: it was edited, taken back, answered, or its thumbnail is there.
  async function again(messageId) {
    if (places.has(messageId)) show(await get(`${at}/messages/${messageId}?names=true`));
  }

  async function answer(messageId, body) {
    await post(`${at}/messages/${messageId}/answers`, body);
    await again(messageId);
  }

  // Received as soon as it is here, read once somebody has the page before them.
  async function mark() {
    const place = last();
    if (!place || !about?.readable) return;
    const read = document.visibilityState === "visible" ? place : 0;
    if (read <= about.read_up_to && read) return;
    await put(`${at}/mark`, { received_up_to: place, read_up_to: read });
    about.read_up_to = Math.max(about.read_up_to, read);
  }

  function sayReaders() {
    const read = marks.filter((one) => one.who.id !== app.me.id && last() && one.read_up_to >= last()).map((one) => who(one.who));
    readers.textContent = read.length ? `Tout est lu par ${read.join(", ")}.` : "";
  }

  // Who may be mentioned, or given a task: named members, else the circle.
  async function peopleOf() {
    if (about.members.length || !about.patient_id) return about.members.filter((one) => one.id !== app.me.id);
    const circle = await get(`/v1/patients/${about.patient_id}/circle`).catch(() => ({ members: [] }));
    const active = circle.members.filter((one) => !one.until && one.professional?.id);
    return active.map((one) => one.professional).filter((one) => one.id !== app.me.id);
  }

  const does = {
    message_posted: newer,
    message_edited: (event) => again(event.message_id),
    message_deleted: (event) => again(event.message_id),
    item_answered: (event) => again(event.message_id),
    thumbnail_made: (event) => again(event.message_id),
    thread_marked: marksAgain,
    thread_changed: marksAgain,
  };

  function heard(kind, event) {
    if (kind === "standing_changed" && event.patient_id === about?.patient_id) standing().catch(complain);
    else if (event.thread_id === id && about) does[kind]?.(event).catch(complain);
  }

  // What may be read may be otherwise than before: all is read anew, and nothing shown that is refused.
  async function standing() {
    try {
      await reread();
    } catch (problem) {
      empty();
      throw problem;
    }
  }

  return { load, heard };
}
