import type { Positions } from "../../../ir/positions.ts";
import type { JsonObject, JsonValue } from "../../../source/source-set.ts";
import { own } from "../../../text/own.ts";
import { extensions, NewNode } from "./new-node.ts";

/** Names of the OAuth 2.0 flows in OpenAPI 3. */
const flows: Readonly<Record<string, string>> = {
  implicit: "implicit",
  password: "password",
  application: "clientCredentials",
  accessCode: "authorizationCode",
};

/** A Security Scheme Object. A type that Swagger 2.0 does not have stays, to be reported as in OpenAPI 3. */
export function securityScheme(written: JsonObject, positions: Positions): JsonObject {
  const made = new NewNode(positions, written).take(written, ["description", ...extensions(written)]);
  if (written.type === "basic") return made.put("type", "http").put("scheme", "basic", "type").object;
  made.take(written, ["type"]);
  if (written.type !== "oauth2") return made.take(written, ["name", "in"]).object;
  const flow = new NewNode(positions, written).take(written, ["authorizationUrl", "tokenUrl"]);
  if (written.scopes === undefined) flow.put("scopes", {}, "flow");
  else flow.take(written, ["scopes"]);
  const name = typeof written.flow === "string" ? (own(flows, written.flow) ?? written.flow) : undefined;
  if (name !== undefined) made.put("flows", new NewNode(positions, written).put(name, flow.object, "flow").object, "flow");
  return made.object;
}

/** `servers` from schemes, host and base path; a relative address where no host is stated. */
export function servers(document: JsonObject, schemes: readonly string[], positions: Positions): JsonValue {
  const basePath = typeof document.basePath === "string" && document.basePath !== "" ? document.basePath : "/";
  const path = basePath.startsWith("/") ? basePath : `/${basePath}`;
  const { host } = document;
  const urls =
    typeof host !== "string" || host === ""
      ? [path]
      : schemes.length === 0
        ? [`//${host}${path}`]
        : schemes.map((scheme) => `${scheme}://${host}${path}`);
  const key = document.basePath === undefined ? "host" : "basePath";
  const list = urls.map((url) => new NewNode(positions, document).put("url", url, key).object);
  positions.inherit(list, document);
  return list;
}
