// Makes elements. Text is always text, never markup: what people write cannot become part of the page.

// `given`: attributes; a function is what happens on that event, false and null leave the attribute out.
export function el(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  return fill(made, ...inside);
}

// Puts these in the place of what is there; what is null or false is left out.
export function fill(place, ...inside) {
  place.replaceChildren(...inside.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return place;
}

export const unseen = (text) => el("span", { class: "unseen" }, text);

// Says something to who does not see the page; the same words twice are said twice.
export function announce(text) {
  const place = document.getElementById("annonce");
  place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}

// Shows a refusal in its own words. When the session has ended, the page offers to log in again.
export function complain(problem) {
  const place = document.getElementById("probleme");
  place.replaceChildren(el("p", { class: "note bad" }, problem.message ?? String(problem)));
  if (problem.status === 401) location.reload();
}

export const uncomplain = () => document.getElementById("probleme").replaceChildren();

// What `act` throws is shown. Until it ends the control does nothing more, so that nothing is sent twice by hand; it
// keeps the focus, which a disabled one would lose.
export function doing(control, act) {
  return async (event) => {
    event?.preventDefault();
    if (control.ariaBusy === "true") return;
    uncomplain();
    control.ariaBusy = "true";
    try {
      await act(event);
    } catch (problem) {
      complain(problem);
    } finally {
      control.ariaBusy = null;
    }
  };
}
