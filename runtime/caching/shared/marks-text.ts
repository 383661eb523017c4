import { type KeptMarks, sizeOfMarks } from "../purging/marks.ts";
import type { StoredAnswer } from "../stored-answer.ts";

type Written = readonly [
  tags: readonly string[],
  subject: string | null,
  uri: string,
  isWithoutQuery: boolean,
  era: string,
  number: number,
];

/** Empty: there are none. A number between two is one of this process: others go by the one before. */
export const marksText = (marks: KeptMarks | undefined): string =>
  marks === undefined
    ? ""
    : JSON.stringify([
        marks.tags,
        marks.subject ?? null,
        marks.uri,
        marks.isWithoutQuery,
        marks.era,
        Math.floor(marks.number),
      ] satisfies Written);

export function marksIn(text: string): Pick<StoredAnswer, "marks"> {
  if (text === "") return {};
  // Of the form of this entry.
  const [tags, subject, uri, isWithoutQuery, era, number] = JSON.parse(text) as Written;
  const marks = { tags, subject: subject ?? undefined, uri, isWithoutQuery };
  return { marks: { ...marks, era, number, bytes: sizeOfMarks(marks), seen: -1 } };
}
