import type { ValidateOptions } from "../../../schema/policies.gen.ts";
import type { BodyIr, ContentIr, MediaRangeIr, ResponseIr } from "../../ir/body.ts";
import type { BodyHandlingIr, StepIr } from "../../ir/step.ts";

/** Somebody looks at the body: there is a schema for it, or another policy reads its value. Otherwise it streams through. */
export const isChecked = ({ schema, hasSyntax, format }: ContentIr, isWanted: boolean): boolean =>
  format !== "unread" && (schema !== undefined || hasSyntax === true || (isWanted && format === "json"));

/** What becomes of the bodies of requests, and of what holding them asks of the run time. */
export function requestHandling(
  body: BodyIr | undefined,
  isWanted: boolean,
): Pick<StepIr, "body"> & Pick<Partial<StepIr>, "requestBodies"> {
  if (body === undefined) return { body: "untouched" };
  const plain = body.content.filter((content) => filesOf(content).length === 0);
  const screened = body.content.flatMap((content) => screenedText(content));
  const handling = handlingOf(plain.map((content) => [mediaTypeOf(content), isChecked(content, isWanted)]));
  const requestBodies = screened.length === 0 ? handling : { ...handling, screened };
  return { body: handling.held.length + screened.length > 0 ? "buffered" : mayWait(body) ? "begun" : "untouched", requestBodies };
}

/** Without length and media type there may be no body: that is settled by the first byte, where it matters. */
function mayWait({ required, content }: BodyIr): boolean {
  const [only, ...others] = content;
  const isOnly = others.length === 0 && only !== undefined && only.range.type !== "*" && !only.range.subtype.startsWith("*");
  return required || !(isOnly || content.some(({ range }) => range.type === "*" && range.parameters.length === 0));
}

/** The same for answers. */
export function answerHandling(responses: readonly ResponseIr[], options: ValidateOptions): Pick<StepIr, "answer"> {
  const bodies = handlingOf(
    responses.flatMap(({ status, content }) =>
      content.map((entry): [string, boolean] => [`${status} ${mediaTypeOf(entry)}`, isChecked(entry, false)]),
    ),
  );
  const use = options.response === "enforce" ? "held" : "seen";
  const larger = use === "held" && options.largeResponse === "refuse" ? "refused" : "unchecked";
  const collected = bodies.held.length === 0 ? {} : ({ most: options.maxBody, larger } as const);
  return { answer: { use, place: "validate", bodies, ...collected } };
}

/** Properties of a form that are files of whose content nothing is said. */
export const filesOf = ({ format, schema, fields }: ContentIr): string[] =>
  format !== "multipart" || schema === undefined
    ? []
    : Object.entries(fields ?? {}).flatMap(([name, { streams }]) => (streams !== undefined ? [name] : []));

function screenedText(content: ContentIr): string[] {
  const files = filesOf(content);
  return files.length === 0 ? [] : [`${mediaTypeOf(content)} (${files.join(", ")})`];
}

function handlingOf(bodies: readonly (readonly [string, boolean])[]): BodyHandlingIr {
  const names = (isHeld: boolean): string[] => bodies.flatMap(([name, isChecked]) => (isChecked === isHeld ? [name] : []));
  return { held: names(true), streamed: names(false) };
}

function mediaTypeOf({ range, format }: { readonly range: MediaRangeIr; readonly format: ContentIr["format"] }): string {
  const name = `${range.type}/${range.subtype}`;
  return format === "byType" ? `${name} (JSON and text)` : name;
}
