import { existsSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { camelCase } from "../text/words.ts";
import type { Outputs } from "./outputs.ts";
import type { Message } from "./parse-messages.ts";
import { fields, header, recordLiteral } from "./print.ts";
import { filesBelow, type MessageFile, type Workspace } from "./workspace.ts";

/** `messages.gen.ts` beside every `messages.md`, and one table of all pages. */
export function generateMessages(workspace: Workspace, out: Outputs): void {
  for (const file of workspace.messages) {
    if (file.messages.length > 0) out.write(modulePath(file.path), messageModule(file));
  }
  for (const path of filesBelow(workspace.root, "compiler").filter((file) => file.endsWith("/messages.gen.ts"))) {
    const source = path.replace(/\.gen\.ts$/, ".md");
    const used = workspace.messages.some((file) => file.path === source && file.messages.length > 0);
    // A source that could not be read keeps its functions, so that one mistake does not break every module that uses them.
    if (!used && !existsSync(join(workspace.root, source))) out.remove(path);
  }
  out.write("compiler/diagnostics/pages.gen.ts", pagesModule(workspace.messages));
}

const modulePath = (path: string): string => path.replace(/\.md$/, ".gen.ts");

function messageModule(file: MessageFile): string {
  const makers = [
    file.messages.some(({ placeholders }) => placeholders.length === 0) ? "fixedMessage" : "",
    file.messages.some(({ placeholders }) => placeholders.length > 0) ? "message" : "",
  ].filter((name) => name !== "");
  let maker = posix.relative(dirname(file.path), "compiler/diagnostics/message.ts");
  if (!maker.startsWith(".")) maker = `./${maker}`;
  return [
    header(file.path),
    `import { ${makers.join(", ")} } from "${maker}";`,
    "",
    file.messages.map(messageFunction).join("\n\n"),
  ].join("\n");
}

function messageFunction(message: Message): string {
  const { code, severity, placeholders } = message;
  const call =
    placeholders.length === 0 ? "fixedMessage" : `message<${placeholders.map((name) => JSON.stringify(name)).join(" | ")}>`;
  const properties = { code, severity, message: message.message, label: message.label, why: message.why, help: message.help };
  return `export const ${camelCase(message.slug)} = ${call}({\n${fields(properties, "  ")}});`;
}

function pagesModule(files: readonly MessageFile[]): string {
  const messages = files.flatMap((file) => file.messages).sort((a, b) => (a.code < b.code ? -1 : 1));
  const pages = messages.map(({ code, severity, message, label, why, help, prose, bad, good }) => {
    const text = fields({ severity, message, label, why, help, prose }, "    ");
    return `  ${JSON.stringify(code)}: {\n${text}    bad: ${recordLiteral(bad, "    ")},\n    good: ${recordLiteral(good, "    ")},\n  },\n`;
  });
  return [
    header("every messages.md below compiler/"),
    'import type { DiagnosticPage } from "./diagnostic-page.ts";',
    "",
    "/** The documentation page of every diagnostic, by code. */",
    `export const pages: Readonly<Record<string, DiagnosticPage>> = {\n${pages.join("")}};`,
  ].join("\n");
}
