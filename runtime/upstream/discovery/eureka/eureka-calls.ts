import { type Client, createClient } from "../../../calls/client.ts";
import { CallFailure, shownUrl } from "../../../calls/failure.ts";
import type { FollowedTls } from "../../../calls/followed-tls.ts";
import { statusFailure } from "../../../calls/status-failure.ts";
import type { StartValue } from "../../../exchange/exchange.ts";
import { currentSecret, type FollowedSecret } from "../../../files/followed-secret.ts";
import { resultInSlices } from "../../../life/in-slices.ts";
import { InTurn } from "../in-turn.ts";
import { jsonInSteps } from "../json-steps.ts";

export interface EurekaCallsConfig {
  /** Of servers that replicate each other, with their path (`/eureka`) and without a slash at the end. */
  readonly addresses: readonly string[];
  readonly user?: string;
  readonly password?: StartValue | FollowedSecret;
  readonly tls?: FollowedTls;
}

/** Bytes: an instance has some 1,500. */
const mostBytes = 64 * 1024 * 1024;

const connectMs = 2_000;
const answerMs = 10_000;

/** Calls of Eureka's REST protocol, of one server after the other. */
export class EurekaCalls {
  readonly #config: EurekaCallsConfig;
  readonly #client: Client;
  readonly servers: InTurn;

  /** `left`: see `InTurn`. */
  constructor(config: EurekaCallsConfig, left: () => void) {
    const { addresses, tls } = config;
    this.#config = config;
    this.servers = new InTurn(addresses, left);
    this.#client = createClient({
      named: addresses,
      maxBytes: mostBytes,
      connectMs,
      headMs: answerMs,
      wholeMs: 3 * answerMs,
      attempts: 1,
      ...(tls === undefined ? {} : { tls: tls.tls }),
    });
  }

  /** What is at a path, from JSON; undefined where the status is one of `absent`. Rejects with a `CallFailure`. */
  async read(path: string, signal: AbortSignal, absent: readonly number[] = []): Promise<unknown> {
    const answer = await this.#client.call({ url: `${this.servers.address}${path}`, headers: this.#headers, signal });
    const { status, url, body } = answer;
    if (absent.includes(status)) return undefined;
    if (status !== 200)
      throw statusFailure(answer, `${shownUrl(url)} answers with ${status}${remedies[status] ?? ", and 200 is expected"}`);
    try {
      return await resultInSlices(jsonInSteps(body.toString("utf8")));
    } catch {
      throw new CallFailure("protocol", `${shownUrl(url)} answers with something that is not JSON, which was asked for`);
    }
  }

  close(): void {
    this.#client.close();
  }

  get #headers(): Readonly<Record<string, string>> {
    const { user, password } = this.#config;
    const accept = "application/json";
    if (user === undefined || password === undefined) return { accept };
    return { accept, authorization: `Basic ${Buffer.from(`${user}:${currentSecret(password)}`, "utf8").toString("base64")}` };
  }
}

/** What people can do something about. */
const remedies: Readonly<Record<number, string>> = {
  401: ": give `discover.eureka` a `user` and `password`, or look at those that it has",
  403: ": the user of `discover.eureka` may not read it",
  404: ": is the path of the address right? It mostly ends with `/eureka`",
};
