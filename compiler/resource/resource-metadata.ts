import type { ResourceMetadataConfig } from "../../runtime/identity/resource-metadata.ts";
import { type MakeIr, make } from "../ir/config.ts";
import { resourcePath } from "../text/protected-resource.ts";
import { startValue } from "../text/setting.ts";
import type { SchemeContext } from "./contract.ts";
import { optionName } from "./start-url.ts";

/** What challenges of a scheme say of its resource; undefined where it has none, or one that was refused already. */
export function resourceMetadata(resource: string | undefined, provider: string, context: SchemeContext): MakeIr | undefined {
  const path = resource === undefined ? undefined : resourcePath(resource);
  if (resource === undefined || path === undefined) return undefined;
  return make<ResourceMetadataConfig>("identity/resource-metadata", "createResourceMetadata", {
    resource: startValue(resource, context.at("/resource")),
    path,
    option: optionName(provider, "/resource", context),
  });
}
