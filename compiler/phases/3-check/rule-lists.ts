import type { RuleLists } from "../../policy/contract.ts";
import { own } from "../../text/own.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";

/** The lists of rules under `authorization`. What they mean, each operation says that uses them. */
export function ruleListsOf({ file, positions }: LinkedGateway): RuleLists {
  const written = file.authorization ?? {};
  return {
    names: Object.keys(written),
    find(name) {
      const rules = own(written, name);
      return rules === undefined ? undefined : { rules, at: (pointer) => positions.pointer(rules, pointer) };
    },
  };
}
