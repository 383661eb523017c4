import { suggestion } from "../../diagnostics/suggest.ts";
import type { MakeIr } from "../../ir/config.ts";
import type { EmittedIr } from "../../ir/emitted.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import { hasRole } from "../../ir/role.ts";
import type { PathPattern, Segment } from "../../ir/route.ts";
import type { StepIr } from "../../ir/step.ts";
import type { GatewayContext, PlacedStep } from "../../policy/contract.ts";
import { purgedPathUnknown, purgedTagUnknown } from "./messages.gen.ts";

/** The parts of configs that `lower` made. */
interface PurgingIr {
  readonly tagging: MakeIr | null;
  readonly after: MakeIr | null;
}

interface TaggingIr {
  readonly fields: readonly string[];
  readonly values: readonly EmittedIr<"expression">[];
}

interface PurgeAfterIr {
  readonly tags: readonly EmittedIr<"expression">[];
  readonly uris: readonly EmittedIr<"expression">[];
  readonly prefixes: readonly EmittedIr<"expression">[];
}

/** Whether what operations purge is anything that is kept, as far as it is known before the start. */
export function checkPurges(steps: readonly PlacedStep[], context: GatewayContext): void {
  const keeping = steps.filter(({ step }) => hasRole(step, "keeps"));
  const taggings = keeping.flatMap(({ step }) => configOf<TaggingIr>(purgingOf(step)?.tagging));
  const values = taggings.flatMap(({ values }) => values);
  // Which tags a service or a request names, nobody knows.
  const isOpen = taggings.some(({ fields }) => fields.length > 0) || values.some(({ data }) => textsOf(data) === undefined);
  const tags = new Set(values.flatMap(({ data }) => textsOf(data) ?? []));
  const paths = keeping.flatMap(({ operation }) => (operation === undefined ? [] : [operation.match.path]));
  for (const { step, operation } of steps) {
    const [after] = afterOf(step);
    if (after === undefined || operation === undefined) continue;
    const about = { alike: operation.operationId };
    for (const { data } of after.tags) {
      if (taggings.length > 0 && isOpen) continue;
      const texts = textsOf(data) ?? (taggings.length === 0 ? [data.text.trim()] : []);
      for (const tag of texts.filter((text) => !tags.has(text))) {
        const near = suggestion(tag, [...tags]);
        context.report(
          purgedTagUnknown(data.origin ?? step.origin, { operation: operation.operationId, tag, suggestion: near }, about),
        );
      }
    }
    for (const [expressions, isPrefix] of [
      [after.uris, false],
      [after.prefixes, true],
    ] as const)
      for (const { data } of expressions)
        for (const path of textsOf(data) ?? [])
          if (!paths.some((pattern) => isUnder(pattern, path, isPrefix)))
            context.report(purgedPathUnknown(data.origin ?? step.origin, { operation: operation.operationId, path }, about));
  }
}

const purgingOf = (step: StepIr): PurgingIr | undefined =>
  configOf<PurgingIr>((step.config as { readonly purging?: MakeIr | null }).purging)[0];

function afterOf(step: StepIr): readonly PurgeAfterIr[] {
  if (hasRole(step, "keeps")) return configOf(purgingOf(step)?.after);
  return configOf((step.config as { readonly purge?: MakeIr | null }).purge);
}

/** The config is what `make` was called with. */
const configOf = <Config>(made: MakeIr | null | undefined): readonly Config[] =>
  made === null || made === undefined ? [] : [made.config as unknown as Config];

/** The texts that an expression gives, whatever the request; undefined: they are not known. */
function textsOf({ root }: ExpressionIr): readonly string[] | undefined {
  const items = root.kind === "list" ? root.items : [root];
  const texts = items.flatMap((node) => {
    const inner = node.kind === "box" ? node.operand : node;
    return inner.kind === "constant" && typeof inner.value === "string" ? [inner.value] : [];
  });
  return texts.length === items.length ? texts : undefined;
}

/** Whether a path of the pattern can be this one, or below it. */
function isUnder({ segments }: PathPattern, named: string, isPrefix: boolean): boolean {
  const [path = ""] = named.replace(/^https?:\/\/[^/?]*/i, "").split("?", 1);
  const wanted = path.split("/").slice(1);
  if (isPrefix && wanted.at(-1) === "") wanted.pop();
  const rest = segments.findIndex(({ kind }) => kind === "rest");
  const isLongEnough = rest >= 0 || (isPrefix ? segments.length >= wanted.length : segments.length === wanted.length);
  return isLongEnough && wanted.every((text, at) => (rest >= 0 && at >= rest) || isAlike(segments[at], text));
}

/** What is written in the path of a spec in one way may be purged in another: only plain texts tell that they are not the same. */
const isAlike = (segment: Segment | undefined, text: string): boolean =>
  segment !== undefined && (segment.kind !== "literal" || segment.text === text || text.includes("%"));
