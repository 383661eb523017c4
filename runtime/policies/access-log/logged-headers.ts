import type { Exchange } from "../../exchange/exchange.ts";
import { jsonText } from "../../log/json-text.ts";
import { isSecretName, redacted, redactUrl } from "../../log/redaction.ts";

/** Fields of requests that are logged, with what is secret in them replaced. */
export class LoggedHeaders {
  readonly #fields: readonly { readonly key: string; readonly lower: string; readonly isSecret: boolean }[];
  readonly #redact: ReadonlySet<string>;

  /** `redact`: further names of what is secret, in lower case. */
  constructor(names: readonly string[], redact: ReadonlySet<string>) {
    this.#redact = redact;
    this.#fields = names.map((name) => {
      const lower = name.toLowerCase();
      return { key: jsonText(lower), lower, isSecret: isSecretName(lower, redact) };
    });
  }

  /** The members of an object, with commas between them; empty where the request has none of them. */
  of(x: Exchange): string {
    let text = "";
    for (let index = 0; index < this.#fields.length; index++) {
      const { key, lower, isSecret } = this.#fields[index]!;
      const value = x.headers.get(lower);
      if (value !== undefined)
        text += `${text === "" ? "" : ","}${key}:${isSecret ? `"${redacted}"` : jsonText(redactUrl(value, this.#redact))}`;
    }
    return text;
  }
}
