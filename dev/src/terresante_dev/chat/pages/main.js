// Begins a page: who is signed in, which page it is, then the stream, then what it shows.

import { get, put } from "./api.js";
import { complain, el, uncomplain } from "./dom.js";
import { home } from "./home.js";
import { listen } from "./live.js";
import { patient } from "./patient.js";
import { thread } from "./thread.js";
import { threads } from "./threads.js";
import { person, who } from "./words.js";

const LIVE = { direct: "En direct", coupé: "Reconnexion…" };
const [, section, id] = location.pathname.split("/");
const main = document.getElementById("contenu");

async function start() {
  const me = await get("/v1/me");
  const name = me.professional ? `${me.professional.given_name} ${me.professional.family_name}` : person(me.person);
  document.getElementById("moi").append(name ?? who({ kind: me.kind }), await placeOf(me));
  const app = { me, patients: await patientsOf(me) };
  const views = [threads(app, document.getElementById("fils"), id), viewOf(app)];
  document.body.dataset.page = section || "accueil";
  await listen((kind, event) => views.forEach((view) => view.heard(kind, event)), shown);
  await Promise.all(views.map((view) => view.load()));
}

function viewOf(app) {
  if (section === "fils") return thread(app, main, id);
  if (section === "patients") return patient(app, main, id);
  return home(app, main);
}

function shown(state) {
  const place = document.getElementById("direct");
  place.textContent = LIVE[state];
  place.dataset.state = state;
}

// Who practises at several places says where they are now: it goes with each call (Terresante-Place). A place where they
// no longer practise is chosen no more.
async function placeOf(me) {
  const places = (me.professional?.places ?? []).filter((one) => !one.until || new Date(one.until) > Date.now());
  const before = (await get("/lieu")).place_id;
  const first = places.length > 1 ? places[0].id : null;
  const chosen = places.some((one) => one.id === before) ? before : first;
  if (chosen !== before) await put("/lieu", { place_id: chosen });
  if (places.length < 2) return "";
  const choice = el("select", { "aria-label": "Lieu d’exercice", change: () => put("/lieu", { place_id: choice.value }).then(() => location.reload(), complain) },
    places.map((one) => el("option", { value: one.id, selected: one.id === chosen }, one.structure ?? one.role)));
  return choice;
}

// Names by id, of those whom the caller may see.
async function patientsOf(me) {
  const names = new Map(me.person ? [[me.id, person(me.person)]] : []);
  let cursor = "";
  do {
    const page = await get(`/v1/patients?${new URLSearchParams({ limit: 100, ...(cursor && { cursor }) })}`);
    for (const one of page.items) names.set(one.id, person(one.person) ?? "Patient sans identité visible");
    cursor = page.next_cursor;
  } while (cursor);
  return names;
}

uncomplain();
start().catch(complain);
