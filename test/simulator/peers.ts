import type { SimulatedEndpoint } from "./endpoint.ts";
import type { Outcome, Subject } from "./subject.ts";
import type { SimulatedTime } from "./time.ts";

type Peer = (endpoints: readonly SimulatedEndpoint[], time: SimulatedTime) => Subject;

/**
 * nginx 1.22 with an `upstream` block and nothing else, as its documentation has it (ngx_http_upstream_module,
 * ngx_http_proxy_module): round robin; `max_fails=1 fail_timeout=10s`; `proxy_next_upstream error timeout`, so an answer
 * with a 5xx is no failure; `proxy_read_timeout 60s`; a single server is never taken out.
 */
export const nginx: Peer = (endpoints, time) => {
  const failTimeout = 10_000;
  const readTimeout = 60_000;
  const outUntil = endpoints.map(() => 0);
  let turn = -1;
  const next = (tried: readonly number[]): number | undefined => {
    for (let step = 0; step < endpoints.length; step++) {
      turn = (turn + 1) % endpoints.length;
      if (!tried.includes(turn) && (endpoints.length === 1 || outUntil[turn]! <= time.now)) return turn;
    }
    return undefined;
  };
  return plain((over) => {
    const tried: number[] = [];
    const attempt = (): void => {
      const index = next(tried);
      if (index === undefined) {
        over({ status: 502, endpoints: tried });
        return;
      }
      tried.push(index);
      const fail = (): void => {
        outUntil[index] = time.now + failTimeout;
        attempt();
      };
      askOnce(endpoints[index]!, time, readTimeout, fail, (status) => over({ status, endpoints: tried }));
    };
    attempt();
  });
};

/**
 * HAProxy 2.6 with `server` lines and nothing else, as its configuration manual has it: `balance roundrobin`; no checks, so no
 * server is taken out; `retries 3` for connections that are not had, to the same server, after a second; no
 * `option redispatch`. `timeout server`, which has to be given, is 60 s.
 */
export const haproxy: Peer = (endpoints, time) => {
  let turn = -1;
  return plain((over) => {
    turn = (turn + 1) % endpoints.length;
    const endpoint = endpoints[turn]!;
    const tried = [turn];
    let left = 3;
    const attempt = (): void => {
      if (endpoint.isDown && left > 0) {
        left--;
        time.after(1_000, attempt);
        return;
      }
      const fail = (how: "broken" | "timeout"): void => over({ status: how === "timeout" ? 504 : 502, endpoints: tried });
      if (endpoint.isDown) over({ status: 503, endpoints: tried });
      else askOnce(endpoint, time, 60_000, fail, (status) => over({ status, endpoints: tried }));
    };
    attempt();
  });
};

/** Asks an endpoint, and hears one of the two, once; an answer that broke off is one to the client, who has its head. */
function askOnce(
  endpoint: SimulatedEndpoint,
  time: SimulatedTime,
  timeout: number,
  fail: (how: "broken" | "timeout") => void,
  answered: (status: Outcome["status"]) => void,
): void {
  let isOver = false;
  let status = 0;
  const settle = (tell: () => void): void => {
    if (!isOver) tell();
    isOver = true;
  };
  const broke = (): void => settle(() => (status === 0 ? fail("broken") : answered("broken")));
  if (endpoint.isDown) {
    time.after(0, broke);
    return;
  }
  const ended = (): void => settle(() => answered(status));
  endpoint.ask({ answered: (found) => (status = found), ended, broke });
  time.after(timeout, () => {
    if (status === 0) settle(() => fail("timeout"));
  });
}

/** Its clients stay until they are answered. */
const plain = (serve: (over: (outcome: Outcome) => void) => void): Subject => ({
  start: async () => {},
  stop: async () => {},
  ask(_request, over) {
    serve(over);
    return () => {};
  },
});
