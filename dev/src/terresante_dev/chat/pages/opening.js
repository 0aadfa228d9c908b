// Opening a conversation: at a patient's page a side thread with some of the circle; at the first page a direct one with
// a colleague, and one's own team's. What is there already is not opened twice: the API says which it is.

import { get, post } from "./api.js";
import { announce, complain, doing, el, fill } from "./dom.js";
import { profession, who } from "./words.js";

// What the patient sees of a side thread, in the words of the API.
const SEEN = [
  ["name", "Il voit que le fil existe et qui y est, sans le lire", {}],
  ["reads", "Il le lit", { with_patient: true }],
  ["nothing", "Il n’en voit rien, ni ses représentants", { hidden_from_patient: true, hidden_from_representatives: true }],
];

// A side thread around a patient. The members are asked for when the form is opened.
export function side(app, patient) {
  const title = el("input", { id: "titre", maxlength: 100, required: true });
  const members = el("fieldset", {}, el("legend", {}, "Avec"));
  const seen = el("fieldset", {}, el("legend", {}, "Le patient"), SEEN.map(([value, label], at) =>
    el("label", { class: "pick" }, el("input", { type: "radio", name: "vu", value, checked: at === 0 }), ` ${label}`)));
  const open = el("button", { type: "submit" }, "Ouvrir le fil");
  const begin = opener();
  const form = el("form", { class: "opening" }, el("div", { class: "field" }, el("label", { for: "titre" }, "Titre"), title), members, seen, el("p", { class: "acts" }, open));
  const details = el("details", { class: "card" }, el("summary", {}, "Nouvelle conversation"), form);

  details.addEventListener("toggle", () => details.open && members.childElementCount === 1 && choices().catch(complain));
  form.addEventListener("submit", doing(open, async () => {
    const [, , shown] = SEEN.find(([value]) => value === form.elements.vu.value);
    const named = [...members.querySelectorAll("input:checked")].map((one) => one.value);
    await begin({ kind: "side", patient_id: patient, title: title.value.trim(), professional_ids: named, ...shown });
  }));

  async function choices() {
    const circle = await get(`/v1/patients/${patient}/circle`);
    const others = new Map(circle.members.filter((one) => one.professional && !one.until && one.professional.id !== app.me.id).map((one) => [one.professional.id, one.professional]));
    members.replaceChildren(members.firstElementChild, ...(others.size ? [...others.values()].map(choice) : [el("p", { class: "soft" }, "Personne d’autre n’est nommément dans le cercle.")]));
  }

  return details;
}

// A conversation about no patient: with a colleague, or with the team of a place where one practises.
export function elsewhere(app) {
  const text = el("input", { id: "collegue", maxlength: 100, type: "search" });
  const search = el("button", { type: "submit", class: "second" }, "Chercher");
  const found = el("ul", { class: "found" });
  const form = el("form", { class: "opening", role: "search" }, el("div", { class: "field" }, el("label", { for: "collegue" }, "Écrire à un confrère, par son nom"), text), el("p", { class: "acts" }, search));
  form.addEventListener("submit", doing(search, async () => {
    const page = await get(`/v1/professionals?${new URLSearchParams({ text: text.value.trim(), limit: 20 })}`);
    const others = page.items.filter((one) => one.id !== app.me.id);
    fill(found, others.map((one) => el("li", {}, opening({ kind: "direct", professional_ids: [one.id] }, `${one.given_name} ${one.family_name}, ${one.profession_label}`))));
    announce(others.length ? `${others.length} personnes trouvées` : "Personne n’est trouvé.");
    if (!others.length) fill(found, el("li", { class: "soft" }, "Personne n’est trouvé sous ce nom."));
  }));
  return el("details", { class: "card" }, el("summary", {}, "Nouvelle conversation"), form, found, teams(app));
}

function teams(app) {
  const now = Date.now();
  const places = app.me.professional.places.filter((one) => !one.until || new Date(one.until) > now);
  const own = new Map(places.map((one) => [one.structure_id, one.structure ?? "mon équipe"]));
  return own.size > 0 && el("p", { class: "acts" }, [...own].map(([id, name]) => opening({ kind: "team", structure_id: id }, `Écrire à l’équipe : ${name}`)));
}

function opening(thread, label) {
  const button = el("button", { type: "button", class: "second" }, label);
  const begin = opener();
  button.addEventListener("click", doing(button, () => begin(thread)));
  return button;
}

// One key for one thread until it is known to be open, so that a lost answer opens no second one; what is asked for
// otherwise meanwhile is another thread.
function opener() {
  let key = "";
  let before = "";
  return async (thread) => {
    const asked = JSON.stringify(thread);
    if (asked !== before) [key, before] = [crypto.randomUUID(), asked];
    try {
      const opened = await post("/v1/threads", thread, key);
      location.assign(`/fils/${opened.id}`);
    } catch (problem) {
      if (problem.status && problem.status < 500) before = ""; // refused: nothing was opened under it
      throw problem;
    }
  };
}

const choice = (one) => el("label", { class: "pick" }, el("input", { type: "checkbox", value: one.id }), ` ${who(one)}${profession(one) && `, ${profession(one)}`}`);
