import type { ParameterIr } from "../../../compiler/ir/parameter.ts";
import type { Segment } from "../../../compiler/ir/route.ts";
import { readParameter, type SentParameters } from "../../reference/parameters.ts";
import { formatOf, isTextual, type LoweredContent, mediaType, type WrittenBody, writeBody } from "./body.ts";
import { Generator } from "./generate.ts";
import type { LoweredRequest } from "./lowered-request.ts";
import { GiveUp } from "./merged.ts";
import { type Mutant, mutants } from "./mutate.ts";
import type { Oracle } from "./oracle.ts";
import { Random } from "./random.ts";
import { type Written, writeParameter } from "./serialise.ts";

export interface PlannedRequest {
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What must be said of an invalid request, and nothing else. */
export interface Expected {
  readonly status: 400 | 415;
  /** Last part of the problem's type. */
  readonly slug: string;
  readonly violation?: {
    readonly in: string;
    readonly name?: string;
    readonly pointer: string;
    readonly keyword: string;
    readonly choices: readonly string[];
  };
}

export interface InvalidRequest {
  readonly what: string;
  readonly request: PlannedRequest;
  readonly expected: Expected;
}

interface Chosen {
  readonly parameter: ParameterIr;
  readonly value: unknown;
  readonly written: Written;
}

interface Draft {
  readonly parameters: readonly Chosen[];
  readonly content: LoweredContent | undefined;
  readonly value: unknown;
  readonly body: WrittenBody | undefined;
}

/** Fields that say how a message is carried: a made-up value would be about the connection, not about the operation. */
const carrying = [
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
  "content-encoding",
  "cookie",
];

/** Valid requests for one operation, and invalid ones with one thing wrong each. */
export class RequestPlan {
  readonly #request: LoweredRequest;
  readonly #oracle: Oracle;
  readonly #random: Random;
  /** Parts of valid requests that could not be made. */
  readonly givenUp: string[] = [];

  constructor(request: LoweredRequest, oracle: Oracle, seed: string) {
    this.#request = request;
    this.#oracle = oracle;
    this.#random = new Random(seed);
  }

