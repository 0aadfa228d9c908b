// What the API says in codes and ids, as people read it in French. Times are those of Paris.

const PARIS = { timeZone: "Europe/Paris" };
const TIME = new Intl.DateTimeFormat("fr-FR", { ...PARIS, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("fr-FR", { ...PARIS, weekday: "long", day: "numeric", month: "long" });
const LONG = new Intl.DateTimeFormat("fr-FR", { ...PARIS, dateStyle: "long", timeStyle: "short" });
const KEY = new Intl.DateTimeFormat("fr-CA", { ...PARIS });

export const time = (text) => TIME.format(new Date(text));
export const day = (text) => DAY.format(new Date(text));
export const long = (text) => LONG.format(new Date(text));
export const sameDay = (one, other) => KEY.format(new Date(one)) === KEY.format(new Date(other));
// In a list: the time of today, the day of before.
export const short = (text) => (sameDay(text, Date.now()) ? time(text) : new Intl.DateTimeFormat("fr-FR", { ...PARIS, day: "numeric", month: "short" }).format(new Date(text)));

export function who(one) {
  if (!one) return "quelqu’un";
  return one.name ?? (one.kind === "patient" ? "Patient ou représentant" : "Professionnel");
}

export const profession = (one) => one?.profession_label ?? (one?.kind === "patient" ? "patient ou représentant" : "");

export function person(one) {
  const traits = one?.traits;
  if (!traits) return null;
  return `${traits.used_first_name || traits.first_name} ${traits.used_name || traits.birth_name}`;
}

export const STATES = { taken: "s’en occupe", done: "a terminé", given_up: "y renonce" };

const NEWS = {
  document: ["document", "documents"],
  note: ["note", "notes"],
  observation: ["mesure", "mesures"],
  message: ["message", "messages"],
  admission: ["admission à l’hôpital", "admissions à l’hôpital"],
  discharge: ["sortie d’hôpital", "sorties d’hôpital"],
  member: ["changement du cercle de soins", "changements du cercle de soins"],
  consent: ["changement du consentement", "changements du consentement"],
  emergency: ["accès en urgence", "accès en urgence"],
  threshold: ["mesure hors du seuil", "mesures hors du seuil"],
};

export function news(line) {
  const [one, many] = NEWS[line.kind] ?? [line.kind, line.kind];
  return `${line.count} ${line.count > 1 ? many : one}`;
}

// The title of a thread: `patients` gives names by id.
export function thread(one, me, patients) {
  const about = patients.get(one.patient_id) ?? "un patient";
  if (one.kind === "circle") return `${about} : entre professionnels`;
  if (one.kind === "with_patient") return one.patient_id === me.id ? "Mon cercle de soins" : `${about} : avec le patient`;
  if (one.kind === "side") return one.title ? `${about} : ${one.title}` : `${about} : fil à part`;
  if (one.kind === "team") return "Mon équipe";
  return who(one.members.find((member) => member.id !== me.id) ?? null);
}
