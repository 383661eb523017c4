/** Fields that a service may take for the word of a proxy in front of it, and that any client can write. */
export interface ClaimedFields {
  /**
   * Lower-case names with hyphens; `x-ssl-*`: all that begin so; `!name`: not this one. They match in every spelling that
   * services which know fields as variables take for the same.
   */
  readonly rules: readonly string[];
  /** What they say, as the end of "says ...". */
  readonly says: string;
  /** Who believes or writes them. */
  readonly source: string;
}

/** Rules that the reader of heads has of itself: fields of the way that are in no family of their own. */
const wayRules: readonly string[] = ["x-forwarded-*", "x-real-ip"];

/** Compared with the table in the page of the `headers` policy by a contract test. */
export const claimedFields: readonly ClaimedFields[] = [
  {
    rules: ["x-http-method", "x-http-method-override", "x-method-override"],
    says: "which method is meant",
    source: "Rails, Symfony, Laravel, Express method-override, ASP.NET Core, OData",
  },
  {
    rules: ["x-original-*", "x-rewrite-*", "x-override-url", "x-http-path-override", "x-waws-unencoded-url", "request-uri"],
    says: "which path, host or method was asked for",
    source: "Symfony and Zend (CVE-2018-14773), IIS URL Rewrite and ARR, ingress-nginx",
  },
  {
    rules: ["x-http-host-override", "x-host", "x-url-scheme", "x-scheme", "front-end-https", "x-script-name", "script-name"],
    says: "under which host, scheme or folder the service is reached",
    source: "Rack, WSGI deployments, Microsoft ISA and TMG",
  },
  { rules: ["proxy"], says: "through which proxy the service calls others", source: "CGI and PHP (httpoxy, CVE-2016-5385)" },
  { rules: ["x-middleware-subrequest*"], says: "that checks were made already", source: "Next.js (CVE-2025-29927)" },
  { rules: ["x-sendfile*", "x-accel-*"], says: "which files may be sent", source: "Rack::Sendfile (CVE-2025-61780), nginx" },
  {
    rules: ["client-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "x-originating-ip", "x-proxyuser-ip"],
    says: "from which address the client comes",
    source: "Akamai, Rackspace, Rails remote_ip, PHP applications",
  },
  {
    rules: ["forwarded-*", "x-forwarded", "x-forward-for", "real-ip", "cluster-client-ip", "x-custom-ip-authorization"],
    says: "from which address the client comes",
    source: "PHP and Java applications that try one name after the other",
  },
  {
    rules: ["proxy-client-ip", "wl-proxy-*", "http-client-ip", "http-x-forwarded-*"],
    says: "from which address or with which certificate the client comes",
    source: "Oracle WebLogic, Java applications",
  },
  {
    rules: ["cf-connecting-ip*", "cf-pseudo-ipv4", "fastly-client-ip", "x-azure-clientip", "x-azure-socketip"],
    says: "from which address the client comes",
    source: "Cloudflare, Fastly, Azure Front Door",
  },
  {
    rules: ["x-user*", "!x-user-agent"],
    says: "who the user is",
    source: "services behind API gateways of many makes; Apache APISIX",
  },
  {
    rules: ["remote-*", "x-remote-*"],
    says: "who the user is",
    source: "Authelia, CGI behind web servers, the Kubernetes API server (request header authentication)",
  },
  { rules: ["x-auth-request-*"], says: "who the user is", source: "oauth2-proxy" },
  {
    rules: ["x-auth-user*", "x-auth-email", "x-auth-groups", "x-auth-name", "x-auth-roles", "x-vouch-*", "x-oidc-*"],
    says: "who the user is",
    source: "services behind forward authentication of many makes; Vouch Proxy",
  },
  {
    rules: ["proxy-user", "proxy-remote-*", "x-proxy-user", "x-proxy-remote-*", "http-remote-user"],
    says: "who the user is",
    source: "services behind web servers that check passwords",
  },
  { rules: ["x-webauth-*"], says: "who the user is", source: "Grafana and Gitea (auth proxy)" },
  { rules: ["x-authentik-*"], says: "who the user is", source: "authentik" },
  {
    rules: ["x-authenticated-*", "x-consumer-*", "x-credential-*", "x-anonymous-consumer"],
    says: "who the user is",
    source: "Kong",
  },
  { rules: ["x-pomerium-*", "tailscale-user-*"], says: "who the user is", source: "Pomerium, Tailscale Serve" },
  {
    rules: ["oidc-*", "shib-*", "mellon-*", "sm-user*", "iv-user*", "iv-groups", "iv-creds"],
    says: "who the user is",
    source: "mod_auth_openidc, Shibboleth, mod_auth_mellon, SiteMinder, IBM WebSEAL",
  },
  { rules: ["x-amzn-oidc-*", "x-amzn-mtls-*"], says: "who the user is", source: "AWS Application Load Balancer" },
  {
    rules: ["x-goog-authenticated-*", "x-goog-iap-*", "x-appengine-*", "x-endpoint-api-userinfo", "x-apigateway-api-userinfo"],
    says: "who the user is",
    source: "Google Identity-Aware Proxy, App Engine, Cloud Endpoints, API Gateway",
  },
  { rules: ["x-ms-client-principal*", "x-ms-token-*"], says: "who the user is", source: "Azure App Service and Container Apps" },
  { rules: ["cf-access-authenticated-*"], says: "who the user is", source: "Cloudflare Access" },
  { rules: ["x-jwt-assertion", "x-jwt-payload", "x-jwt-claim-*"], says: "who the user is", source: "WSO2, Istio and Envoy" },
  {
    rules: ["client-cert", "client-cert-chain", "x-client-cert*", "x-client-dn", "x-client-verify", "x-arr-clientcert"],
    says: "which certificate the client has",
    source: "RFC 9440, nginx and HAProxy setups, Azure App Service",
  },
  {
    rules: ["x-ssl-*", "ssl-*"],
    says: "which certificate the client has",
    source: "ingress-nginx, HAProxy, Apache and Puppet setups",
  },
  { rules: ["x-envoy-*"], says: "how the mesh is to treat the request", source: "Envoy, which drops them at its edge too" },
];

/** What the gateway tells its head reader; without the rules that it has of itself. `own`: one more name, in lower case. */
export const claimRules = (own?: string): string[] =>
  [...claimedFields.flatMap(({ rules }) => rules), ...(own === undefined || claimOf(own) !== undefined ? [] : [own])].sort();

/** What a field of this name claims; undefined where it is an ordinary one, which is forwarded. */
export function claimOf(name: string): { readonly says: string; readonly source: string } | undefined {
  const folded = name.toLowerCase().replaceAll(/[^\da-z]/g, "-");
  if (ownFamily.has(name.toLowerCase())) return undefined;
  if (matches(folded, wayRules))
    return { says: "how the request came to the gateway", source: "proxies, and what stands behind them" };
  return claimedFields.find(({ rules }) => matches(folded, rules));
}

/** Fields that the listener's `trustedProxies` speak of. */
const ownFamily: ReadonlySet<string> = new Set(["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"]);

const matches = (name: string, rules: readonly string[]): boolean =>
  rules.some((rule) => (rule.endsWith("*") ? name.startsWith(rule.slice(0, -1)) : rule === name)) && !rules.includes(`!${name}`);
