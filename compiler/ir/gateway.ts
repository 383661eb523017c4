import type { NumberIr, StartValueIr } from "./config.ts";
import type { ListenerIr } from "./listener.ts";
import type { ObjectivesIr } from "./objectives.ts";
import type { Origin } from "./origin.ts";
import type { ExporterIr, ResourceIr, StoreIr } from "./resource.ts";
import type { HedgeIr, OperationRetryIr, ServiceRetryIr } from "./retry.ts";
import type { RouteMatch } from "./route.ts";
import type { SchemaIr } from "./schema.ts";
import type { OptionIr, StepIr } from "./step.ts";

/** Version of the shape below; `explain` and `diff` refuse another one. */
export const irVersion = 4;

/** The checked gateway: all that phases 4 to 6, `explain` and the reference interpreter see. Plain JSON, frozen. */
export interface GatewayIr {
  readonly irVersion: typeof irVersion;
  readonly name: string;
  readonly compatibility: string;
  readonly sources: readonly { readonly file: string; readonly sha256: string }[];
  readonly listeners: { readonly public: ListenerIr; readonly admin?: ListenerIr };
  readonly routing: RoutingIr;
  readonly apis: readonly ApiVersionIr[];
  /** What knows where clients are, where some expression asks for it. */
  readonly geo?: ResourceIr<"geo">;
  /** Those that some step uses, sorted by name; absent where none does. */
  readonly exporters?: readonly ExporterIr[];
  /** Those that some step uses, sorted by name. */
  readonly stores: readonly StoreIr[];
  /** `revoked` and `damping`, where `identity` has them. */
  readonly experiments?: readonly ResourceIr<"experiments">[];
  readonly credentials?: readonly ResourceIr<"credentials">[];
  /** `purges`, where the gateway has caches and `cache` has them. */
  readonly caching?: readonly ResourceIr<"caching">[];
  readonly services: readonly ServiceIr[];
  readonly schemes: readonly SchemeIr[];
  /** Schemas that some step checks values against, sorted by id. */
  readonly schemas: readonly SchemaIr[];
  /** Sorted by API, version, template, method: the order never decides a match. */
  readonly operations: readonly OperationIr[];
  /** The chain for requests that match no operation: the gateway's own policies that say they apply there. */
  readonly unmatched: readonly StepIr[];
}

export interface RoutingIr {
  /** `/orders/` for `/orders`: not found, the same, or 308 to the declared spelling. */
  readonly trailingSlash: "strict" | "ignore" | "redirect";
}

/** One version of one API, as far as the public sees it. */
export interface ApiVersionIr {
  readonly kind: "apiVersion";
  readonly api: string;
  readonly version: string;
  readonly spec: string;
  readonly versioning: {
    readonly by: "path" | "header" | "mediaType" | "query" | "none";
    readonly name?: string;
    readonly prefix: string;
  };
  readonly isDefault: boolean;
  /** Seconds since the epoch, start of the day in UTC. */
  readonly deprecated?: number;
  readonly sunset?: number;
  /** `Link` targets: RFC 8288 relation and URI. */
  readonly links: readonly { readonly rel: string; readonly href: string }[];
  readonly origin: Origin;
}

/** What the gateway forwards to. Beside its config: what others ask of a service. */
export interface ServiceIr extends ResourceIr<"services"> {
  readonly endpoints: readonly { readonly url: StartValueIr | string; readonly weight: number; readonly origin: Origin }[];
  readonly protocol: "http1" | "http2";
  /** What comes over it are gRPC calls, or may be. */
  readonly speaksGrpc?: true;
  /** Absent where no endpoint is, or may become, `https`. */
  readonly tls?: ResourceIr<"tls">;
  /** What is known of the zones of its endpoints; absent where they are not compared. */
  readonly zones?: ResourceIr<"zones">;
  /** What the gateway gives to it as `Authorization`; absent: nothing of its own. */
  readonly credential?: ResourceIr<"serviceCredentials">;
  /** Absent where requests are sent once. */
  readonly retry?: ServiceRetryIr;
  /** What is known of its endpoints and breakers, and what keeps connections to them; absent where nothing is. */
  readonly states?: readonly ResourceIr<"serviceStates">[];
  /** How it chooses among endpoints and what it does where they fail, one thing each: for `explain`. */
  readonly notes?: readonly ServiceNote[];
  /** The service that is asked where no request may go to this one. */
  readonly fallback?: string;
}

export interface ServiceNote {
  /** `balance`, `breaker`: one word. */
  readonly about: string;
  readonly text: string;
  readonly origin: Origin;
}

