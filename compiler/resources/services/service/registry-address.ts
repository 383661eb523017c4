import type { StartUrlConfig } from "../../../../runtime/identity/start-url.ts";
import { type MakeIr, make } from "../../../ir/config.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { hasSetting, startValue } from "../../../text/setting.ts";

/** As messages of the start name it. `option`: below `discover`, with slashes. */
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
