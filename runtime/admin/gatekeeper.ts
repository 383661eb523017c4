import type { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { AdminAccess } from "./access.ts";
import { isOfPage, otherSite } from "./own-site.ts";
import type { AdminRefusal } from "./problem.ts";
import type { AdminRoute } from "./route.ts";

const noCredentials: AdminRefusal = {
  status: 403,
  title: "Nothing can be changed through this listener",
  detail:
    "It has no credentials, and without one nobody may change anything. Write `listeners.admin.credentials: { operator: { key: { env: ADMIN_KEY } } }` in gateway.yaml.",
};

/** Who asks; nobody where none need say so. */
type Admitted = { readonly name: string | undefined };

/** Decides whether a request of the admin listener is answered, before anything of it but its head is read. */
export class Gatekeeper {
  readonly #access: AdminAccess | undefined;

  constructor(access: AdminAccess | undefined) {
    this.#access = access;
  }

  admit(route: AdminRoute, query: string, request: IncomingMessage): Admitted | AdminRefusal {
    const access = this.#access;
    if (route.method === "GET") {
      const isProbe = route.isProbe === true && query === "";
      if (access?.readsNeedCredential !== true || isProbe) return { name: undefined };
    } else {
      if (isOfPage(request.headers)) return otherSite;
      if (access === undefined) return noCredentials;
    }
    const caller = access.caller({
      authorization: request.headersDistinct.authorization ?? [],
      certificate: certificateOf(request),
    });
    return typeof caller === "string" ? unauthorized(access, caller) : caller;
  }
}

/** Of a client that TLS has verified. */
function certificateOf({ socket }: IncomingMessage): X509Certificate | undefined {
  const { authorized, getPeerX509Certificate } = socket as Partial<TLSSocket>;
  return authorized === true ? getPeerX509Certificate?.call(socket as TLSSocket) : undefined;
}

/** RFC 6750 §3. */
function unauthorized({ takesKeys }: AdminAccess, caller: "absent" | "invalid"): AdminRefusal {
  const how = takesKeys ? "`Authorization: Bearer KEY`" : "a client certificate";
  const [title, detail, error] =
    caller === "absent"
      ? ["A credential is needed", `Send ${how}; \`listeners.admin.credentials\` in gateway.yaml names who may.`, ""]
      : [
          "The credential is not valid",
          `Send ${how} of one of those that \`listeners.admin.credentials\` in gateway.yaml names.`,
          ', error="invalid_token"',
        ];
  return { status: 401, title, detail, headers: { "WWW-Authenticate": `Bearer realm="admin"${error}` } };
}
