// Calls of the public API, /v1: this portal's server adds the token. Answers are JSON; refusals are thrown as Problem.

export class Problem extends Error {
  // `reason` is for programs, `message` is the French sentence for people.
  constructor(status, told) {
    super(told.detail ?? "La plateforme ne répond pas. Réessayez dans un instant.");
    this.status = status;
    this.reason = told.reason ?? "";
  }
}

export const get = (path) => call("GET", path);
export const put = (path, body) => call("PUT", path, { body });

// `key`: the same for the same act, so that sending it again after a lost answer does nothing twice.
export const post = (path, body, key = crypto.randomUUID()) => call("POST", path, { body, key });

// `version`: the one that was read; refused with VERSION_STALE when somebody changed it meanwhile.
export const change = (method, path, version, body) => call(method, path, { body, version });

// A file, as multipart: its description in JSON, then its bytes.
export function upload(path, file, key = crypto.randomUUID()) {
  const form = new FormData();
  form.append("description", new Blob([JSON.stringify({ name: file.name })], { type: "application/json" }));
  form.append("content", file);
  return call("POST", path, { form, key });
}

async function call(method, path, { body, form, key, version } = {}) {
  const headers = {};
  if (key) headers["idempotency-key"] = key;
  if (version) headers["if-match"] = `"${version}"`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const sent = form ?? (body === undefined ? undefined : JSON.stringify(body));
  const answer = await fetch(path, { method, headers, body: sent }).catch(() => null);
  const told = answer ? await answer.json().catch(() => ({})) : {};
  if (!answer?.ok) throw new Problem(answer?.status ?? 0, told);
  return told;
}
