import type { StartUrlConfig } from "../../runtime/identity/start-url.ts";
import { type MakeIr, make } from "../ir/config.ts";
import { hasSetting, startValue, withDefaults } from "../text/setting.ts";
import type { SchemeContext } from "./contract.ts";

/** A URL that may hold settings: what it becomes is checked when the gateway starts. */
export function startUrl(url: string, provider: string, pointer: string, context: SchemeContext): MakeIr | string {
  if (!hasSetting(url)) return url;
  return make<StartUrlConfig>("identity/start-url", "createStartUrl", {
    url: startValue(url, context.at(pointer)),
    option: optionName(provider, pointer, context),
  });
}

export const optionName = (provider: string, pointer: string, { name }: SchemeContext): string =>
  `identity.schemes.${name}.${provider}${pointer.replaceAll("/", ".")}`;

/** What of it can be checked before the gateway starts; undefined where a setting has no default. */
export const urlToCheck = (url: string): string | undefined => (hasSetting(url) ? withDefaults(url) : url);
