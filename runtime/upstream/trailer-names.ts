/**
 * Rules for names of fields that no trailer section may carry on (RFC 9110 §6.5.1): who merged them into the head would
 * read the message in another way. `compiler/text/trailer-names.ts` has the same for its messages; a contract test
 * compares them.
 */
export const neverTrailers = (): readonly string[] => [
  // Routing and connection.
  ..."host connection keep-alive te trailer upgrade http2-settings via max-forwards alt-svc alt-used early-data".split(" "),
  ..."proxy proxy-* forwarded x-forwarded-* x-real-ip".split(" "),
  // Framing and content.
  ..."transfer-encoding content-* !content-digest !content-md5".split(" "),
  // What modifies a request.
  ..."expect range if-* accept accept-* !accept-ranges cache-control pragma prefer user-agent referer".split(" "),
  // Authentication, and what browsers vouch for.
  ..."authorization authentication-* www-authenticate cookie cookie2 set-cookie set-cookie2 origin sec-*".split(" "),
  // Control of an answer, and what browsers act on.
  ..."age date expires location refresh retry-after vary warning link clear-site-data access-control-*".split(" "),
  ..."cross-origin-* origin-agent-cluster permissions-policy referrer-policy strict-transport-security".split(" "),
  ..."timing-allow-origin x-content-type-options x-frame-options x-permitted-cross-domain-policies".split(" "),
  ..."x-xss-protection nel report-to reporting-endpoints service-worker-allowed sourcemap".split(" "),
  // What services say of themselves, and what gateways say of limits.
  ..."server x-powered-by x-aspnet-version x-aspnetmvc-version ratelimit ratelimit-policy".split(" "),
];
