import type { ClientAuthentication } from "../../../../runtime/identity/outward/client-authentication.ts";
import type { FollowedCredentialConfig } from "../../../../runtime/identity/outward/followed-credential.ts";
import type { RelayConfig, StaticCredentialConfig } from "../../../../runtime/identity/outward/static-credential.ts";
import type { TokenCredentialConfig } from "../../../../runtime/identity/outward/token-credential.ts";
import type { Service, ServiceClientCredentials, ServiceExchange, TokenClient } from "../../../../schema/resources.gen.ts";
import type { Lowered } from "../../../ir/config.ts";
import type { ResourceIr } from "../../../ir/resource.ts";
import { create, type ResourceContext } from "../../../resource/contract.ts";
import { followedFile, followedSecret } from "../../../resource/followed-secret.ts";
import { followedTls } from "../../../resource/followed-tls.ts";
import { signingKeys } from "../../../resource/signing-keys.ts";
import { hasSetting, startValue } from "../../../text/setting.ts";
import { clientProof, colonInName, keyOptionAlone, plainToken } from "./messages.gen.ts";

/** What only some kinds of credentials have. */
const tokensOf = ({ authenticate = {} }: Service): readonly [string, ServiceClientCredentials | ServiceExchange] | undefined => {
  const { clientCredentials, exchange } = authenticate;
  if (clientCredentials !== undefined) return ["/authenticate/clientCredentials", clientCredentials];
  return exchange === undefined ? undefined : ["/authenticate/exchange", exchange];
};

export function checkAuthenticate(options: Service, context: ResourceContext): void {
  const { basic } = options.authenticate ?? {};
  if (basic?.username.replaceAll(/\$\{env:[^}]*\}/g, "").includes(":"))
    context.report(colonInName(context.at("/authenticate/basic/username"), {}));
  const tokens = tokensOf(options);
  if (tokens === undefined) return;
  const [pointer, { token, client }] = tokens;
  if (token.startsWith("http:") && !isThisMachine(token))
    context.report(plainToken(context.at(`${pointer}/token`), { url: token }));
  const { secret, privateKey } = client;
  if ((secret === undefined) === (privateKey === undefined)) context.report(clientProof(context.at(`${pointer}/client`), {}));
  const alone = privateKey === undefined ? (["algorithm", "keyId", "assertionAudience"] as const) : (["method"] as const);
  for (const option of alone)
    if (client[option] !== undefined)
      context.report(
        keyOptionAlone(context.key(`${pointer}/client/${option}`), {
          option,
          wanted: privateKey === undefined ? "privateKey" : "secret",
        }),
      );
}

const isThisMachine = (url: string): boolean => /^http:\/\/(localhost|\[::1\]|127\.[\d.]+|\$\{env:[^}]*\})(:|\/|$)/.test(url);

export function credentialOf(options: Service, context: ResourceContext): ResourceIr<"serviceCredentials"> | undefined {
  const { authenticate } = options;
  if (authenticate === undefined) return undefined;
  const { basic, bearer } = authenticate;
  const name = `services.${context.name}.authenticate`;
  const about = {
    kind: "resource",
    room: "serviceCredentials",
    type: Object.keys(authenticate)[0] ?? "",
    name: context.name,
    origin: context.key("/authenticate"),
  } as const;
  if (bearer !== undefined) {
    const at = context.at("/authenticate/bearer");
    const made =
      "file" in bearer
        ? createFollowed({ name, as: "bearer", secret: followedFile(bearer, at) })
        : createStatic({ name, bearer: context.secret(bearer, "/authenticate/bearer") });
    return { ...about, ...made, summary: "a fixed bearer token" };
  }
  if (basic !== undefined) {
    const username = startValue(basic.username, context.at("/authenticate/basic/username"));
    const at = context.at("/authenticate/basic/password");
    const made =
      "file" in basic.password
        ? createFollowed({ name, as: "basic", username, secret: followedFile(basic.password, at) })
        : createStatic({ name, username, password: context.secret(basic.password, "/authenticate/basic/password") });
    return { ...about, ...made, summary: "a fixed name and password" };
  }
  const tokens = tokensOf(options);
  if (tokens === undefined) {
    const relay = create<RelayConfig>("identity/outward/static-credential", "createRelay", { name });
    return { ...about, ...relay, summary: "the caller's own credential" };
  }
  const [pointer, { ca, token, client, scopes = [], audience, resource }] = tokens;
  const profile = authenticate.exchange?.profile;
  const parameters = { scope: scopes.length === 0 ? undefined : scopes.join(" "), audience, resource };
  const tls = followedTls(`${name}.${profile === undefined ? "clientCredentials" : "exchange"}`, { ca }, () =>
    context.at(`${pointer}/ca`),
  );
  const lowered = create<TokenCredentialConfig>("identity/outward/token-credential", "createTokenCredential", {
    name,
    token: startValue(token, context.at(`${pointer}/token`), "endpoint"),
    client: clientOf(client, token, pointer, context),
    grant: profile === undefined ? "clientCredentials" : profile === "onBehalfOf" ? "onBehalfOf" : "exchange",
    parameters: Object.entries(parameters).flatMap(([key, value]) => (value === undefined ? [] : [key, value])),
    ...(tls === undefined ? {} : { tls }),
  });
  const what = profile === undefined ? "a token of the gateway" : "a token for the caller";
  const wanted = [scopes.length === 0 ? "" : `scope ${scopes.join(" ")}`, audience ?? "", resource ?? ""].filter(
    (text) => text !== "",
  );
  const summary = `${what} from ${token}${wanted.length === 0 ? "" : ` (${wanted.join(", ")})`}`;
  return { ...about, ...lowered, roles: ["living"], summary };
}

const createStatic = (config: Lowered<StaticCredentialConfig>) =>
  create<StaticCredentialConfig>("identity/outward/static-credential", "createStaticCredential", config);

/** It is read again whenever its file changes. */
const createFollowed = (config: Lowered<FollowedCredentialConfig>) => ({
  ...create<FollowedCredentialConfig>("identity/outward/followed-credential", "createFollowedCredential", config),
  roles: ["living"] as const,
});

function clientOf(client: TokenClient, token: string, pointer: string, context: ResourceContext): Lowered<ClientAuthentication> {
  const { id, secret, method = "basic", privateKey, algorithm = "ES256", keyId, assertionAudience } = client;
  const shared = { id: startValue(id, context.at(`${pointer}/client/id`)) };
  if (privateKey === undefined) {
    // Checked above: one of the two is there.
    return { ...shared, secret: followedSecret(secret!, context.at(`${pointer}/client/secret`)), method };
  }
  const at = context.at(`${pointer}/client/privateKey`);
  const written = assertionAudience ?? token;
  const audienceAt = context.at(`${pointer}/${assertionAudience === undefined ? "token" : "client/assertionAudience"}`);
  return {
    ...shared,
    keys: signingKeys(privateKey, algorithm, at, keyId),
    audience: hasSetting(written) ? startValue(written, audienceAt) : written,
  };
}
