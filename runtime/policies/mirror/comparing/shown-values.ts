import { RedactedJson, type Secret, type SecretsConfig } from "../../../log/redacted-json.ts";
import { isSecretName, redacted, redactUrl } from "../../../log/redaction.ts";
import type { Place } from "./compare-answers.ts";

export interface ShownValuesConfig {
  readonly secrets: SecretsConfig;
  /** What is secret in bodies of answers; null: nothing but what names say. */
  readonly secret: Secret | null;
}

/** Characters of a value. */
const longest = 200;

/** What a line says of values. */
interface Shown {
  readonly own?: string;
  readonly mirror?: string;
}

export const createShownValues = (config: ShownValuesConfig): ShownValues => new ShownValues(config);

/** The two values that differ, without what is secret in them. */
export class ShownValues {
  readonly #json: RedactedJson;
  readonly #secret: Secret | undefined;
  readonly #names: ReadonlySet<string>;

  constructor({ secrets, secret }: ShownValuesConfig) {
    this.#json = new RedactedJson(secrets);
    this.#secret = secret ?? undefined;
    this.#names = new Set(secrets.names);
  }

  of(place: Place): Shown {
    if (place.part === "body") {
      const { json } = place;
      if (json === undefined) return {};
      return { ...this.#shown("own", json.path, json.first), ...this.#shown("mirror", json.path, json.second) };
    }
    if (place.part === "status") return { own: String(place.first), mirror: String(place.second) };
    const text = (value: string | undefined): string =>
      value === undefined ? "" : isSecretName(place.name, this.#names) ? redacted : cut(redactUrl(value, this.#names));
    return { own: text(place.first), mirror: text(place.second) };
  }

  /** With all that it is in, since what is secret hangs on that: `{"items":[{"price":5}]}`. */
  #shown(name: "own" | "mirror", path: readonly (string | number)[], value: unknown): Shown {
    if (value === undefined) return {};
    const whole = path.reduceRight<unknown>(
      (inner, part) => (typeof part === "number" ? [inner] : Object.assign(Object.create(null), { [part]: inner })),
      value,
    );
    return { [name]: cut(this.#json.text(whole, this.#secret)) };
  }
}

const cut = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest)}…`);
