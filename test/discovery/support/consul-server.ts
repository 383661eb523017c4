import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** An instance as `GET /v1/health/service/:service` shows it (Consul, HTTP API, Health). */
export const consulInstance = (id: string, change: Readonly<Record<string, unknown>> = {}) => ({
  Node: { ID: "40e4a748", Node: "node-1", Address: "10.1.10.12", Datacenter: "dc1", Meta: {} },
  Service: {
    ID: id,
    Service: "orders",
    Tags: [],
    Address: "",
    Port: 8000,
    Meta: {},
    Weights: { Passing: 10, Warning: 1 },
    ...change,
  },
  Checks: [{ Node: "node-1", CheckID: "serfHealth", Status: "passing" }],
});

/** Blocking queries as Consul documents them: one with an index waits until it has changed; one with an index that is ahead, too. */
export async function consulServer() {
  const state = {
    index: "1200",
    list: [consulInstance("orders-1")] as unknown[],
    status: 200,
    leader: "true",
    /** Every answer comes at once, with another index. */
    isLying: false,
    asked: [] as URL[],
    tokens: [] as unknown[],
  };
  const blocked = new Set<ServerResponse>();
  const answer = (response: ServerResponse): void => {
    if (state.isLying) state.index = String(Number(state.index) + 1);
    const headers = { "Content-Type": "application/json", "X-Consul-Index": state.index, "X-Consul-KnownLeader": state.leader };
    response.writeHead(state.status, headers).end(JSON.stringify(state.list));
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://consul");
    state.asked.push(url);
    state.tokens.push(request.headers["x-consul-token"]);
    if (state.status === 200 && !state.isLying && url.searchParams.get("index") === state.index) blocked.add(response);
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const change = (next: Partial<typeof state>): void => {
    Object.assign(state, next);
    for (const response of blocked) answer(response);
    blocked.clear();
  };
  return { state, blocked, change, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
