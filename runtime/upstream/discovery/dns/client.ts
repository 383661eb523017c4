import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIP } from "node:net";
import { type Contained, contained } from "../../../life/boundary.ts";
import { type Timer, timers } from "../../../life/timers.ts";
import { type Asked, type DnsAnswer, dnsAnswer, dnsQuery } from "./message.ts";

export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

/** Milliseconds that a server gets for an answer. */
const patienceMs = 1_000;

/** How often each server is asked. */
const rounds = 2;

/** Asks one server after the other until one knows. Rejects with the reason where none does. */
export async function askDns(servers: readonly DnsServer[], name: string, type: Asked, signal: AbortSignal): Promise<DnsAnswer> {
  let problem = "no DNS server is known";
  for (let round = 0; round < rounds; round++)
    for (const server of servers) {
      try {
        const answer = await askServer(server, name, type, signal);
        // That there is no such name is an answer; that a server cannot say is none.
        if (answer.rcode === 0 || answer.rcode === noSuchName) return answer;
        problem = `${shown(server)} answers with ${codes[answer.rcode] ?? `code ${answer.rcode}`} for ${type} of ${name}`;
      } catch (error) {
        if (signal.aborted) throw error;
        problem = `${shown(server)} for ${type} of ${name}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
  throw new Error(problem);
}

/** RFC 1035 §4.1.1. */
export const noSuchName = 3;
const malformedQuery = 1;
const codes: Readonly<Record<number, string>> = { 1: "FORMERR", 2: "SERVFAIL", 4: "NOTIMP", 5: "REFUSED" };

const shown = ({ host, port }: DnsServer): string => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

async function askServer(server: DnsServer, name: string, type: Asked, signal: AbortSignal): Promise<DnsAnswer> {
  let answer = await new Question(server, name, type, true, signal).overUdp();
  let hasEdns = true;
  if (answer.rcode === malformedQuery) {
    hasEdns = false;
    answer = await new Question(server, name, type, hasEdns, signal).overUdp();
  }
  return answer.isTruncated ? new Question(server, name, type, hasEdns, signal).overTcp() : answer;
}

/** One question to one server, with an id and a port of its own that nobody else can know (RFC 5452). */
class Question implements Contained {
  readonly #server: DnsServer;
  readonly #name: string;
  readonly #type: Asked;
  readonly #signal: AbortSignal;
  readonly #id = randomInt(0x1_0000);
  readonly #query: Buffer;
  #timer: Timer | undefined = undefined;
  #close = (): void => {};
  #resolve: (answer: DnsAnswer) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(server: DnsServer, name: string, type: Asked, hasEdns: boolean, signal: AbortSignal) {
    this.#server = server;
    this.#name = name;
    this.#type = type;
    this.#signal = signal;
    this.#query = dnsQuery(this.#id, name, type, hasEdns);
  }

  overUdp(): Promise<DnsAnswer> {
    const { host, port } = this.#server;
    const socket = createSocket(isIP(host) === 6 ? "udp6" : "udp4");
    // The socket takes answers of the server alone.
    const send = contained(this, (): void => socket.send(this.#query));
    const look = contained(this, (message: Buffer): void => {
      const answer = dnsAnswer(message, this.#id, this.#name, this.#type);
      // Whoever made it up: the true one may still come.
      if (answer !== undefined) this.#settle(answer);
    });
    const fail = contained(this, (error: Error): void => this.broke(error));
    return this.#ask(
      () => {
        socket.on("error", fail).on("message", look).connect(port, host, send);
      },
      () => void socket.close(),
    );
  }

  /** Each message has its length in front (RFC 1035 §4.2.2). */
  overTcp(): Promise<DnsAnswer> {
    const socket = connect(this.#server);
    let got = Buffer.alloc(0);
    const send = contained(this, (): void => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(this.#query.length);
      socket.write(Buffer.concat([length, this.#query]));
    });
    const look = contained(this, (piece: Buffer): void => {
      got = Buffer.concat([got, piece]);
      if (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) return;
      const answer = dnsAnswer(got.subarray(2, 2 + got.readUInt16BE(0)), this.#id, this.#name, this.#type);
      if (answer === undefined) throw new Error("what came over TCP is no answer to the question");
      this.#settle({ ...answer, isTruncated: false });
    });
    const fail = contained(this, (error: Error): void => this.broke(error));
    const ended = contained(this, (): void => this.broke(new Error("the connection ended before the answer")));
    return this.#ask(
      () => {
        socket.once("connect", send).on("data", look).on("error", fail).once("close", ended);
      },
      () => void socket.destroy(),
    );
  }

  #ask(begin: () => void, close: () => void): Promise<DnsAnswer> {
    this.#close = close;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#signal.addEventListener("abort", this.#onAbort, { once: true });
      this.#timer = timers.after(patienceMs, this, () => this.broke(new Error(`no answer within ${patienceMs} ms`)));
      begin();
    });
  }

  readonly #onAbort = contained(this, (): void => this.broke(new Error("nobody waits for it any more")));

  #settle(answer: DnsAnswer): void {
    this.#end();
    this.#resolve(answer);
  }

  broke(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#timer?.cancel();
    this.#signal.removeEventListener("abort", this.#onAbort);
    const close = this.#close;
    this.#close = () => {};
    close();
  }
}
