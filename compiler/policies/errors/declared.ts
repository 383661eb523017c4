import type { ExpressionIr } from "../../ir/expression.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";
import { notAsDeclared, otherMediaType } from "./messages.gen.ts";

/** Statuses with which the gateway refuses requests that have an operation: 404 and 405 are for those that have none. */
const statuses = [400, 401, 403, 406, 413, 415, 426, 429, 500, 502, 503, 504];

/** Reports what the spec declares otherwise for each status that the gateway may give. */
export function checkDeclared(body: ExpressionIr, mediaType: string, context: PolicyContext): void {
  for (const mismatch of context.errorMismatches({ body, mediaType, statuses })) {
    const { declared: status, origin } = mismatch;
    const related = [{ origin, text: "declared here" }];
    if ("mediaTypes" in mismatch) {
      const types = list(
        mismatch.mediaTypes.map((type) => `\`${type}\``),
        "or",
      );
      context.report(otherMediaType(context.at("/contentType"), { status, types, found: mediaType }, { related }));
      continue;
    }
    const { pointer, wanted } = mismatch.misfit;
    const where = pointer === "" ? "the body" : `\`${pointer}\``;
    const some = mismatch.statuses.length === 0 ? "" : ` for ${list(mismatch.statuses.map(String))}`;
    context.report(notAsDeclared(context.at("/body"), { status, where, wanted, for: some }, { related }));
  }
}
