import type { StartValue } from "../../../exchange/exchange.ts";
import { clock } from "../../../life/clock.ts";
import type { Life } from "../../../life/life.ts";
import { messageOf } from "../../../life/message-of.ts";
import type { Listed } from "../member.ts";
import { Pacing } from "../pacing.ts";
import type { EndpointSource, Findings, Look } from "../source.ts";
import { askDns, noSuchName } from "./client.ts";
import type { Asked, DnsRecord } from "./message.ts";
import { createServers } from "./servers.ts";

export interface DnsSourceConfig {
  readonly service: string;
  readonly name: string;
  /** `addresses`: each address is an endpoint (A and AAAA). `services`: each host and port that SRV records name (RFC 2782). */
  readonly kind: "addresses" | "services";
  /** Those of the system where absent. */
  readonly servers?: readonly (StartValue | string)[];
  /** Milliseconds from one look to the next at least and at most, whatever the TTL says. */
  readonly ttl: { readonly min: number; readonly max: number };
  /** Milliseconds that addresses of one family stay while only those of the other can be found out. */
  readonly maxStale: number;
}

export const createDnsSource = (config: DnsSourceConfig): EndpointSource => new DnsSource(config);

/** What was found by one type of record. */
interface Found {
  readonly records: readonly DnsRecord[];
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Milliseconds. */
  readonly ttl: number;
}

/** Names whose records are the endpoints, asked for again when their TTL is over. */
class DnsSource implements EndpointSource {
  declare readonly __made: true;
  readonly description: string;
  readonly #config: DnsSourceConfig;
  readonly #servers: ReturnType<typeof createServers>;

  constructor(config: DnsSourceConfig) {
    this.#config = config;
    this.description = `DNS ${config.kind === "services" ? "SRV " : ""}${config.name}`;
    this.#servers = createServers(config.servers, config.service);
  }

  follow(tenure: Life, findings: Findings): Look {
    const { kind, ttl, maxStale } = this.#config;
    const types: readonly Asked[] = kind === "services" ? ["SRV"] : ["A", "AAAA"];
    const known = new Map<Asked, Found>();
    let reported = "";
    const look = async (signal: AbortSignal): Promise<number> => {
      const answers = await Promise.allSettled(types.map((type) => this.#ask(type, signal)));
      const problems: string[] = [];
      for (const [index, answer] of answers.entries()) {
        if (answer.status === "fulfilled") known.set(types[index]!, answer.value);
        else problems.push(messageOf(answer.reason));
      }
      if (problems.length === types.length) throw new Error(problems[0]);
      // What a family had stays while it cannot be found out what it has (traffic row 23).
      for (const [type, { at }] of known) if (clock.monotonic() - at > maxStale) known.delete(type);
      const problem = problems[0] ?? "";
      if (problem !== "" && problem !== reported)
        tenure.log.write("warning", "not all addresses can be found", { reason: problem });
      reported = problem;
      findings.found(listedOf([...known.values()].flatMap(({ records }) => records)));
      const least = Math.min(...[...known.values()].map((found) => found.ttl));
      return Math.max(ttl.min, Math.min(ttl.max, least));
    };
    return new Pacing(tenure, ttl.max, look, (error) => findings.failed(messageOf(error)));
  }

  /** Rejects where it cannot be found out, and where the name does not exist: a name of one's own that is gone is a mistake. */
  async #ask(type: Asked, signal: AbortSignal): Promise<Found> {
    const { name, ttl } = this.#config;
    const answer = await askDns(this.#servers(), name, type, signal);
    if (answer.rcode === noSuchName) throw new Error(`there is no name ${name} in DNS (NXDOMAIN)`);
    return { records: answer.records, at: clock.monotonic(), ttl: answer.ttl === undefined ? ttl.min : answer.ttl * 1_000 };
  }
}

/** Weights and priorities of SRV are of 16 bits (RFC 2782): ours are smaller. */
function listedOf(records: readonly DnsRecord[]): Listed[] {
  const services = records.flatMap((record) => (record.type === "SRV" ? [record] : []));
  const ranks = [...new Set(services.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  const heaviest = Math.max(1, ...services.map(({ weight }) => weight));
  const scale = Math.min(1, 1_000 / heaviest);
  const ofServices = services
    // One dot stands for: not here.
    .filter(({ target }) => target !== "")
    .map(({ target, port, priority, weight }) => ({
      address: `${target}:${port}`,
      weight: Math.max(1, Math.round(weight * scale)),
      priority: Math.min(100, ranks.indexOf(priority)),
    }));
  const ofAddresses = records.flatMap((record) => (record.type === "SRV" ? [] : [{ address: hostOf(record.address) }]));
  return [...ofServices, ...ofAddresses];
}

const hostOf = (address: string): string => (address.includes(":") ? `[${address}]` : address);
