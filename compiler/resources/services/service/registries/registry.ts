import type { StartUrlConfig } from "../../../../../runtime/identity/start-url.ts";
import type { SecretReference, Service } from "../../../../../schema/resources.gen.ts";
import { type MakeIr, make, type StartValueIr } from "../../../../ir/config.ts";
import type { ServiceContext } from "../../../../resource/contract.ts";
import { followedSecret } from "../../../../resource/followed-secret.ts";
import { hasSetting, startValue, withDefaults } from "../../../../text/setting.ts";
import { registryHalf, registryUrl } from "../messages.gen.ts";

/** A kind of registry below `discover`. */
export interface Registry<Options> {
  /** As `explain` names it. */
  text(options: Options): string;
  /** What the schema cannot say. */
  check(options: Options, context: ServiceContext): void;
  /** The source of the run-time library. Undefined where it cannot be made, which is reported. */
  source(options: Options, context: ServiceContext, service: Service): MakeIr | undefined;
}

export const optionOf = (option: string, { name }: ServiceContext): string =>
  `services.${name}.discover.${option.replaceAll("/", ".")}`;

/** A URL that may hold settings: what it becomes is checked when the gateway starts. */
export const startUrl = (url: string, option: string, context: ServiceContext): MakeIr | string =>
  hasSetting(url)
    ? make<StartUrlConfig>("identity/start-url", "createStartUrl", {
        url: startValue(url, context.at(`/discover/${option}`)),
        option: optionOf(option, context),
      })
    : url;

export function checkUrl(url: string, option: string, context: ServiceContext): void {
  if (!isCallable(url)) context.report(registryUrl(context.at(`/discover/${option}`), { url }));
}

/** What a setting without a default becomes is checked at the start. */
function isCallable(written: string): boolean {
  const text = hasSetting(written) ? withDefaults(written) : written;
  if (text === undefined) return true;
  const { protocol, username, password } = URL.canParse(text) ? new URL(text) : { protocol: "", username: "", password: "" };
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** Of two options that need each other, one is missing. */
export function checkBoth<Options extends object>(
  registry: string,
  options: Options,
  [one, other]: readonly [keyof Options & string, keyof Options & string],
  context: ServiceContext,
): void {
  if ((options[one] === undefined) === (options[other] === undefined)) return;
  const [found, missing] = options[one] === undefined ? [other, one] : [one, other];
  context.report(registryHalf(context.key(`/discover/${registry}/${found}`), { registry, found, missing }));
}

/** A secret that is followed where it comes from a file; undefined where it is not written. */
export const secretOf = (
  from: SecretReference | undefined,
  option: string,
  context: ServiceContext,
): StartValueIr | MakeIr | undefined =>
  from === undefined ? undefined : followedSecret(from, context.at(`/discover/${option}`));
