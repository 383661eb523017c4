import type { Origin } from "../ir/origin.ts";
import { withoutUsers } from "../text/without-users.ts";
import type { Diagnostic, DiagnosticExtras, Severity } from "./diagnostic.ts";

/** A diagnostic before its values and its place are known. `{name}` is a placeholder, `{{name}}` stands for `{name}`. */
export interface MessageTemplate {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly label: string;
  readonly why: string;
  readonly help: string;
}

/** Makes a function that reports `template` at a place, with its placeholders filled in. */
export const message =
  <Placeholder extends string>(template: MessageTemplate) =>
  (at: Origin, values: Readonly<Record<Placeholder, string>>, extras: DiagnosticExtras = {}): Diagnostic =>
    diagnose(template, at, values, extras);

/** The same for a template without placeholders. */
export const fixedMessage =
  (template: MessageTemplate) =>
  (at: Origin, extras: DiagnosticExtras = {}): Diagnostic =>
    diagnose(template, at, {}, extras);

function diagnose(
  template: MessageTemplate,
  at: Origin,
  values: Readonly<Record<string, string>>,
  extras: DiagnosticExtras,
): Diagnostic {
  return {
    code: template.code,
    severity: template.severity,
    message: fill(template.message, values),
    primary: { origin: at, text: fill(template.label, values), ...(extras.isSecret === true ? { isSecret: true } : {}) },
    related: (extras.related ?? []).map((label) => ({ ...label, text: withoutUsers(label.text) })),
    why: fill(template.why, values),
    help: fill(template.help, values),
    edits: extras.edits ?? [],
    ...(extras.alike === undefined ? {} : { alike: extras.alike }),
  };
}

/** One pass, so that braces inside a value stay what they are. What is quoted is on one line, whatever users write. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\{\{([a-z][A-Za-z0-9]*)\}\}|(`?)\{([a-z][A-Za-z0-9]*)\}/g,
    (whole, literal: string | undefined, quote: string | undefined, name: string | undefined) => {
      if (literal !== undefined) return `{${literal}}`;
      if (!Object.hasOwn(values, name!)) return whole;
      const value = withoutUsers(values[name!]!);
      return quote === "`" ? `\`${value.replaceAll("\n", "\u240a")}` : value;
    },
  );
}
