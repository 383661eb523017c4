import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { Server } from "node:net";
import { onTestFinished } from "vitest";
import { built, metricsOf, running, sumOf } from "../../faults/gateway.ts";
import { keptFor } from "../../harness/kept-connections.ts";
import { listening } from "./http2.ts";

export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Remembers requests once their body is complete, and answers then as it is told to. */
async function recording(answer: RequestListener = (_, response) => void response.end("ok")) {
  const seen: Seen[] = [];
  const state = { connections: 0 };
  const server = createServer({ keepAliveTimeout: keptFor }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: target = "", headers } = request;
      seen.push({ method, target, headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  server.on("connection", (socket) => {
    state.connections++;
    socket.on("close", () => void state.connections--);
  });
  const port = await listening(server as Server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, port, seen, state };
}

export const silent: RequestListener = () => {};

/** A gateway whose requests are copied as the options of `mirror` say. */
export interface Around {
  /** What the service answers. */
  readonly own?: RequestListener;
  /** Further options of the service. */
  readonly main?: string;
  readonly policies?: string;
  /** Of the listener. */
  readonly http2?: string;
}

export async function mirroring(
  mirror: string,
  answer?: RequestListener,
  { own, main: options = "", policies = "", http2 = "" }: Around = {},
) {
  const [main, next] = [await recording(own), await recording(answer)];
  const out = await built({
    "gateway.yaml": `gateway: mirrors
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}"${http2} }
  admin: { port: "\${env:ADMIN_PORT}" }
services:
  main: { endpoints: ["\${env:UPSTREAM}"]${options} }
  next: { endpoints: ["${next.url}/base"] }
  spare: { endpoints: ["\${env:UPSTREAM}"] }
  others: { endpoints: ["\${env:UPSTREAM_DOWN}"] }
identity: { schemes: { partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } } } }
policies: { metrics: {} }
apis: { others: { versions: { v1: { spec: openapi.yaml } }, service: others } }
routes:
  things:
    match: { path: "/**" }
    service: main
    policies:
      ${policies === "" ? "public: trial" : policies}
      mirror: { to: next, unsafe: the test wants it${mirror === "" ? "" : `, ${mirror}`} }
`,
    "openapi.yaml": `openapi: 3.1.0
info: { title: Others, version: "1" }
components: { securitySchemes: { partnerKey: { type: apiKey, in: query, name: api_key } } }
paths:
  /others: { get: { operationId: listOthers, security: [{ partnerKey: [] }], responses: { "200": { description: ok } } } }
`,
  });
  const gateway = await running(out, main.url);
  let errors = "";
  gateway.process.stderr!.on("data", (text: string) => void (errors += text));
  const metrics = (): Promise<string> => metricsOf(gateway.adminPort!);
  const counted = async (what: string): Promise<number> =>
    sumOf(
      (await metrics()).replaceAll(
        /\{([^}]*)\}/g,
        (_, labels: string) => `_${/(?:outcome|reason|kind)="([\w -]+)"/.exec(labels)?.[1]?.replaceAll(/\W/g, "_")}`,
      ),
      what,
    );
  return {
    ...gateway,
    stderr: () => errors.split("\n"),
    main,
    next,
    mirrored: (outcome: string) => counted(`gatewright_mirrored_requests_total_${outcome}`),
    unmirrored: (reason: string) => counted(`gatewright_unmirrored_requests_total_${reason}`),
    compared: (outcome: "same" | "different") => counted(`gatewright_compared_answers_total_${outcome}`),
    differing: (kind: string) => counted(`gatewright_answer_differences_total_${kind.replaceAll(/\W/g, "_")}`),
    uncompared: (reason: string) => counted(`gatewright_uncompared_answers_total_${reason}`),
    metrics,
    held: async () => sumOf(await metrics(), "gatewright_body_memory_bytes"),
  };
}
