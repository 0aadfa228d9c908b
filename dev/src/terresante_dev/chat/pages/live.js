// What happens, as it happens: GET /v1/stream (server-sent events). The browser comes back by itself and says where it
// was (Last-Event-ID), so that nothing is missed nor told twice; an event holds ids only, what it is about is read anew.

import { get } from "./api.js";

const KINDS = [
  "thread_opened", "thread_changed", "message_posted", "message_edited", "message_deleted", "item_answered",
  "thread_marked", "thumbnail_made", "notified", "standing_changed",
];
const AGAIN = 5_000; // ms before a stream that was refused is asked for again

// `heard(kind, event)` for each; `shown(state)`: "direct" or "coupé". Resolves when the stream is open: what is read
// after that cannot be older than the first event.
export function listen(heard, shown) {
  return new Promise((resolve) => {
    let last = "";

    function open() {
      const query = last ? `?${new URLSearchParams({ last_event_id: last })}` : "";
      const stream = new EventSource(`/v1/stream${query}`);
      stream.onopen = () => {
        shown("direct");
        resolve();
      };
      stream.onerror = () => {
        shown("coupé");
        resolve();
        if (stream.readyState === EventSource.CLOSED) setTimeout(again, AGAIN);
      };
      stream.addEventListener("end", (event) => {
        if (JSON.parse(event.data).reason === "CURSOR_GONE") location.reload();
      });
      for (const kind of KINDS) {
        stream.addEventListener(kind, (event) => {
          last = event.lastEventId || last;
          heard(kind, JSON.parse(event.data));
        });
      }
    }

    // A stream that is refused (429, 503, end of the session) is not asked for again by the browser.
    async function again() {
      const problem = await get("/v1/me").then(() => null, (found) => found);
      if (problem?.status === 401) location.reload();
      else open();
    }

    open();
  });
}
