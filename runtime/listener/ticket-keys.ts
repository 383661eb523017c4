import { randomBytes } from "node:crypto";

/** Set for workers, so that each can resume the sessions of the others. */
export const ticketKeysVariable = "GATEWRIGHT_TICKET_KEYS";

/** Keys of session tickets (RFC 5077), new with every start of the gateway. */
export const newTicketKeys = (): Readonly<Record<string, string>> => ({
  [ticketKeysVariable]: randomBytes(48).toString("base64"),
});
