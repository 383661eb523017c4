import type { KeptByIr } from "../../ir/step.ts";
import { list } from "../../text/words.ts";

/** What tells kept answers apart, and what reaches the service that does not. */
export function keptByLines({ key, declared, further, written }: KeptByIr): readonly string[] {
  const others = further === "any" ? ["any other field that the client sends"] : further.map((name) => `header ${name}`);
  const unkeyed = [
    ...declared.map((name) => `${name} (declared)`),
    ...others,
    ...written.map((name) => `header ${name} (of the gateway)`),
  ];
  return [
    `key: ${list(key)}`,
    unkeyed.length === 0
      ? "nothing else reaches the service"
      : `reaches the service and is not in the key: ${list(unkeyed)}; answers that depend on it need it in Vary`,
  ];
}
