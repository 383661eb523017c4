import type { Surroundings } from "../../../expressions/proof/index.ts";
import type { RoutingIr } from "../../../ir/gateway.ts";
import type { Segment } from "../../../ir/route.ts";

/**
 * What is known of every request in question: those of an operation that a guardrail speaks of.
 *
 * @param wanted methods of the selector; undefined or `*` for any
 * @param paths those of the operation and of the selector: what is known best counts
 */
export function surroundingsOf(
  method: string,
  wanted: readonly string[] | undefined,
  paths: readonly (readonly Segment[])[],
  routing: RoutingIr,
): Surroundings {
  const methods = method === "*" ? (wanted?.includes("*") ? undefined : wanted) : [method];
  const known = paths.map((path) => literalOf(path)).sort((a, b) => b.length - a.length);
  const whole = known.find(({ isWhole }) => isWhole);
  return {
    // Whoever answers GET answers HEAD (RFC 9110 §9.3.2).
    ...(methods === undefined ? {} : { methods: methods.includes("GET") ? [...new Set([...methods, "HEAD"])] : methods }),
    path: whole === undefined ? { prefix: known[0]!.text } : { values: spellings(whole.text, routing) },
  };
}

interface Literal {
  readonly text: string;
  readonly length: number;
  readonly isWhole: boolean;
}

/** The path as far as it is written out. */
function literalOf(segments: readonly Segment[]): Literal {
  const end = segments.findIndex(({ kind }) => kind !== "literal");
  const texts = segments
    .slice(0, end < 0 ? undefined : end)
    .flatMap((segment) => (segment.kind === "literal" ? segment.text : []));
  const written = `/${texts.join("/")}`;
  // `/files/**` takes `/files` as well, where no slash follows.
  const text = end < 0 || segments[end]!.kind === "rest" || written === "/" ? written : `${written}/`;
  return { text, length: text.length, isWhole: end < 0 };
}

function spellings(path: string, { trailingSlash }: RoutingIr): readonly string[] {
  const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
  return trailingSlash === "ignore" && other !== "" ? [path, other] : [path];
}
