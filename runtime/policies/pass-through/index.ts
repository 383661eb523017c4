export type { AuthorizationConfig } from "./authorization.ts";
export { createBasicPresence } from "./basic.ts";
export { createBearerPresence } from "./bearer.ts";
export { createKeyPresence, type KeyPresenceConfig } from "./key.ts";
