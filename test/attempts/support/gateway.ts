import { built, running } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import type { RunningGateway, StartOptions } from "../../harness/running-gateway.ts";

/** One route to a service with these endpoints and options, and what else `gateway.yaml` has. */
export const gatewayFile = (urls: readonly string[], options: string, more = ""): string => `gateway: attempts
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
policies: { metrics: {} }
routes:
  one: { match: { path: "/one/**" }, service: orders, policies: { public: attempts } }
  all: { match: { path: "/**" }, service: orders, policies: { public: attempts } }
services:
  orders:
    endpoints: ${JSON.stringify(urls)}
${options.replaceAll(/^/gm, "    ")}
${more}`;

/** Runs for the length of one test. */
export async function start(file: string, options: StartOptions = {}): Promise<RunningGateway> {
  return running(await built({ "gateway.yaml": file }), "http://127.0.0.1:1", {}, options);
}

export const get = (port: number, target: string) => sendRequest(port, { method: "GET", target, headers: [], body: "" });

/** Statuses of so many requests, one after another. */
export async function statuses(port: number, count: number, target = "/"): Promise<readonly number[]> {
  const all: number[] = [];
  for (let index = 0; index < count; index++) all.push((await get(port, target)).status);
  return all;
}

/** State of the service as the admin listener tells it. */
export async function stateOf(
  gateway: RunningGateway,
  service = "orders",
): Promise<{
  readonly ready: boolean;
  readonly state: {
    readonly endpoints: readonly { readonly url: string; readonly state: string; readonly why?: string }[];
    readonly breakers?: readonly { readonly state: string }[];
  };
}> {
  const { body } = await get(gateway.adminPort!, "/status");
  const { things } = JSON.parse(body) as { readonly things: readonly { readonly name: string }[] };
  return things.find(({ name }) => name === `services.${service}`) as never;
}

/** `usable` and the like, in the order of the endpoints. */
export const endpointStates = async (gateway: RunningGateway): Promise<readonly string[]> =>
  (await stateOf(gateway)).state.endpoints.map(({ state }) => state);