  /** `optional`: share of what need not be there. Throws GiveUp where something that must be there cannot be made. */
  draft(optional: number): Draft {
    const parameters: Chosen[] = [];
    for (const parameter of this.#request.parameters) {
      if (!parameter.required && this.#random.next() >= optional) continue;
      try {
        parameters.push(this.#parameter(parameter));
      } catch (error) {
        if (!(error instanceof GiveUp)) throw error;
        const reason = `${parameter.in} parameter ${parameter.name}: ${error.message}`;
        if (parameter.required) throw new GiveUp(reason);
        this.givenUp.push(reason);
      }
    }
    return { parameters, ...this.#body(optional) };
  }

  request({ parameters, body }: Pick<Draft, "parameters" | "body">): PlannedRequest {
    const texts = new Map(
      parameters.flatMap(({ parameter, written }) =>
        written.path === undefined ? [] : [[parameter.name, written.path] as const],
      ),
    );
    const query = parameters.flatMap(({ written }) => written.query);
    const cookies = parameters.flatMap(({ written }) => written.cookie);
    const fields = parameters.flatMap(({ parameter, written }) =>
      written.header === undefined ? [] : [[parameter.name, written.header] as const],
    );
    return {
      target: pathOf(this.#request.path.segments, texts) + (query.length === 0 ? "" : `?${query.join("&")}`),
      headers: [
        ...fields,
        ...(cookies.length === 0 ? [] : [["Cookie", cookies.join("; ")] as const]),
        ...(body === undefined ? [] : [["Content-Type", body.contentType] as const]),
      ],
      body: body?.body ?? "",
    };
  }

  invalid(draft: Draft): InvalidRequest[] {
    return [
      ...this.#withoutParameters(draft),
      ...this.#wrongParameters(draft),
      ...this.#wrongMessages(draft),
      ...this.#wrongBodies(draft),
    ];
  }

  #value(schema: string | undefined, optional: number, isText: boolean, accepts: (value: unknown) => boolean): unknown {
    let reason = "no generated value is valid";
    for (let round = 0; round < 12; round++) {
      const share = round % 3 === 2 ? 0 : optional / (1 + round / 3);
      try {
        const generator = new Generator((id) => this.#oracle.get(id), this.#random, { optional: share, isTextual: isText });
        const value = generator.value(schema === undefined ? [true] : [{ $ref: `#/${schema}` }]);
        if ((schema === undefined || this.#oracle.accepts(schema, value)) && accepts(value)) return value;
      } catch (error) {
        if (!(error instanceof GiveUp)) throw error;
        reason = error.message;
      }
    }
    throw new GiveUp(reason);
  }

  #parameter(parameter: ParameterIr): Chosen {
    if (parameter.in === "header" && carrying.includes(parameter.name.toLowerCase()))
      throw new GiveUp("the field says how the message is carried");
    let written: Written | undefined;
    const value = this.#value(parameter.enforced === "presence" ? undefined : parameter.schema, 0.6, true, (candidate) => {
      try {
        written = writeParameter(parameter, candidate);
      } catch (error) {
        if (error instanceof GiveUp) return false;
        throw error;
      }
      return (
        this.#isRead(parameter, written) === "value" && (written.path === undefined || this.#isRoutable(parameter, written.path))
      );
    });
    return { parameter, value, written: written! };
  }

  /** What the tables say of text. */
  #isRead(parameter: ParameterIr, written: Written): "absent" | "value" | "refused" {
    const { name, schema } = parameter;
    const sent: SentParameters = {
      path: written.path === undefined ? {} : { [name]: written.path },
      query: written.query.join("&"),
      headers: [
        ...(written.header === undefined ? [] : [[name, written.header] as const]),
        ...(written.cookie.length === 0 ? [] : [["Cookie", written.cookie.join("; ")] as const]),
      ],
    };
    return readParameter(parameter, sent, (value) => schema === undefined || this.#oracle.accepts(schema, value)).kind;
  }

  /** In a part of a segment, nothing that could be taken for what is around it. */
  #isRoutable({ name }: ParameterIr, text: string): boolean {
    if (text === "" || /^\.\.?$|%(2F|5C|25|[01].|7F)/i.test(text)) return false;
    const isPart = this.#request.path.segments.some(
      (segment) => segment.kind === "mixed" && segment.parts.some((part) => part.kind === "parameter" && part.name === name),
    );
    return !isPart || /^[A-Za-z0-9]+$/.test(text);
  }

  #body(optional: number): Pick<Draft, "content" | "value" | "body"> {
    const none = { content: undefined, value: undefined, body: undefined };
    const { body } = this.#request;
    if (body === null || body.content.length === 0 || (!body.required && optional === 0)) return none;
    let reason = "";
    for (const content of this.#random.shuffled(body.content)) {
      try {
        let written: WrittenBody | undefined;
        const schema = content.validator?.data.schema;
        const value = this.#value(schema ?? undefined, optional, isTextual(content), (candidate) => {
          written = writeBody(
            content,
            schema === undefined && isTextual(content) && formatOf(content) !== "text" && formatOf(content) !== "binary"
              ? { a: "b" }
              : candidate,
          );
          return written.body !== "";
        });
        return { content, value, body: written! };
      } catch (error) {
        if (!(error instanceof GiveUp)) throw error;
        reason = `body ${mediaType(content)}: ${error.message}`;
      }
    }
    if (body.required) throw new GiveUp(reason);
    this.givenUp.push(reason);
    return none;
  }

  *#withoutParameters(draft: Draft): Requests {
    for (const { parameter } of draft.parameters) {
      if (!parameter.required || parameter.in === "path") continue;
      // Objects spread over pairs have no name that could be missing.
      if (
        parameter.explode &&
        parameter.shape.properties !== undefined &&
        parameter.style !== "deepObject" &&
        parameter.content === undefined
      )
        continue;
      const parameters = draft.parameters.filter((chosen) => chosen.parameter !== parameter);
      const violation = { in: parameter.in, name: parameter.name, pointer: "", keyword: "required", choices: [] };
      yield {
        what: `without ${parameter.in} parameter ${parameter.name}`,
        request: this.request({ ...draft, parameters }),
        expected: { status: 400, slug: "invalid-request", violation },
      };
    }
  }

  *#wrongParameters(draft: Draft): Requests {
    for (const chosen of draft.parameters) {
      const { parameter, value } = chosen;
      if (parameter.enforced === "presence" || parameter.schema === undefined) continue;
      for (const mutant of varied(mutants(parameter.schema, value, this.#oracle, true), 3, this.#random)) {
        const written = this.#refusedText(parameter, mutant);
        if (written === undefined) continue;
        const parameters = draft.parameters.map((one) => (one === chosen ? { ...chosen, value: mutant.value, written } : one));
        const { pointer, keyword, choices } = mutant;
        yield {
          what: `${parameter.in} parameter ${parameter.name}${pointer}: ${keyword}`,
          request: this.request({ ...draft, parameters }),
          expected: {
            status: 400,
            slug: "invalid-request",
            violation: { in: parameter.in, name: parameter.name, pointer, keyword, choices },
          },
        };
      }
    }
  }

  #refusedText(parameter: ParameterIr, { value }: Mutant): Written | undefined {
    try {
      const written = writeParameter(parameter, value);
      if (written.path !== undefined && !this.#isRoutable(parameter, written.path)) return undefined;
      return this.#isRead(parameter, written) === "refused" ? written : undefined;
    } catch (error) {
      if (error instanceof GiveUp) return undefined;
      throw error;
    }
  }

  *#wrongMessages(draft: Draft): Requests {
    const { body } = this.#request;
    if (body === null || draft.content === undefined || draft.body === undefined) return;
    if (body.required) {
      const violation = { in: "body", pointer: "", keyword: "required", choices: [] };
      yield {
        what: "without body",
        request: this.request({ ...draft, body: undefined }),
        expected: { status: 400, slug: "invalid-request", violation },
      };
    }
    if (!body.content.some(({ type, subtype }) => type === "*" || (type === "application" && subtype === "*"))) {
      const wrong = { contentType: "application/x-corpus-unknown", body: draft.body.body };
      yield {
        what: "wrong media type",
        request: this.request({ ...draft, body: wrong }),
        expected: { status: 415, slug: "unsupported-media-type" },
      };
    }
    if (formatOf(draft.content) === "json") {
      const wrong = { ...draft.body, body: `${draft.body.body}}` };
      yield {
        what: "malformed JSON",
        request: this.request({ ...draft, body: wrong }),
        expected: { status: 400, slug: "malformed-body" },
      };
    }
  }

  *#wrongBodies(draft: Draft): Requests {
    const { content } = draft;
    const schema = content?.validator?.data.schema;
    if (content === undefined || schema === undefined) return;
    for (const mutant of varied(mutants(schema, draft.value, this.#oracle, isTextual(content)), 8, this.#random)) {
      const { pointer, keyword, choices } = mutant;
      let body: WrittenBody;
      try {
        body = writeBody(content, mutant.value);
      } catch (error) {
        if (error instanceof GiveUp) continue;
        throw error;
      }
      // Nothing is left to be sent, which is another thing than an empty object.
      if (body.body === "" || (formatOf(content) === "multipart" && body.body.startsWith("--corpus--"))) continue;
      yield {
        what: `body${pointer}: ${keyword}`,
        request: this.request({ ...draft, body }),
        expected: { status: 400, slug: "invalid-request", violation: { in: "body", pointer, keyword, choices } },
      };
    }
  }
}

type Requests = globalThis.Generator<InvalidRequest>;

/** Different keywords first. */
function varied(list: readonly Mutant[], count: number, random: Random): Mutant[] {
  const shuffled = random.shuffled(list);
  const seen = new Set<string>();
  const first = shuffled.filter(({ keyword }) => !seen.has(keyword) && seen.add(keyword));
  return [...first, ...shuffled.filter((mutant) => !first.includes(mutant))].slice(0, count);
}

function pathOf(segments: readonly Segment[], texts: ReadonlyMap<string, string>): string {
  const written = (name: string): string => texts.get(name) ?? "undeclared";
  return segments
    .map((segment) => {
      if (segment.kind === "literal") return `/${segment.text}`;
      if (segment.kind === "parameter") return `/${written(segment.name)}`;
      if (segment.kind === "mixed")
        return `/${segment.parts.map((part) => (part.kind === "literal" ? part.text : written(part.name))).join("")}`;
      return "/any";
    })
    .join("");
}
