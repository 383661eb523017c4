import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { contained, logged } from "../life/boundary.ts";
import { writeAudit, writeEvent } from "../log/log.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { isOwnHost, otherHost } from "./own-site.ts";
import { type AdminRefusal, problemAnswer } from "./problem.ts";
import { readRequest } from "./read-request.ts";
import type { AdminAnswer, AdminRequest, AdminRoute, StreamedAnswer } from "./route.ts";
import { RouteTable } from "./route-table.ts";
import { ownRoutes } from "./routes/index.ts";
import { send } from "./send.ts";
import type { AdminSource } from "./source.ts";
import { routeOfWorkers } from "./workers.ts";

/** Milliseconds in which a request must have come whole: those who ask are near. */
const requestMs = 10_000;
/** Characters of a body in the line about a change. */
const longestLogged = 512;

/** Health, metrics, and what can be asked and changed while the gateway runs, apart from the traffic. */
export function createAdminServer(source: AdminSource): Server {
  const admin = new Admin(source);
  const listener = logged("the admin listener failed");
  const onRequest = contained(listener, (request: IncomingMessage, response: ServerResponse): void => {
    const fail = contained(listener, (error: unknown): void => {
      listener.broke(error);
      void send(response, problemAnswer({ status: 500, title: "The gateway failed to answer", detail: "Its log says why." }));
    });
    admin.serve(request, response).catch(fail);
  });
  const server = (source.listener.secure?.createServer ?? plainServer)(onRequest);
  server.requestTimeout = requestMs;
  server.headersTimeout = requestMs;
  return server;
}

const plainServer = (onRequest: RequestListener): Server => createServer(onRequest);

class Admin {
  readonly #source: AdminSource;
  readonly #table: RouteTable;
  readonly #gatekeeper: Gatekeeper;

  constructor(source: AdminSource) {
    this.#source = source;
    const routes: AdminRoute[] = [...source.routes];
    // The document is made of all routes, its own among them.
    routes.push(...ownRoutes(source, () => this.#table));
    this.#table = new RouteTable(routes);
    this.#gatekeeper = new Gatekeeper(source.listener.access);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "" } = request;
    const mark = url.indexOf("?");
    const [path, query] = mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
    if (!isOwnHost(request.headers.host, this.#source.listener)) return refuse(response, otherHost);
    const match = this.#table.find(path);
    if (match === undefined) return refuse(response, this.#notFound());
    const route = match.routes.find((one) => one.method === (method === "HEAD" ? "GET" : method));
    if (route === undefined) return refuse(response, notAllowed(match.routes));
    const admitted = this.#gatekeeper.admit(route, query, request);
    if ("status" in admitted) {
      if (route.method !== "GET")
        writeEvent("warning", "an admin request was refused", { ...factsOf(route, path, request), status: admitted.status });
      return refuse(response, admitted);
    }
    const asked = await readRequest(route, match.values, query, request);
    if ("status" in asked) return refuse(response, asked);
    const { accept } = request.headers;
    if (route.method === "GET")
      return send(response, await this.#answer(route, accept === undefined ? asked : { ...asked, accept }));
    const body = asked.body === undefined ? undefined : JSON.stringify(asked.body).slice(0, longestLogged);
    const facts = { who: admitted.name, ...factsOf(route, path, request), body };
    let answer: AdminAnswer | StreamedAnswer;
    try {
      answer = await this.#answer(route, asked);
    } catch (error) {
      // What was done before it failed is a change as well.
      writeAudit("admin change", { ...facts, status: 500 });
      throw error;
    }
    writeAudit("admin change", { ...facts, status: answer.status });
    await send(response, answer);
  }

  #answer(route: AdminRoute, asked: AdminRequest): ReturnType<AdminRoute["answer"]> {
    const { group } = this.#source;
    return route.from === "holder" || group === undefined
      ? route.answer(asked, this.#source)
      : routeOfWorkers(group.workers, route, asked);
  }

  #notFound(): AdminRefusal {
    const paths = this.#table.paths.map(({ template }) => template);
    const metrics =
      this.#source.metrics === undefined ? " With `policies: { metrics: {} }` in gateway.yaml there is /metrics." : "";
    const detail = `There are ${paths.slice(0, -1).join(", ")} and ${paths.at(-1)}.${metrics}`;
    return { status: 404, title: "There is no such resource", detail };
  }
}

/** For the line about what was done or refused; the path is what the client wrote, which bounds of the parser keep short. */
const factsOf = (route: AdminRoute, path: string, { method, socket }: IncomingMessage) => ({
  operation: route.describe.operationId,
  method,
  path,
  from: socket.remoteAddress === undefined ? "the Unix socket" : `${socket.remoteAddress} port ${socket.remotePort}`,
});

function notAllowed(routes: readonly AdminRoute[]): AdminRefusal {
  const methods = routes.flatMap(({ method }) => (method === "GET" ? [method, "HEAD"] : [method]));
  const detail = `Use ${routes.map(({ method }) => method).join(" or ")}.`;
  return { status: 405, title: "The resource does not support this method", detail, headers: { Allow: methods.join(", ") } };
}

/** Whatever of the body has not come yet, nobody waits for it: the connection ends with the answer. */
function refuse(response: ServerResponse, refusal: AdminRefusal): Promise<void> {
  if (refusal.headers !== undefined) for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  if (!response.req.complete) response.setHeader("Connection", "close");
  return send(response, problemAnswer(refusal));
}
