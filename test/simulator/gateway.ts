import { checkGateway, type GatewayIr } from "../../compiler/index.ts";
import { memoryDisk } from "../../compiler/phases/1-load/index.ts";
import { HeaderList } from "../../runtime/fields/header-list.ts";
import type { Gateway } from "../../runtime/gateway/gateway.ts";
import type { ClientTransport } from "../../runtime/http/client-transport.ts";
import { dispatch } from "../../runtime/http/dispatch.ts";
import { HttpExchange, type ServerState } from "../../runtime/http/http-exchange.ts";
import type { RequestHead } from "../../runtime/http1/request-head.ts";
import { createHousehold } from "../../runtime/life/household.ts";
import { type AnswerSink, endAnswer, failAnswer } from "../../runtime/upstream/answer-sink.ts";
import { ManagedService } from "../../runtime/upstream/attempts/managed-service.ts";
import type { Carrier, CarrierPool, CarrierPoolFactory, Waiter } from "../../runtime/upstream/carrier.ts";
import { deny, serve } from "../../runtime/upstream/carrier.ts";
import { interpret } from "../reference/interpreter.ts";
import type { Asking, SimulatedEndpoint } from "./endpoint.ts";
import type { Outcome, Subject } from "./subject.ts";
import type { SimulatedTime } from "./time.ts";

/** What a scenario says of the gateway, in the language of `gateway.yaml`. */
export interface GatewayOptions {
  /** Further options of the service: `loadBalancer: { algorithm: random }`. */
  readonly service?: string;
  /** Further policies of its only route. */
  readonly policies?: string;
  /** What is said of each endpoint beside its address: `zone: eu-1`. */
  readonly places?: readonly string[];
}

/**
 * A whole gateway: compiled from its configuration, and interpreted. Everything in it is what runs in production, except the
 * sockets: clients and connections to endpoints are simulated.
 */
export async function createSimulatedGateway(
  options: GatewayOptions,
  endpoints: readonly SimulatedEndpoint[],
  time: SimulatedTime,
): Promise<Subject> {
  const text = configuration(options, endpoints.length);
  const gateway = await interpret(await compiled(text), { environment: {}, folder: ".", log: { write: () => {} } });
  const service = gateway.services[0]!;
  // Nothing has connected yet: its own pool has no connection.
  for (const [index, endpoint] of service.endpoints.entries())
    Object.defineProperty(endpoint, "pool", { value: new SimulatedPool(endpoints[index]!, time) });
  if (service instanceof ManagedService) {
    // Checks have connections of their own, which are made for one endpoint after the other.
    let made = 0;
    const protocol: CarrierPoolFactory = () => new SimulatedPool(endpoints[made++ % endpoints.length]!, time, true);
    Object.defineProperty(service, "way", { value: { ...service.way, protocol } });
  }
  const state = stateOf(gateway);
  const urls = service.endpoints.map(({ url }) => url);
  const household = gateway.living === undefined ? undefined : createHousehold(gateway.living);
  return {
    start: async () => household?.start(),
    stop: async () => household?.stop(),
    ask(request, over) {
      const client = new SimulatedClient((status) => {
        const attempts = x.upstream?.attempts ?? [];
        over({ status, endpoints: attempts.map(({ endpoint }) => urls.indexOf(endpoint.url)) });
      });
      const x: HttpExchange = new HttpExchange(state, client.transport, headOf(request.method, request.path), {
        path: request.path,
        query: "",
        host: "simulated",
        authority: "simulated",
        peer: { ip: "192.0.2.1", connectionIp: "192.0.2.1", port: 1, secure: false },
        isPeerTrusted: false,
        problem: undefined,
      });
      client.x = x;
      dispatch(x);
      return () => x.finish(false);
    },
  };
}

/** By its text: many runs have the same gateway. */
const known = new Map<string, GatewayIr>();

async function compiled(text: string): Promise<GatewayIr> {
  const before = known.get(text);
  if (before !== undefined) return before;
  const { ir, diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map([["gateway.yaml", text]])) });
  if (ir === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  known.set(text, ir);
  return ir;
}

