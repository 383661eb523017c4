import type { Answer } from "../../calls/exchange.ts";
import { shownUrl } from "../../calls/failure.ts";
import type { Exchange, Expression, StartValue } from "../../exchange/exchange.ts";
import { jsonOf } from "../../expressions/json-of.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { allowed, type Protocol, type Question, refused, undecided, type Verdict } from "./protocol.ts";

export interface JsonDecisionConfig {
  readonly url: StartValue;
  readonly form: "http" | "opa" | "authzen";
  /** Members of the object that is sent. */
  readonly members: readonly InputMember[];
}

export interface InputMember {
  /** Names from the outside to the inside. */
  readonly path: readonly string[];
  readonly value: Expression<unknown> | string;
}

export const createJsonDecision = (config: JsonDecisionConfig): Protocol => new JsonDecision(config);

/** A JSON object in, a JSON object out. Only the decision itself lets anybody in: `true`, not what resembles it. */
class JsonDecision implements Protocol {
  declare readonly __made: true;
  readonly target: string;
  readonly named: readonly string[];
  readonly #config: JsonDecisionConfig;

  constructor(config: JsonDecisionConfig) {
    this.#config = config;
    this.named = [config.url];
    this.target = URL.canParse(config.url) ? shownUrl(new URL(config.url)) : "its URL";
  }

  ask(x: Exchange): Question | undefined {
    const { url, members } = this.#config;
    const sent: Record<string, unknown> = {};
    for (const { path, value } of members) {
      const found = typeof value === "string" ? value : valueOf(value, x);
      if (found === undefined) return undefined;
      put(sent, path, typeof value === "string" ? value : jsonOf(found));
    }
    const body = JSON.stringify(sent);
    return { url, method: "POST", headers: { "content-type": "application/json", accept: "application/json" }, body };
  }

  judge({ status, body }: Answer): Verdict {
    if (status !== 200) return undecided(status);
    const value = parsed(body);
    if (value === undefined) return { kind: "unclear", why: "it answered with something that is not a JSON object" };
    const { form } = this.#config;
    const decision = form === "opa" ? ofOpa(value) : Object.hasOwn(value, wanted[form]) ? value[wanted[form]] : undefined;
    if (decision === true) return allowed;
    if (decision === false || (form === "opa" && !Object.hasOwn(value, "result"))) return refused;
    const member = form === "opa" ? "result" : wanted[form];
    return { kind: "unclear", why: `\`${member}\` in its answer is neither true nor false` };
  }
}

const wanted = { http: "allow", authzen: "decision" } as const;

/** A rule that is undefined for an input has no `result` at all. */
function ofOpa(value: Readonly<Record<string, unknown>>): unknown {
  const { result } = value;
  if (typeof result !== "object" || result === null || Array.isArray(result)) return result;
  return Object.hasOwn(result, "allow") ? (result as { readonly allow: unknown }).allow : undefined;
}

function put(object: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let inside = object;
  for (const name of path.slice(0, -1)) {
    inside[name] ??= {};
    // Made in the line above: paths are settled when the gateway is built, and none goes through a value.
    inside = inside[name] as Record<string, unknown>;
  }
  inside[path.at(-1)!] = value;
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
