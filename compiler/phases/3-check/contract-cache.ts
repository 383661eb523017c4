import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { RecordingSink } from "../../diagnostics/recording-sink.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { MessageViews, ResponseIr } from "../../ir/body.ts";
import type { JsonSchema, SchemaIr } from "../../ir/schema.ts";
import type { MessageContract } from "../../policy/contract.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import { MessageContracts } from "./contracts.ts";

/** Something that policies want to know of specs. */
type Question =
  | { readonly kind: "contract"; readonly operation: LinkedOperation; readonly views: MessageViews | undefined }
  /** `of`: number of the question that gave the contract. */
  | { readonly kind: "responses"; readonly of: number }
  | { readonly kind: "schemas" };

interface Answered {
  readonly question: Question;
  readonly found: readonly Diagnostic[];
  readonly contract?: MessageContract;
  readonly schemas?: readonly SchemaIr[];
}

/** The questions of one build in their order, and what was answered. */
interface Conversation {
  readonly credentials: string;
  readonly contracts: MessageContracts;
  readonly sink: RecordingSink;
  readonly answered: Answered[];
}

/**
 * Holds what the last build learnt of the messages of specs for the next one. Names of schemas depend on who asked
 * before, so an answer is used again only while the questions are the same, in the same order, about the same nodes; at
 * the first that differs all is asked anew. That makes the result the one of a build without a past.
 */
export class ContractCache {
  #last: Conversation | undefined;

  open(linked: LinkedGateway, credentials: readonly string[], sink: DiagnosticSink): MessageContracts {
    const begin = (): Conversation => {
      const recording = new RecordingSink();
      const contracts = new MessageContracts(linked, credentials, recording);
      return (this.#last = { credentials: credentials.join("\n"), contracts, sink: recording, answered: [] });
    };
    const last = this.#last?.credentials === credentials.join("\n") ? this.#last : begin();
    return new RememberedContracts(linked, credentials, sink, last, begin);
  }
}

class RememberedContracts extends MessageContracts {
  readonly #target: DiagnosticSink;
  readonly #begin: () => Conversation;
  #conversation: Conversation;
  readonly #asked: Question[] = [];
  readonly #given = new Map<LinkedOperation, Map<string, MessageContract | undefined>>();

  constructor(
    linked: LinkedGateway,
    credentials: readonly string[],
    sink: DiagnosticSink,
    conversation: Conversation,
    begin: () => Conversation,
  ) {
    super(linked, credentials, sink);
    this.#target = sink;
    this.#conversation = conversation;
    this.#begin = begin;
  }

  override of(operation: LinkedOperation, views?: MessageViews): MessageContract | undefined {
    if (operation.spec === undefined) return undefined;
    let given = this.#given.get(operation);
    if (given === undefined) this.#given.set(operation, (given = new Map()));
    const key = JSON.stringify(views ?? "");
    const known = given.get(key);
    if (known !== undefined) return known;
    const number = this.#asked.length;
    const first = this.#ask({ kind: "contract", operation, views }).contract!;
    const responses = (): readonly ResponseIr[] | undefined => {
      this.#ask({ kind: "responses", of: number });
      return this.#conversation.answered[number]!.contract!.responses;
    };
    let isAsked = false;
    let answer: readonly ResponseIr[] | undefined;
    const contract: MessageContract = {
      parameters: first.parameters,
      refusable: first.refusable,
      body: first.body,
      get responses() {
        if (!isAsked) answer = responses();
        isAsked = true;
        return answer!;
      },
      get offered() {
        return first.offered;
      },
      knownQuery: first.knownQuery,
    };
    given.set(key, contract);
    return contract;
  }

  override schemaOf(id: string): JsonSchema | undefined {
    return this.#conversation.contracts.schemaOf(id);
  }

  override get schemas(): readonly SchemaIr[] {
    return this.#ask({ kind: "schemas" }).schemas!;
  }

  #ask(question: Question): Answered {
    const number = this.#asked.push(question) - 1;
    const known = this.#conversation.answered[number];
    if (known !== undefined && isSame(known.question, question)) {
      for (const diagnostic of known.found) this.#target.report(diagnostic);
      return known;
    }
    if (known !== undefined) {
      this.#conversation = this.#begin();
      // What these report was reported when they were asked.
      for (const earlier of this.#asked.slice(0, number)) answer(this.#conversation, earlier, undefined);
    }
    return answer(this.#conversation, question, this.#target);
  }
}

function answer({ contracts, sink, answered }: Conversation, question: Question, target: DiagnosticSink | undefined): Answered {
  const found = sink.record(target);
  let made: Answered;
  if (question.kind === "contract") made = { question, found, contract: contracts.of(question.operation, question.views) };
  else if (question.kind === "schemas") made = { question, found, schemas: contracts.schemas };
  else {
    // Asking is what counts: the contract keeps the answer.
    void answered[question.of]!.contract!.responses;
    made = { question, found };
  }
  sink.record(undefined);
  answered.push(made);
  return made;
}

function isSame(a: Question, b: Question): boolean {
  if (a.kind === "contract" && b.kind === "contract")
    return JSON.stringify(a.views) === JSON.stringify(b.views) && isSameOperation(a.operation, b.operation);
  if (a.kind === "responses" && b.kind === "responses") return a.of === b.of;
  return a.kind === b.kind;
}

/** In everything that a contract is made of. */
function isSameOperation(a: LinkedOperation, b: LinkedOperation): boolean {
  if (a === b) return true;
  return (
    a.spec?.source === b.spec?.source &&
    a.spec?.operation === b.spec?.operation &&
    hasSameEntries(a.spec?.item ?? {}, b.spec?.item ?? {}) &&
    a.operationId === b.operationId &&
    a.api === b.api &&
    a.version === b.version &&
    JSON.stringify(a.match.version) === JSON.stringify(b.match.version)
  );
}

/** A path item with a `$ref` is put together anew by each build, of the same parts. */
function hasSameEntries(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}
