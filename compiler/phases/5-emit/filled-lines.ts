import { jsString } from "../../text/js.ts";
import { JsExpression } from "../../text/js-value.ts";

/** A long list of short words without white space: one a line would fill a page, and quotes around each a fifth of it. */
export function inFilledLines(words: readonly string[]): JsExpression {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  const texts = lines.map((line, index) => jsString(index < lines.length - 1 ? `${line} ` : line));
  return new JsExpression(`[\n      ${texts.join(",\n      ")},\n    ].join("").split(" ")`);
}
