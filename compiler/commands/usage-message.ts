import type { Command } from "cac";
import { suggestion } from "../diagnostics/suggest.ts";

/** What cac found wrong with a command line, in our words: what is wrong, and how the command is written. */
export function usageMessage(error: Error, command: Command | undefined): string {
  const { message } = error;
  if (command === undefined) return message;
  const usage = `\`gatewright ${command.rawName}\``;
  const [, option] = /^Unknown option `(.*)`$/.exec(message) ?? [];
  if (option !== undefined) {
    const known = command.options.map(({ name, negated }) => `--${negated ? "no-" : ""}${kebab(name)}`);
    return `\`${command.name}\` has no option \`${kebab(option)}\`. ${suggestion(kebab(option), [...known, "--help"])}`;
  }
  const [, valueless] = /^option `(.*)` value is missing$/.exec(message) ?? [];
  if (valueless !== undefined) return `An option has no value: write \`${valueless}\`.`;
  const [, surplus] = /^Unused args: (.*)$/.exec(message) ?? [];
  if (surplus !== undefined) return `${surplus} is too much: write ${usage}, and call it once for each.`;
  if (message.startsWith("missing required args")) return `Something is missing: write ${usage}.`;
  return message;
}

/** cac hands out names in camelCase. */
const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
