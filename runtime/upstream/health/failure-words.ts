import type { FailureCode } from "../answer-sink.ts";

const expired = "its certificate has expired";
const vouched = "no authority that counts vouches for its certificate";
const unnamed = "its name has no address";
const dnsFails = "its name could not be looked up";
const version = "it does not speak the version of HTTP that it is asked with";

/** What an operator reads in place of a code of Node, OpenSSL or ours; the code stands behind it. */
const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: vouched,
  UNABLE_TO_GET_ISSUER_CERT: vouched,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: vouched,
  DEPTH_ZERO_SELF_SIGNED_CERT: vouched,
  SELF_SIGNED_CERT_IN_CHAIN: vouched,
  INVALID_PURPOSE: "its certificate is not one for servers",
  wrongKey: "its public key is not in `pins`",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: version,
  noHttp2: "it does not speak HTTP/2",
  invalidAnswer: "its answer is not HTTP",
  ENOTFOUND: unnamed,
  ENODATA: unnamed,
  ESERVFAIL: dnsFails,
  ETIMEOUT: dnsFails,
  EAI_AGAIN: dnsFails,
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "it closed the connection",
  connectTimeout: "no connection in time",
};

export function failureWords(code: FailureCode): string {
  const text = Object.hasOwn(words, code) ? words[code] : undefined;
  return `${text ?? "no answer"} (${code})`;
}
