import { JsonReader } from "../../../body/json.ts";
import type { AnswerSide, SideConfig, Unfit } from "./answer-side.ts";
import { type JsonDifference, JsonDifferences, type JsonRules } from "./json-differences.ts";

export interface CompareConfig extends SideConfig {
  readonly status: boolean;
  readonly json: JsonRules;
}

/** Where two answers differ first. */
export type Place =
  | { readonly part: "status"; readonly first: number; readonly second: number }
  | { readonly part: "field"; readonly name: string; readonly first: string | undefined; readonly second: string | undefined }
  /** `json`: absent where bodies are not both JSON. */
  | { readonly part: "body"; readonly json?: JsonDifference };

export interface Differences {
  /** What is counted, each once: `status`, `header location`, `bytes`, and the kinds of JSON. */
  readonly kinds: readonly string[];
  /** Absent where there is no difference. */
  readonly place?: Place;
}

/** Looks at two whole answers. `Unfit`: the body of one of them cannot be read. */
export function compareAnswers(own: AnswerSide, copy: AnswerSide, config: CompareConfig): Differences | Unfit {
  const kinds: string[] = [];
  let place: Place | undefined;
  const note = (kind: string, at: Place): void => {
    kinds.push(kind);
    place ??= at;
  };
  if (config.status && own.status !== copy.status) note("status", { part: "status", first: own.status, second: copy.status });
  for (const [index, name] of config.fields.entries()) {
    const [first, second] = [own.fields[index], copy.fields[index]];
    if (first !== second) note(`header ${name}`, { part: "field", name, first, second });
  }
  if (config.body) {
    const found = compareBodies(own, copy, config.json);
    if (typeof found === "string") return found;
    for (const kind of found.kinds) note(kind, { part: "body", ...(found.json === undefined ? {} : { json: found.json }) });
  }
  return place === undefined ? { kinds } : { kinds, place };
}

interface BodyDifferences {
  readonly kinds: readonly string[];
  readonly json?: JsonDifference;
}

const alike: BodyDifferences = { kinds: [] };

function compareBodies(own: AnswerSide, copy: AnswerSide, rules: JsonRules): BodyDifferences | Unfit {
  const [first, second] = [own.decoded(), copy.decoded()];
  if (typeof first === "string") return first;
  if (typeof second === "string") return second;
  if (own.digest(first) === copy.digest(second)) return alike;
  const values = own.isJson && copy.isJson && first !== undefined && second !== undefined ? [first, second].map(valueOf) : [];
  const [one, other] = values;
  if (one === undefined || other === undefined) return { kinds: ["bytes"] };
  const differences = new JsonDifferences(rules);
  differences.compare(one.value, other.value);
  return { kinds: [...differences.kinds], ...(differences.first === undefined ? {} : { json: differences.first }) };
}

/** Undefined where readers may take it for different values, or for none. */
function valueOf(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const { value, problem } = new JsonReader({ exactIntegers: true }).parse(bytes);
  return problem === undefined ? { value } : undefined;
}
