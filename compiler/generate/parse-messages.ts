/** One diagnostic as `messages.md` describes it. */
export interface Message {
  /** `link/unknown-operation`. */
  readonly code: string;
  readonly slug: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly label: string;
  readonly why: string;
  readonly help: string;
  /** Paragraphs for the documentation page; empty where there are none. */
  readonly prose: string;
  /** Files of an example by path. */
  readonly bad: Readonly<Record<string, string>>;
  readonly good: Readonly<Record<string, string>>;
  /** Names of the placeholders in message, label, why and help, in order of appearance. */
  readonly placeholders: readonly string[];
}

export interface MessageProblem {
  readonly line: number;
  readonly text: string;
}

const slugPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const fieldPattern = /^(error|warning|label|why|help|example): *(.*)$/;
const fencePattern = /^(`{3,})(\S*)(?: (bad|good) (\S+))?\s*$/;

/** Reads the text of a `messages.md`; what it gets wrong is returned, with the line, beside what could be read. */
export function parseMessages(text: string, owner: string): { messages: Message[]; problems: MessageProblem[] } {
  const problems: MessageProblem[] = [];
  const lines = text.split(/\r?\n/);
  const starts = sectionStarts(lines);
  const messages: Message[] = [];
  for (const [index, start] of starts.entries()) {
    const message = parseSection(lines.slice(start, starts[index + 1]), start + 1, owner, problems);
    if (message === undefined) continue;
    if (messages.some(({ slug }) => slug === message.slug))
      problems.push({ line: start + 1, text: `\`${message.slug}\` is described twice` });
    else messages.push(message);
  }
  return { messages, problems };
}

/** Indices of the `## slug` lines that are not inside a code block. */
function sectionStarts(lines: readonly string[]): number[] {
  const starts: number[] = [];
  let fence = "";
  for (const [index, line] of lines.entries()) {
    if (fence !== "") {
      if (line.trim() === fence) fence = "";
    } else if (fencePattern.test(line)) fence = fencePattern.exec(line)![1]!;
    else if (line.startsWith("## ")) starts.push(index);
  }
  return starts;
}

function parseSection(
  lines: readonly string[],
  firstLine: number,
  owner: string,
  problems: MessageProblem[],
): Message | undefined {
  const slug = lines[0]!.slice(3).trim();
  const before = problems.length;
  const report = (index: number, text: string): unknown => problems.push({ line: firstLine + index, text });
  if (!slugPattern.test(slug)) report(0, `\`${slug}\` is no slug; write lower case words joined by hyphens`);

  const fields = new Map<string, string>();
  const examples = { bad: new Map<string, string>(), good: new Map<string, string>() };
  const prose: string[] = [];
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index]!;
    const fence = fencePattern.exec(line);
    if (fence !== null) {
      const end = lines.findIndex((candidate, at) => at > index && candidate.trim() === fence[1]);
      if (end < 0) {
        report(index, "the code block does not end");
        break;
      }
      const [, , , kind, file] = fence;
      if (kind === undefined) prose.push(...lines.slice(index, end + 1));
      else {
        const files = examples[kind as "bad" | "good"];
        if (files.has(file!)) report(index, `the ${kind} example gives ${file} twice`);
        files.set(file!, `${lines.slice(index + 1, end).join("\n")}\n`);
      }
      index = end;
      continue;
    }
    const field = prose.length === 0 ? fieldPattern.exec(line) : null;
    if (field === null) {
      if (line.trim() !== "" || prose.length > 0) prose.push(line);
      continue;
    }
    let [, name, value] = field as unknown as [string, string, string];
    // A field may go on in the next lines, up to an empty line or the next field.
    while (index + 1 < lines.length && lines[index + 1]!.trim() !== "" && !fieldPattern.test(lines[index + 1]!))
      value += ` ${lines[++index]!.trim()}`;
    if (name === "error" || name === "warning") {
      if (fields.has("severity")) report(index, "the message has two sentences");
      fields.set("severity", name);
      name = "message";
    }
    fields.set(name, value.trim());
  }

  for (const name of ["message", "label", "why", "help"]) {
    const given = fields.get(name);
    if (given === undefined || given === "")
      report(0, `\`${slug}\` has no line \`${name === "message" ? "error:` or `warning:" : `${name}:`}\``);
  }
  // What only very large gateways have is tested where it is made.
  const isTooLarge = fields.get("example") === "none";
  if (fields.has("example") && !isTooLarge) report(0, "`example:` can only be `none`; examples are blocks of code");
  for (const [kind, files] of Object.entries(examples))
    if (isTooLarge !== (files.size === 0))
      report(0, isTooLarge ? `\`${slug}\` has \`example: none\` and a ${kind} example` : `\`${slug}\` has no ${kind} example`);
  // A missing example is a fault of the page, not of the function.
  if (problems.slice(before).some(({ text }) => !text.endsWith("example"))) return undefined;

  const [message, label, why, help] = ["message", "label", "why", "help"].map((name) => fields.get(name)!) as [
    string,
    string,
    string,
    string,
  ];
  return {
    code: `${owner}/${slug}`,
    slug,
    severity: fields.get("severity") as Message["severity"],
    message,
    label,
    why,
    help,
    prose: prose
      .join("\n")
      .replaceAll(/\n{3,}/g, "\n\n")
      .trim(),
    bad: Object.fromEntries(examples.bad),
    good: Object.fromEntries(examples.good),
    placeholders: placeholdersOf([message, label, why, help].join("\n")),
  };
}

/** `{name}` is a placeholder; `{{name}}` stands for `{name}` itself. */
const placeholdersOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/(?<!\{)\{([a-z][A-Za-z0-9]*)\}(?!\})/g)].map((match) => match[1]!)),
];
