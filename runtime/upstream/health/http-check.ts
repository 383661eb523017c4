import type { StartValue } from "../../exchange/exchange.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Check, CheckAnswer } from "./check.ts";

export interface HttpCheckConfig {
  readonly method: "GET" | "HEAD" | "OPTIONS";
  /** Path and query, below the path of the endpoint. */
  readonly path: string;
  /** Undefined: that of the endpoint. */
  readonly host?: StartValue | string;
  readonly headers: readonly { readonly name: string; readonly value: StartValue }[];
  /** First and last of each range of statuses that are good. */
  readonly statuses: readonly (readonly [first: number, last: number])[];
  /** Field that the answer must have, with this value where there is one. */
  readonly field?: { readonly name: string; readonly value?: string };
  /** Text that the body must hold. */
  readonly body?: string;
}

export const createHttpCheck = (config: HttpCheckConfig): Check => new HttpCheck(config);

class HttpCheck implements Check {
  readonly #config: HttpCheckConfig;
  readonly #lines: string;

  constructor(config: HttpCheckConfig) {
    for (const { name, value } of config.headers) assertFieldValue(name, value);
    this.#config = config;
    this.#lines = config.headers.map(({ name, value }) => `${name}: ${value}\r\n`).join("");
  }

  isHead(): boolean {
    return this.#config.method === "HEAD";
  }

  body(): undefined {
    return undefined;
  }

  head({ basePath, authority }: Endpoint): string {
    const { method, path, host } = this.#config;
    return `${method} ${basePath}${path} HTTP/1.1\r\nHost: ${host ?? authority}\r\nUser-Agent: gatewright-health\r\n${this.#lines}\r\n`;
  }

  judge({ head, body }: CheckAnswer): string | undefined {
    const { statuses, field, body: text } = this.#config;
    const { status, headers } = head;
    if (!statuses.some(([first, last]) => status >= first && status <= last)) return `it answered ${status}`;
    if (field !== undefined) {
      const value = headers.get(field.name.toLowerCase());
      if (value === undefined) return `its answer has no ${field.name}`;
      if (field.value !== undefined && value !== field.value) return `${field.name} of its answer is not ${field.value}`;
    }
    return text === undefined || body.includes(text) ? undefined : "its answer does not hold the expected text";
  }
}
