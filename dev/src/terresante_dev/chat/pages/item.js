// What a message holds besides words: a task, an appointment proposal, a form, a document of the record.

import { doing, el } from "./dom.js";
import { long, STATES, who } from "./words.js";

export function item(told, context) {
  const { task, appointment, form, document_id: document } = told.item;
  if (task) return card(task.what, "Tâche", told, [task.who && `pour ${who(task.who)}`, task.due && `avant le ${long(task.due)}`], taskActs(told, task, context));
  if (appointment) return card(appointment.what, "Rendez-vous proposé", told, [appointment.where], starts(told, appointment, context));
  if (form) return card(form.what, "Formulaire", told, [`${form.questions.length} question(s)`], []);
  return el("p", { class: "item" }, el("a", { href: `/v1/patients/${context.thread.patient_id}/documents/${document}/content` }, "Document du dossier"));
}

function card(what, sort, told, about, acts) {
  const answers = told.acts.map((one) => el("li", {}, `${who(one.actor)} ${said(one, told)}, le ${long(one.at)}`));
  return el("div", { class: "item" },
    el("p", {}, el("span", { class: "soft" }, `${sort} : `), el("strong", {}, what), about.filter(Boolean).map((one) => el("span", { class: "soft" }, ` ${one}`))),
    answers.length > 0 && el("ul", {}, answers),
    acts.length > 0 && el("p", { class: "acts" }, acts));
}

function said(act, told) {
  if (act.task) return STATES[act.task];
  if (act.appointment) return act.appointment.start === null ? "ne peut à aucun de ces moments" : `choisit le ${long(told.item.appointment.starts[act.appointment.start])}`;
  return "a répondu";
}

function taskActs(told, task, context) {
  const done = told.acts.some((one) => one.task === "done");
  const another = task.who && task.who.id !== context.app.me.id;
  if (done || another) return [];
  const taken = told.acts.some((one) => one.task === "taken");
  return [!taken && !task.who && answering("Je m’en occupe", { task: "taken" }, told, context), answering("C’est fait", { task: "done" }, told, context)].filter(Boolean);
}

function starts(told, proposal, context) {
  if (told.author.id === context.app.me.id || told.acts.length) return proposal.starts.map((one) => el("span", {}, long(one)));
  return proposal.starts.map((one, start) => answering(long(one), { appointment: { start } }, told, context));
}

function answering(label, body, told, context) {
  const button = el("button", { type: "button", class: "second small" }, label);
  button.addEventListener("click", doing(button, () => context.answer(told.id, body)));
  return button;
}
