import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { type Outcome, outcomeOf, outcomes } from "../../runtime/upstream/attempts/outcome.ts";
import type { AttemptWatcher } from "../../runtime/upstream/attempts/watcher.ts";
import { forwarding, gateway, plainForward, using } from "../runtime/support/gateway.ts";
import { atOnce, origin, type RetryingChange, retrying } from "./support/retrying.ts";

/** How a service brings an attempt to each end, and what it needs for that. */
const causes: Readonly<Record<Outcome, { readonly listener: RequestListener; readonly change?: RetryingChange }>> = {
  ok: { listener: (_, response) => response.writeHead(404).end() },
  serverError: { listener: (_, response) => response.writeHead(500).end() },
  overloaded: { listener: (_, response) => response.writeHead(429).end() },
  // Nothing listens there, see below.
  unsent: { listener: () => {} },
  reset: { listener: (request) => request.socket.destroy() },
  timeoutHead: { listener: () => {}, change: { retry: { perTry: 100 } } },
  timeoutBody: { listener: (_, response) => void response.writeHead(200, { "Content-Length": "10" }).write("part") },
  protocol: { listener: (request) => request.socket.end("SSH-2.0-OpenSSH\r\n\r\n") },
  // No connection may be opened, and none waited for.
  local: { listener: () => {}, change: { connections: { max: 0, pending: 0, idle: 4_000, streams: 100 } } },
  abandoned: { listener: () => {} },
};

const all = Object.keys(outcomes).map((outcome) => outcome as Outcome);

describe.each(all)("an attempt that ends as %s, where the rules list every outcome", (outcome) => {
  it.each(["GET", "POST"])("%s: is made again as its cell in the table says", async (method) => {
    const ends: Outcome[] = [];
    const watcher: AttemptWatcher = { ended: (_attempt, end) => void ends.push(end) };
    const { listener, change = {} } = causes[outcome];
    const service = await origin(listener);
    if (outcome === "unsent") service.kill();
    const retry = { ...atOnce, attempts: 2, on: all, ...change.retry };
    const retried = retrying([service.url], { watchers: [watcher], ...change, retry });
    await using(gateway(forwarding(retried, {}, { ...plainForward, idleTimeout: 100 })), async ({ port }) => {
      const client = connect(port, "127.0.0.1");
      client.on("error", () => {});
      client.resume().write(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
      if (outcome === "abandoned") {
        await vi.waitFor(() => expect(service.seen.requests).toBe(1), { timeout: 20_000 });
        client.destroy();
      }
      const { retry: cell } = outcomes[outcome];
      const isMadeAgain = cell === "anyMethod" || (cell === "idempotent" && method === "GET");
      const expected = isMadeAgain ? [outcome, outcome] : [outcome];
      await vi.waitFor(() => expect(ends).toEqual(expected), { timeout: 20_000 });
      client.destroy();
    });
    expect(ends.length).toBe(retried.retries + 1);
  });
});

it("a limit of the gateway's own, and a machine that lacks something, are nobody's failure (envoy#25487)", () => {
  for (const error of ["poolFull", "EMFILE", "EADDRNOTAVAIL"])
    expect(outcomeOf({ error, carrier: undefined, status: 0, wantsLess: undefined })).toBe("local");
});
