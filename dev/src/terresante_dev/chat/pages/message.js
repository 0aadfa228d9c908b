// One message as a line of the list: what it says, holds and quotes, and what one may do with it.

import { change, get } from "./api.js";
import { doing, el } from "./dom.js";
import { item } from "./item.js";
import { long, profession, time, who } from "./words.js";

// `context`: the thread, and what the page does: quoted(id), again(id), answer(id, body), quote(message).
export function message(told, context) {
  const mine = told.author.id === context.app.me.id;
  const line = el("li", { id: `m-${told.place}`, class: [mine && "mine", told.urgent && "is-urgent", told.deleted_at && "gone"].filter(Boolean).join(" ") });
  line.append(el("article", { "aria-label": `${mine ? "Moi" : who(told.author)}, ${time(told.sent_at)}` }, head(told, mine), ...inside(told, context, mine)));
  return line;
}

function head(told, mine) {
  const name = el("strong", {}, mine ? "Moi" : who(told.author));
  const role = !mine && profession(told.author) ? el("span", { class: "soft" }, ` ${profession(told.author)}`) : "";
  const when = el("time", { datetime: told.sent_at, title: long(told.sent_at) }, time(told.sent_at));
  return el("p", { class: "head" }, name, role, " ", when, told.edited_at && !told.deleted_at && el("span", { class: "soft" }, " modifié"), told.urgent && el("strong", { class: "urgent" }, " Urgent"));
}

function inside(told, context, mine) {
  if (told.deleted_at) return [el("p", { class: "soft" }, "Message repris par son auteur.")];
  const text = el("p", { class: "text" }, ...withMentions(told));
  const body = el("div", {}, told.text ? text : "");
  return [
    told.quoted_message_id && quote(context.quoted(told.quoted_message_id)),
    body,
    told.attachments.length && el("ul", { class: "files" }, told.attachments.map((one) => file(one, context.thread.id))),
    told.item && item(told, context),
    acts(told, context, mine, body),
  ].filter(Boolean);
}

// The names of who is mentioned stand out, where the text has them.
function withMentions(told) {
  const names = told.mentions.map((one) => `@${who(one)}`);
  let parts = [told.text];
  for (const name of names) parts = parts.flatMap((part) => (typeof part === "string" ? part.split(name).flatMap((piece, at) => (at ? [el("mark", {}, name), piece] : [piece])) : [part]));
  return parts;
}

function quote(told) {
  if (!told) return el("blockquote", {}, "Un message plus ancien.");
  return el("blockquote", {}, el("a", { href: `#m-${told.place}` }, who(told.author)), ` ${told.deleted_at ? "Message repris." : told.text.slice(0, 200)}`);
}

function file(one, thread) {
  const at = `/v1/threads/${thread}/attachments/${one.id}`;
  const name = el("span", {}, one.name, el("span", { class: "soft" }, ` ${Math.max(1, Math.round(one.size / 1024))} Kio`));
  const picture = one.thumbnail === "ready" && el("img", { src: `${at}/thumbnail`, alt: `Vignette de ${one.name}`, loading: "lazy" });
  const waiting = one.thumbnail === "waiting" && el("span", { class: "soft" }, " vignette en préparation");
  return el("li", {}, el("a", { href: `${at}/content`, download: one.name }, picture, name), waiting);
}

function acts(told, context, mine, body) {
  const row = el("p", { class: "row" });
  const button = (label, does) => {
    const made = el("button", { type: "button", class: "link" }, label);
    made.addEventListener("click", doing(made, does));
    row.append(made, " ");
  };
  if (context.thread.writable) button("Citer", async () => context.quote(told));
  if (mine) {
    button("Modifier", async () => edit(told, context, body));
    button("Reprendre", async () => takeBack(told, context));
  }
  button("Qui l’a lu ?", async () => row.after(await receipts(told, context.thread.id, row)));
  return row;
}

async function receipts(told, thread, row) {
  if (row.nextElementSibling?.matches(".receipts")) row.nextElementSibling.remove();
  const life = await get(`/v1/threads/${thread}/messages/${told.id}?names=true`);
  const lines = life.receipts.map((one) => `${who(one.who)} : ${one.read_at ? `lu le ${long(one.read_at)}` : one.received_at ? `reçu le ${long(one.received_at)}` : "pas encore reçu"}`);
  const former = life.former.map((one) => `Avant le ${long(one.until)} : « ${one.text} »`);
  return el("ul", { class: "receipts soft", role: "status" }, [...(lines.length ? lines : ["Personne ne l’a encore reçu."]), ...former].map((one) => el("li", {}, one)));
}

function edit(told, context, body) {
  const text = el("textarea", { "aria-label": "Nouveau texte", rows: 3, maxlength: 10000 });
  text.value = told.text;
  const save = el("button", { type: "submit" }, "Enregistrer");
  const form = el("form", { class: "edit" }, text, el("p", { class: "acts" }, save, el("button", { type: "button", class: "second", click: () => context.again(told.id) }, "Annuler")));
  form.addEventListener("submit", doing(save, async () => {
    const mentions = told.mentions.map((one) => ({ kind: one.kind === "patient" ? "patient" : "professional", id: one.id }));
    await change("PUT", `/v1/threads/${context.thread.id}/messages/${told.id}`, told.version, { text: text.value, mentions });
    await context.again(told.id);
  }));
  body.replaceChildren(form);
  text.focus();
}

function takeBack(told, context) {
  const yes = el("button", { type: "button", class: "danger" }, "Reprendre le message");
  const asked = el("dialog", { "aria-label": "Reprendre ce message ?" },
    el("p", {}, "Son texte et ses fichiers ne se liront plus. Il restera que vous avez écrit ici, et quand."),
    el("p", { class: "acts" }, yes, el("button", { type: "button", class: "second", click: () => asked.close() }, "Le garder")));
  yes.addEventListener("click", doing(yes, async () => {
    asked.close();
    await change("DELETE", `/v1/threads/${context.thread.id}/messages/${told.id}`, told.version);
    await context.again(told.id);
  }));
  asked.addEventListener("close", () => asked.remove());
  document.body.append(asked);
  asked.showModal();
}
