import type { Problem } from "../problem.ts";

/** Short name of a transport error for logs and metrics: `ECONNREFUSED`, `timeout`, `connectTimeout`, `ECONNRESET`, `invalidAnswer`. */
export function failureCode(error: Error): string {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") return "timeout";
  if (code === "UND_ERR_CONNECT_TIMEOUT") return "connectTimeout";
  if (code === "UND_ERR_SOCKET") return error.message.startsWith("bad ") ? "invalidAnswer" : "ECONNRESET";
  if (code === "ECONNRESET" || code === "EPIPE") return "ECONNRESET";
  // Undici gives some errors of its parser no code.
  if (error.name === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW" || code.startsWith("UND_ERR_RES_"))
    return "invalidAnswer";
  return code === "" ? error.name : code;
}

/** What the client is told: that it was the service and whether it took too long, nothing about where or how. */
export function failureProblem(code: string): Problem {
  return code === "timeout" || code === "connectTimeout"
    ? { status: 504, slug: "upstream-timeout", title: "The service did not answer in time", source: "gateway" }
    : {
        status: 502,
        slug: "upstream-failed",
        title: "The service could not be reached or gave no valid answer",
        source: "gateway",
      };
}
