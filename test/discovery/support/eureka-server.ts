import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

type Fields = Readonly<Record<string, unknown>>;

/** What a server of Eureka answers for an instance that registered, as far as it does not depend on the time. */
interface Registered {
  readonly value: Fields;
  status: string;
  overridden: string;
}

/**
 * Eureka's REST protocol as far as a client reads it, and registers: its answers are compared with those of a real server
 * (`.ci/eureka`), of which `eureka-answers.json` is a record.
 */
export class EurekaServer {
  /** Answers instead of what it has, by path: `/apps/delta`. */
  readonly instead = new Map<string, { readonly status: number; readonly body: string }>();
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  readonly fields: IncomingMessage["headers"][] = [];
  readonly #server: Server;
  readonly #apps = new Map<string, Map<string, Registered>>();
  /** What has happened, each instance once, the last first. */
  readonly #changes = new Map<string, { readonly app: string; readonly instance: Fields }>();
  #version = 1;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url!, "http://eureka");
      const path = pathname.replace(/^\/eureka/, "");
      if (request.method === "GET") {
        this.asked.push(path);
        this.fields.push(request.headers);
      }
      let text = "";
      for await (const chunk of request) text += String(chunk);
      const { status, body } = this.instead.get(path) ?? this.#answer(request.method!, path, searchParams, text);
      response.writeHead(status, { "Content-Type": "application/json" }).end(body);
    });
  }

  static async start(): Promise<EurekaServer> {
    const server = new EurekaServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/eureka`;
  }

  /** As a server that was started anew. */
  forget(): void {
    this.#apps.clear();
    this.#changes.clear();
  }

  close(): void {
    this.#server.close().closeAllConnections();
  }

  #answer(method: string, path: string, query: URLSearchParams, text: string): { status: number; body: string } {
    const [, , app = "", id = "", part] = path.split("/").map(decodeURIComponent);
    const name = app.toUpperCase();
    const known = this.#apps.get(name)?.get(id);
    const none = { status: 404, body: JSON.stringify({ status: 404, error: "Not Found", path: `/eureka${path}` }) };
    if (!path.startsWith("/apps")) return none;
    if (method === "POST") {
      const { instance } = JSON.parse(text) as { readonly instance: Fields };
      const apps = this.#apps.get(name) ?? new Map<string, Registered>();
      const registered = { value: instance, status: String(instance.status), overridden: "UNKNOWN" };
      this.#apps.set(name, apps.set(String(instance.instanceId), registered));
      this.#changed(name, String(instance.instanceId), registered, "ADDED");
      return { status: 204, body: "" };
    }
    if (method !== "GET") {
      if (known === undefined) return none;
      if (method === "PUT" && part === "status") {
        known.overridden = known.status = query.get("value")!;
        this.#changed(name, id, known, "MODIFIED");
      }
      if (method === "DELETE") {
        this.#apps.get(name)!.delete(id);
        if (this.#apps.get(name)!.size === 0) this.#apps.delete(name);
        this.#changed(name, id, known, "DELETED");
      }
      return { status: 200, body: "" };
    }
    if (app === "") return ok({ applications: this.#all([...this.#apps].map(([one]) => this.#application(one))) });
    if (app === "delta") {
      const apps = [...new Set([...this.#changes.values()].map((change) => change.app))];
      const changed = apps.map((one) => ({
        name: one,
        instance: [...this.#changes.values()].flatMap((change) => (change.app === one ? [change.instance] : [])),
      }));
      return ok({ applications: this.#all(changed) });
    }
    return this.#apps.has(name) ? ok({ application: this.#application(name) }) : none;
  }

  #application(app: string): Fields {
    const instances = [...this.#apps.get(app)!].map(([id, one]) => this.#shown(app, one, this.#actionOf(app, id)));
    return { name: app, instance: instances };
  }

  #actionOf(app: string, id: string): string {
    return String(this.#changes.get(`${app} ${id}`)?.instance.actionType ?? "ADDED");
  }

  #all(application: readonly Fields[]): Fields {
    const counts = new Map<string, number>();
    for (const instances of this.#apps.values())
      for (const { status } of instances.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
    const hash = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([status, count]) => `${status}_${count}_`);
    return { versions__delta: String(this.#version), apps__hashcode: hash.join(""), application };
  }

  #changed(app: string, id: string, registered: Registered, action: string): void {
    this.#version++;
    this.#changes.delete(`${app} ${id}`);
    this.#changes.set(`${app} ${id}`, { app, instance: this.#shown(app, registered, action) });
  }

  #shown(app: string, { value, status, overridden }: Registered, actionType: string): Fields {
    return { ...value, app, status, overriddenStatus: overridden, actionType };
  }
}

const ok = (value: object): { status: number; body: string } => ({ status: 200, body: JSON.stringify(value) });
