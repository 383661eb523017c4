import type { Exchange, Expression, Peer } from "../../exchange/exchange.ts";
import { jsonOf } from "../../expressions/json-of.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { RefusedTrace } from "../../gateway/refusals.ts";
import { escaped, jsonText } from "../../log/json-text.ts";
import type { LineConfig, LineFormat } from "./line.ts";
import { createNativeLine } from "./native-line.ts";

export interface ExpressionLineConfig {
  /** In the order of a line. A member whose expression has no value is left out. */
  readonly members: readonly MemberConfig[];
  /** For requests that could not be read, of which there is nothing that an expression could look at. */
  readonly unread: LineConfig;
}

export interface MemberConfig {
  readonly name: string;
  readonly value: Expression<unknown>;
  /** It looks at the fields of the answer: there is nothing to ask where the client left before one. */
  readonly ofAnswer?: true;
}

/** Lines with the members that expressions make. */
export const createExpressionLine = (config: ExpressionLineConfig): LineFormat => new ExpressionLine(config);

class ExpressionLine implements LineFormat {
  readonly #members: readonly { readonly key: string; readonly value: Expression<unknown>; readonly ofAnswer: boolean }[];
  readonly #unread: LineFormat;

  constructor({ members, unread }: ExpressionLineConfig) {
    this.#members = members.map(({ name, value, ofAnswer = false }) => ({ key: `${jsonText(name)}:`, value, ofAnswer }));
    this.#unread = createNativeLine(unread);
  }

  members(x: Exchange): string {
    let line = "";
    for (let index = 0; index < this.#members.length; index++) {
      const { key, value, ofAnswer } = this.#members[index]!;
      if (ofAnswer && x.answer === undefined) continue;
      const found = valueOf(value, x);
      if (found !== undefined) line += `${key}${textOf(found)},`;
    }
    return line;
  }

  refused(peer: Peer, status: number, problem: string, keyword: string, trace: RefusedTrace | undefined): string {
    return this.#unread.refused(peer, status, problem, keyword, trace);
  }
}

function textOf(value: unknown): string {
  if (typeof value === "string") return jsonText(value);
  if (typeof value === "boolean" || Number.isSafeInteger(value)) return String(value);
  return escaped(JSON.stringify(jsonOf(value)));
}
