import { type Client, createClient } from "../../../calls/client.ts";
import type { Answer } from "../../../calls/exchange.ts";
import { CallFailure } from "../../../calls/failure.ts";
import type { FollowedTls } from "../../../calls/followed-tls.ts";
import { statusFailure } from "../../../calls/status-failure.ts";
import type { StartValue } from "../../../exchange/exchange.ts";
import { currentSecret, type FollowedSecret } from "../../../files/followed-secret.ts";
import { fieldIn } from "../field-in.ts";
import { InTurn } from "../in-turn.ts";
import { errorIn } from "./answers.ts";

export interface EtcdCallsConfig {
  /** Of the servers of a cluster, without a slash at their ends. */
  readonly addresses: readonly string[];
  readonly user?: string;
  readonly password?: StartValue | FollowedSecret;
  readonly tls?: FollowedTls;
}

const mostBytes = 16 * 1024 * 1024;

/** Milliseconds: one that is cut off from its cluster answers late or never, and there are others. */
const connectMs = 2_000;
const answerMs = 5_000;

/** Milliseconds: longer than any watch is left to itself. */
const longestStreamMs = 1_800_000;

/** Calls of etcd's JSON gateway (`/v3`), of one server of a cluster after the other. */
export class EtcdCalls {
  readonly #config: EtcdCallsConfig;
  readonly #client: Client;
  readonly #streams: Client;
  readonly servers: InTurn;
  #token: string | undefined = undefined;

  constructor(config: EtcdCallsConfig) {
    const { addresses, tls } = config;
    this.#config = config;
    this.servers = new InTurn(addresses, () => {
      // Tokens are known to one server only, unless they are signed.
      this.#token = undefined;
    });
    const common = { named: addresses, maxBytes: mostBytes, connectMs, headMs: answerMs, attempts: 1 };
    const ofTls = tls === undefined ? {} : { tls: tls.tls };
    this.#client = createClient({ ...common, ...ofTls, wholeMs: 3 * answerMs });
    this.#streams = createClient({ ...common, ...ofTls, wholeMs: longestStreamMs });
  }

  /** Rejects with a `CallFailure`. */
  async call(path: string, request: object, signal: AbortSignal): Promise<unknown> {
    return jsonOf(await this.#withToken(signal, (headers) => this.#post(path, request, headers, signal)));
  }

  /** Resolves when the stream has ended without a failure. `onData` is told of each part. */
  async stream(path: string, request: object, signal: AbortSignal, onData: (chunk: Buffer) => void): Promise<void> {
    await this.#withToken(signal, (headers) => this.#post(path, request, headers, signal, { client: this.#streams, onData }));
  }

  close(): void {
    this.#client.close();
    this.#streams.close();
  }

  #post(
    path: string,
    request: object,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    { client = this.#client, onData }: { readonly client?: Client; readonly onData?: (chunk: Buffer) => void } = {},
  ): Promise<Answer> {
    // All that are made here only read.
    const call = {
      url: `${this.servers.address}${path}`,
      method: "POST",
      isIdempotent: true,
      headers,
      body: JSON.stringify(request),
    };
    return client.call({ ...call, signal, ...(onData === undefined ? {} : { onData }) });
  }

  async #withToken(signal: AbortSignal, send: (headers: Readonly<Record<string, string>>) => Promise<Answer>): Promise<Answer> {
    const isFresh = this.#token === undefined;
    const answer = await send(await this.#headers(signal));
    if (answer.status === 200) return answer;
    const error = errorIn(answer.body);
    // Tokens have an end, and a server that was started anew knows none.
    if (!isFresh && error.isOfToken) {
      this.#token = undefined;
      return this.#withToken(signal, send);
    }
    throw statusFailure(answer, refusal(answer, error.message));
  }

  async #headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const { user: name, password } = this.#config;
    const plain = { "content-type": "application/json" };
    if (name === undefined || password === undefined) return plain;
    this.#token ??= await this.#authenticate({ name, password: currentSecret(password) }, plain, signal);
    return { ...plain, authorization: this.#token };
  }

  async #authenticate(
    credentials: { readonly name: string; readonly password: string },
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<string> {
    const answer = await this.#post("/v3/auth/authenticate", credentials, headers, signal);
    if (answer.status !== 200) throw statusFailure(answer, refusal(answer, errorIn(answer.body).message));
    const token = fieldIn(jsonOf(answer), "token");
    if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return token;
    throw new CallFailure("status", "etcd answers to user and password without a token");
  }
}

function jsonOf({ url, body }: Answer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new CallFailure("protocol", `${url.origin} answers with something that is not JSON: is that etcd?`);
  }
}

/** What people can do something about, by what etcd says. */
const remedies: readonly (readonly [said: RegExp, remedy: string])[] = [
  [/user name is empty/, "it wants to know who asks: give `discover.etcd` a `user` and `password`"],
  [/authentication is not enabled/, "remove `user` and `password`, or run `etcdctl auth enable`"],
  [/authentication failed/, "look at `user` and `password` of `discover.etcd`"],
  [/permission denied/, "grant a role of the user to read the prefix: `etcdctl role grant-permission ROLE --prefix read PREFIX`"],
];

function refusal({ url, status }: Answer, said: string): string {
  const remedy = remedies.find(([pattern]) => pattern.test(said))?.[1];
  const what = said === "" ? `${url.origin} answers with ${status}` : `${url.origin} answers with ${status} (${said})`;
  if (remedy !== undefined) return `${what}: ${remedy}`;
  return status === 404 ? `${what}: is that etcd 3.4 or later, with its JSON gateway (--enable-grpc-gateway)?` : what;
}