const configuration = ({ service = "", policies = "", places = [] }: GatewayOptions, count: number): string => `gateway: simulated
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services:
  backend:
    endpoints:
${Array.from({ length: count }, (_, index) => `      - { url: "http://10.0.${index >> 8}.${index & 255}:80", ${places[index] ?? ""} }`).join("\n")}
${indented(service, 4)}
routes:
  all:
    match: { path: "/**" }
    service: backend
    policies:
      public: simulated
${indented(policies, 6)}
`;

const indented = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, " ".repeat(by));

const stateOf = (gateway: Gateway): ServerState => ({
  gateway,
  proxies: undefined,
  load: {
    connections: 0,
    mostConnections: Number.POSITIVE_INFINITY,
    requests: 0,
    mostRequests: Number.POSITIVE_INFINITY,
    refusedConnections: 0,
    refusedRequests: 0,
    unread: undefined,
    bodies: undefined,
  },
  workers: 1,
  isDraining: false,
  answersToClose: 0,
});

const headOf = (method: string, target: string): RequestHead => ({
  method,
  target,
  minor: 1,
  headers: new HeaderList(["Host", "simulated"]),
  hosts: 1,
  host: "simulated",
  contentLength: -1,
  isChunked: false,
  expects: "nothing",
  connection: 0,
  upgrade: "",
  hasVia: false,
  takesTrailers: false,
});

/** The client of one exchange, which reads as fast as it is sent. */
class SimulatedClient {
  x: HttpExchange | undefined = undefined;
  readonly #over: (status: Outcome["status"]) => void;
  #status = 0;

  constructor(over: (status: Outcome["status"]) => void) {
    this.#over = over;
  }

  readonly transport: ClientTransport = {
    sendHead: (status) => {
      this.#status = status;
    },
    sendBody: () => true,
    sendEnd: () => {
      this.x!.finish(true);
      this.#over(this.#status);
    },
    flush() {},
    sendInterim() {},
    abort: () => this.#over("broken"),
    readBody(sink) {
      sink.bodyEnd(undefined);
      sink.bodyBatch();
    },
    pauseBody() {},
    resumeBody() {},
    leaveBody() {},
    isBodyRead: true,
    tunnel: undefined,
  };
}

/** Connections to an endpoint: as many as are wanted, and at once where it is there. */
class SimulatedPool implements CarrierPool {
  readonly size = 0;
  readonly idle = 0;
  readonly isFull = false;
  readonly #endpoint: SimulatedEndpoint;
  readonly #time: SimulatedTime;
  readonly #isForChecks: boolean;

  constructor(endpoint: SimulatedEndpoint, time: SimulatedTime, isForChecks = false) {
    this.#endpoint = endpoint;
    this.#time = time;
    this.#isForChecks = isForChecks;
  }

  acquire(waiter: Waiter): void {
    if (!this.#endpoint.isDown) serve(waiter, new SimulatedCarrier(this.#endpoint, this.#isForChecks));
    else this.#time.after(0, () => deny(waiter, "ECONNREFUSED"));
  }

  leave(): void {}
  retire(): void {}
  close(): void {}
}

class SimulatedCarrier implements Carrier {
  readonly isPaused = false;
  readonly #endpoint: SimulatedEndpoint;
  readonly #isForChecks: boolean;
  #sink: AnswerSink | undefined = undefined;

  constructor(endpoint: SimulatedEndpoint, isForChecks: boolean) {
    this.#endpoint = endpoint;
    this.#isForChecks = isForChecks;
  }

  begin(sink: AnswerSink): void {
    this.#sink = sink;
  }

  /** The request is whole. */
  sendEnd(): void {
    const asking: Asking = {
      answered: (status) => {
        const headers = new HeaderList([]);
        this.#sink?.answerHead({
          status,
          minor: 1,
          headers,
          contentLength: -1,
          isChunked: true,
          connection: 0,
          hasLocation: false,
        });
      },
      ended: () => {
        if (this.#sink !== undefined) endAnswer(this.#sink, undefined);
      },
      broke: () => {
        if (this.#sink !== undefined) failAnswer(this.#sink, "ECONNRESET", false);
      },
    };
    if (this.#isForChecks) this.#endpoint.check(asking);
    else this.#endpoint.ask(asking);
  }

  leave(): void {
    this.#sink = undefined;
  }

  sendBody(): boolean {
    return true;
  }

  flush(): void {}
  pause(): void {}
  resume(): void {}
}
