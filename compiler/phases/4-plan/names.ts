import type { StartValueIr } from "../../ir/config.ts";
import { walkConfig } from "../../ir/config-nodes.ts";
import { jsIdentifier } from "../../text/js.ts";
import { settingPattern } from "../../text/setting.ts";
import { camelCase } from "../../text/words.ts";
import type { Instance } from "./instances.ts";

/** A free name: the text itself, with `suffix`, or with a number. */
export function freeName(text: string, suffix: string, taken: Set<string>): string {
  const plain = jsIdentifier(text, new Set());
  if (!taken.has(plain)) {
    taken.add(plain);
    return plain;
  }
  return jsIdentifier(`${text} ${suffix}`, taken);
}

/** `createOrderRateLimit` where one operation uses it, `rateLimit` otherwise, `securityPartnerKey` where it names schemes. */
export function instanceName(instance: Instance, onlyUser: string | undefined, taken: Set<string>): string {
  const schemes: string[] = [];
  walkConfig(instance.step.config, { resource: ({ room, name }) => room === "identity" && schemes.push(name) });
  const policy = camelCase(instance.step.policy);
  if (schemes.length > 0) return jsIdentifier([policy, ...new Set(schemes)].join(" "), taken);
  return jsIdentifier(onlyUser === undefined ? policy : `${onlyUser} ${policy}`, taken);
}

/** `ACME_KEY` → `acmeKey`, `/run/secrets/db-password` → `dbPassword`, `http://${env:HOST}/` → `host`. */
export function startValueName(value: StartValueIr, taken: Set<string>): string {
  const text =
    value.kind === "setting"
      ? [...value.template.matchAll(settingPattern)].map((match) => match[1]).join("_")
      : "env" in value.from
        ? value.from.env
        : (value.from.file.split("/").at(-1) ?? "");
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const spelt = words.map((word, index) => {
    const lower = word === word.toUpperCase() ? word.toLowerCase() : word;
    return index === 0 ? lower[0]!.toLowerCase() + lower.slice(1) : lower;
  });
  return jsIdentifier(spelt.length === 0 ? "value" : spelt.join(" "), taken);
}
