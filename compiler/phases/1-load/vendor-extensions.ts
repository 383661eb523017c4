/** Another gateway whose configuration stands in specs that were exported from it. */
export interface Vendor {
  readonly name: string;
  /** What to write here for an extension; undefined where it asks for nothing of a gateway. */
  readonly instead: (key: string) => string | undefined;
}

interface Described extends Vendor {
  readonly prefix: string;
}

type Remedies = readonly (readonly [key: RegExp, instead: string])[];

const vendor = (name: string, prefix: string, remedies: Remedies): Described => ({
  name,
  prefix,
  instead: (key) => remedies.find(([pattern]) => pattern.test(key.slice(prefix.length)))?.[1],
});

const services = "`services`";
const identity = "`identity`";

const vendors: readonly Described[] = [
  vendor("Amazon API Gateway", "x-amazon-apigateway-", [
    [/^integrations?$/, services],
    [/^(authorizer|authtype|auth|api-key-source)$/, identity],
    [/^request-validators?$/, "`validate`"],
    [/^cors$/, "`cors`"],
    [/^policy$/, "`ipFilter` or `authorize`"],
    [/^gateway-responses$/, "`respond`"],
  ]),
  vendor("Google Cloud Endpoints", "x-google-", [
    [/^backend$/, services],
    [/^(management|quota)$/, "`rateLimit`"],
    [/^(issuer|jwks_uri|audiences|jwt-locations)$/, identity],
    [/^allow$/, "`routes`"],
    [/^endpoints$/, "`cors`"],
  ]),
  vendor("Kong", "x-kong-", [
    [/^plugin-rate-limiting/, "`rateLimit`"],
    [/^plugin-(key-auth|jwt|basic-auth|oauth2|openid-connect|acl)/, identity],
    [/^plugin-cors/, "`cors`"],
    [/^plugin-/, "policies"],
    [/^(service|upstream)-defaults$/, services],
    [/^route-defaults$/, "`hosts`, `versioning` and `rewrite`"],
  ]),
  vendor("Azure", "x-ms-", [
    [/^paths$/, "`paths`, with the query as parameters"],
    [/^parameterized-host$/, services],
  ]),
  vendor("Tyk", "x-tyk-", [[/^(api-gateway|streaming)$/, "policies"]]),
  vendor("WSO2", "x-wso2-", [
    [/^(production|sandbox)-endpoints$/, services],
    [/^(throttling-tier|rate-limits?)$/, "`rateLimit`"],
    [/^(disable-security|auth-header|api-key-header)$/, identity],
    [/^cors$/, "`cors`"],
    [/^(policy|request-interceptor|response-interceptor|mutual-ssl|transports)/, "policies"],
  ]),
  vendor("Zuplo", "x-zuplo-", [[/^(route|path)$/, "policies and `services`"]]),
  vendor("Apigee", "x-apigee-", [[/^(policies|proxy|backend|quota|security)/, "policies and `services`"]]),
];

/** Whose configuration an extension is; undefined for those that ask for nothing of a gateway. */
export function vendorOf(key: string): Vendor | undefined {
  const found = vendors.find(({ prefix }) => key.startsWith(prefix));
  return found?.instead(key) === undefined ? undefined : found;
}
