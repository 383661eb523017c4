import type { StartValue } from "../../runtime/exchange/exchange.ts";
import type { JwtAudience } from "../../schema/resources.gen.ts";
import type { Lowered } from "../ir/config.ts";
import { startValue } from "../text/setting.ts";
import type { SchemeContext } from "./contract.ts";

/** What `aud` may name; each may hold settings. */
export function startAudience(audience: JwtAudience, context: SchemeContext): Lowered<readonly (StartValue | string)[]> | "any" {
  if (typeof audience === "string") return [startValue(audience, context.at("/audience"))];
  return "any" in audience ? "any" : audience.map((one, index) => startValue(one, context.at(`/audience/${index}`)));
}
