export { createDataSecurityHeaders } from "./data.ts";
export { createSecurityHeaders, type SecurityField, type SecurityHeadersConfig } from "./every-answer.ts";