/** A security scheme of the specs and the provider that implements it: one constant in the bundle. */
export interface SchemeIr extends ResourceIr<"identity"> {
  readonly async: boolean;
  /** It reads the request body, as a whole. */
  readonly readsBody?: true;
  /** Its run-time side has a `done`. */
  readonly settles?: true;
  /** Only the service can tell whether credentials are valid, and whose they are. */
  readonly isUnverified?: true;
  /** `WWW-Authenticate` challenge (RFC 9110 §11.6.1) for a 401 of this scheme. */
  readonly challenge: string;
  /** Its credential is the certificate of the connection, which the listener must ask for. */
  readonly needsClientCertificate?: true;
  /** Its tokens may be bound to the certificate of the connection (RFC 8705), which it looks at then. */
  readonly bindsToCertificate?: true;
  /** Header field in which the credential is that it verifies, in lower case; absent: it has it from elsewhere. */
  readonly field?: string;
  /** Its token comes in the query: what it opens is for no shared cache (RFC 6750 §2.3). */
  readonly tokenInQuery?: true;
  /** All that clients send of it goes on to the service as it came: its run-time side has nothing to conceal. */
  readonly passesAll?: true;
  /** Query parameter that is not forwarded, as it holds the credential. */
  readonly takesQuery?: string;
  /** Its identities may have an end (`Identity.expiresAt`, `SecurityScheme.hasEnded`): what lives longer than a request ends with them. */
  readonly ends?: true;
  /** What its identities have beside a subject, roles and scopes; absent: nothing. */
  readonly tells?: ToldIr;
  /** Exceptions that its authors made on purpose, for `coverage`: `bearerAuth takes tokens for any audience: “…”`. */
  readonly remarks?: readonly string[];
}

/** How the run-time side of a scheme is to be called. */
export type SchemeWay = Pick<SchemeIr, "async" | "readsBody" | "settles" | "tokenInQuery" | "passesAll">;

/** What a scheme tells of those it vouches for. */
export interface ToldIr {
  /** JSON Schema (2020-12) of the claims, without references: what expressions may read of them. */
  readonly claims?: { readonly [key: string]: unknown };
  readonly issuer?: "always" | "sometimes";
  readonly tenant?: "always" | "sometimes";
  readonly tier?: "always" | "sometimes";
}

/** Why a request may reach the service. */
export type AccessIr = (
  | {
      readonly kind: "public";
      readonly reason: string;
      readonly optional: readonly SecurityAlternativeIr[];
      readonly origin: Origin;
    }
  /** Every requirement must hold; a requirement holds when one alternative holds with all its schemes. */
  | { readonly kind: "authenticated"; readonly requirements: readonly SecurityRequirementIr[]; readonly origin: Origin }
) & {
  /** Schemes that the operation names and nobody is asked for: their credentials do not reach the service either. */
  readonly concealed?: readonly string[];
};

export interface SecurityAlternativeIr {
  readonly schemes: readonly SchemeUseIr[];
}

export interface SchemeUseIr {
  readonly name: string;
  readonly scopes: readonly string[];
  /** The gateway sees that there is a credential; the service verifies it, and what it grants. */
  readonly isUnverified?: true;
}

export interface SecurityRequirementIr {
  readonly alternatives: readonly SecurityAlternativeIr[];
  readonly origin: Origin;
}

export interface OperationIr {
  readonly kind: "operation";
  /** Unique in the gateway: `orders.v1.createOrder`, `routes.legacy`. */
  readonly id: string;
  /** As in the spec, or made from method and path; what policy files select by. */
  readonly operationId: string;
  readonly api?: string;
  readonly version?: string;
  readonly tags: readonly string[];
  readonly match: RouteMatch;
  readonly access: AccessIr;
  /** Accepted: operations that ask for more, and why a request may reach here what they protect. */
  readonly waysAround?: readonly { readonly to: readonly string[]; readonly because: string }[];
  /** Where policies that say who may do not decide, for `coverage`: `authorize is switched off`. */
  readonly remarks?: readonly string[];
  /** In the order in which request hooks run. Authentication is among them as a step of stage `authenticate`. */
  readonly steps: readonly StepIr[];
  readonly forward: ForwardIr | TerminalIr;
  /** Absent where nobody wrote any. */
  readonly objectives?: ObjectivesIr;
  /** OPTIONS for its path, where no operation takes them, go to its service: `optionsSteps` says behind what. */
  readonly forwardsOptions?: true;
  /** Its cache is warmed: by each process for itself, or by one for all that share a store. */
  readonly warmedBy?: "each" | "owner";
  /** What is asked for most of it is warmed too. */
  readonly isAsked?: true;
  /** Where the operation itself is written. */
  readonly origin: Origin;
}

export interface ForwardIr {
  readonly kind: "forward";
  readonly service: string;
  /** Characters of the public path to drop before `prepend` is put in front. */
  readonly strip: number;
  readonly prepend: string;
  /** Milliseconds until the head of the answer; 0: the service's own. */
  readonly responseTimeout: NumberIr;
  /** Milliseconds of silence in the middle of an answer. */
  readonly idleTimeout: NumberIr;
  /** `Location` and `Content-Location` of the service stay as they are. */
  readonly keepsLocation?: true;
  /** Absent where no policy has a say in trailers. */
  readonly trailers?: TrailersIr;
  /** Absent where the operation has nothing to say about attempts. */
  readonly retry?: OperationRetryIr;
  /** What the operation says of late answers otherwise than its service. */
  readonly hedge?: Partial<HedgeIr>;
  readonly options: readonly OptionIr[];
}

/** Which fields pass outside of heads. Names in lower case. */
export interface TrailersIr {
  /** Trailers of requests that the service gets. */
  readonly request: readonly string[];
  /** Trailers of answers that clients get; null: all but `owned`. */
  readonly response: readonly string[] | null;
  /** Names, and begins of names (`x-*`), that some step speaks for; those that never pass are left out. */
  readonly owned: readonly string[];
}

/** The last step of the chain always answers (`respond`, `redirect`): nothing is forwarded. */
export interface TerminalIr {
  readonly kind: "terminal";
  readonly policy: string;
}
