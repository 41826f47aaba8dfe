// Subscriptions over server-sent events, as graphql-sse has them in its mode of
// distinct connections: a POST whose response stays open.
import { parse } from "graphql";

/**
 * Whether the request asks for a subscription, by its own text: what the editor has
 * parsed may be of some letters ago.
 */
export function subscribes({ query, operationName }) {
  try {
    return parse(query).definitions.some((d) => d.kind === "OperationDefinition" && d.operation === "subscription" && (!operationName || d.name?.value === operationName));
  } catch {
    return false; // the gateway says what is wrong with it
  }
}

/** The results of a subscription, one after the other; returning from the iterator closes it. */
export function subscribe(url, request, headers) {
  const abort = new AbortController();
  const results = read(url, request, headers, abort.signal);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => results.next(),
    return: async () => {
      abort.abort();
      return { done: true, value: undefined };
    },
  };
}

async function* read(url, request, headers, signal) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers, Accept: "text/event-stream" },
      body: JSON.stringify(request),
      signal,
    });
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      yield await response.json();
      return;
    }
    const stream = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { done, value } = await stream.read();
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const lines = event.split("\n");
        if (lines.some((l) => l === "event: complete" || l === "event:complete")) return;
        const data = lines.filter((l) => l.startsWith("data:")).map((l) => l.slice(5).trimStart());
        if (data.join("") !== "") yield JSON.parse(data.join("\n"));
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error; // closed by the reader
  }
}
