import { describe, expect, it } from "vitest";
import { parseMessages } from "../../../compiler/generate/parse-messages.ts";

const whole = `# Messages

## unknown-operation

error: \`{operation}\` is not an operation of {spec}.
label: no such operation
why: A selector that matches nothing
  would protect nothing.
help: {suggestion} Not {{this}}.

More about it.

## Not a message, but a heading in the prose

\`\`\`yaml bad policies.yaml
## not a message either
a: 1
\`\`\`

\`\`\`yaml good policies.yaml
a: 2
\`\`\`
`.replace("## Not a message, but a heading in the prose", "### A heading in the prose");

describe("messages.md", () => {
  it("gives every part of a message", () => {
    expect(parseMessages(whole, "link")).toEqual({
      problems: [],
      messages: [
        {
          code: "link/unknown-operation",
          slug: "unknown-operation",
          severity: "error",
          message: "`{operation}` is not an operation of {spec}.",
          label: "no such operation",
          why: "A selector that matches nothing would protect nothing.",
          help: "{suggestion} Not {{this}}.",
          prose: "More about it.\n\n### A heading in the prose",
          bad: { "policies.yaml": "## not a message either\na: 1\n" },
          good: { "policies.yaml": "a: 2\n" },
          placeholders: ["operation", "spec", "suggestion"],
        },
      ],
    });
  });

  it("takes several files in one example", () => {
    const text = whole.replace("```yaml good", "```yaml bad openapi.yaml\nb: 1\n```\n\n```yaml good");
    expect(parseMessages(text, "link").messages[0]!.bad).toEqual({
      "policies.yaml": "## not a message either\na: 1\n",
      "openapi.yaml": "b: 1\n",
    });
  });

  it.each([
    ["a part that is missing", whole.replace(/^why: .*\n.*\n/m, ""), 3, "`unknown-operation` has no line `why:`"],
    [
      "a sentence that is missing",
      whole.replace(/^error: .*\n/m, ""),
      3,
      "`unknown-operation` has no line `error:` or `warning:`",
    ],
    ["an example that is missing", whole.replace(/```yaml good[\s\S]*$/, ""), 3, "`unknown-operation` has no good example"],
    ["a file given twice", whole.replace("yaml good", "yaml bad"), 20, "the bad example gives policies.yaml twice"],
    [
      "a bad slug",
      whole.replace("unknown-operation", "unknownOperation"),
      3,
      "`unknownOperation` is no slug; write lower case words joined by hyphens",
    ],
    ["a block without an end", whole.slice(0, whole.lastIndexOf("```")), 20, "the code block does not end"],
    ["two messages of one name", whole + whole, 25, "`unknown-operation` is described twice"],
  ])("reports %s with its line", (_, text, line, problem) => {
    expect(parseMessages(text, "link").problems).toContainEqual({ line, text: problem });
  });
});
