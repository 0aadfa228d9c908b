// What one writes: words, photos, a quote, mentions, a task, and whether it is urgent.

import { post, upload } from "./api.js";
import { announce, complain, doing, el } from "./dom.js";
import { who } from "./words.js";

// `people`: who may be mentioned. `sent`: once a message is posted.
export function composer(thread, people, sent) {
  const text = el("textarea", { id: "texte", rows: 3, maxlength: 10000, "aria-describedby": "raccourci" });
  const urgent = el("input", { type: "checkbox" });
  const files = el("input", { type: "file", accept: "image/*,application/pdf", multiple: true });
  const added = el("ul", { class: "files" });
  const cited = el("div");
  const send = el("button", { type: "submit" }, "Envoyer");
  const task = taskFields(people);
  const attached = new Map(); // id -> line
  const mentioned = new Map(); // id -> who
  let quoting = null;
  let key = crypto.randomUUID(); // of this message, until it is known to be posted

  const form = el("form", { class: "composer card", "aria-label": "Écrire" },
    cited,
    el("label", { for: "texte" }, "Message"), text,
    el("p", { id: "raccourci", class: "soft" }, "Ctrl + Entrée envoie."),
    added,
    el("div", { class: "options" },
      el("label", { class: "pick" }, urgent, " Urgent"),
      el("label", {}, "Joindre une photo ou un PDF ", files),
      people.length > 0 && mentioning()),
    task.details,
    el("p", { class: "acts" }, send));

  form.addEventListener("submit", doing(send, submit));
  files.addEventListener("change", doing(files, attach));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  async function submit() {
    const told = {
      text: text.value.trim(),
      urgent: urgent.checked,
      quoted_message_id: quoting?.id ?? null,
      attachment_ids: [...attached.keys()],
      mentions: [...mentioned.values()].filter((one) => text.value.includes(`@${who(one)}`)).map((one) => ({ kind: "professional", id: one.id })),
      item: task.read(),
    };
    try {
      await post(`/v1/threads/${thread}/messages`, told, key);
    } catch (problem) {
      if (problem.status && problem.status < 500) key = crypto.randomUUID(); // refused: nothing was posted under it
      throw problem;
    }
    clear();
    await sent();
    text.focus();
  }

  function clear() {
    form.reset();
    key = crypto.randomUUID();
    attached.clear();
    mentioned.clear();
    added.replaceChildren();
    task.details.open = false;
    quote(null);
  }

  async function attach() {
    for (const file of [...files.files]) {
      const line = el("li", {}, `${file.name} : envoi…`);
      added.append(line);
      try {
        const kept = await upload(`/v1/threads/${thread}/attachments`, file);
        attached.set(kept.id, line);
        line.replaceChildren(`${kept.name} `, el("button", { type: "button", class: "link", click: () => remove(kept.id) }, "Retirer"));
        announce(`${kept.name} est joint.`);
      } catch (problem) {
        line.remove();
        complain(problem);
      }
    }
    files.value = "";
  }

  function remove(id) {
    attached.get(id)?.remove();
    attached.delete(id);
    text.focus();
  }

  function quote(one) {
    quoting = one;
    cited.replaceChildren();
    if (!one) return;
    cited.append(el("blockquote", {}, `${who(one.author)} : ${one.text.slice(0, 200)} `, el("button", { type: "button", class: "link", click: () => quote(null) }, "Ne plus citer")));
    text.focus();
  }

  function mentioning() {
    const choice = el("select", {}, el("option", { value: "" }, "Choisissez"), people.map((one) => el("option", { value: one.id }, who(one))));
    choice.addEventListener("change", () => {
      const one = people.find((each) => each.id === choice.value);
      if (!one) return;
      mentioned.set(one.id, one);
      text.setRangeText(`@${who(one)} `, text.selectionStart, text.selectionEnd, "end");
      choice.value = "";
      text.focus();
    });
    return el("label", {}, "Mentionner ", choice);
  }

  return { form, quote };
}

function taskFields(people) {
  const what = el("input", { id: "tache", maxlength: 200 });
  const whose = el("select", { id: "tache-qui" }, el("option", { value: "" }, "Qui la prend"), people.map((one) => el("option", { value: one.id }, who(one))));
  const due = el("input", { id: "tache-avant", type: "datetime-local" });
  const details = el("details", {}, el("summary", {}, "Ajouter une tâche"),
    field("tache", "À faire", what), field("tache-qui", "Par", whose), field("tache-avant", "Avant le", due));

  function read() {
    if (!what.value.trim()) return null;
    const task = { what: what.value.trim() };
    if (whose.value) task.who = { kind: "professional", id: whose.value };
    if (due.value) task.due = new Date(due.value).toISOString();
    return { task };
  }

  return { details, read };
}

const field = (id, label, control) => el("div", { class: "field" }, el("label", { for: id }, label), control);
