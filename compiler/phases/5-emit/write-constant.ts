import type { Origin } from "../../ir/origin.ts";
import { type JsValue, jsValue } from "../../text/js-value.ts";
import type { ModuleWriter } from "./module-writer.ts";

export function writeConstant(
  name: string,
  factory: string,
  config: JsValue,
  origin: Origin,
  isExported: boolean,
  writer: ModuleWriter,
): void {
  const call = `${isExported ? "export " : ""}const ${name} = /* @__PURE__ */ ${factory}(`;
  writer.line(`${call}${jsValue(config, call.length + 2)});`, origin);
  writer.line();
}
