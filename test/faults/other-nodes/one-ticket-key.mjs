import { createSecureContext } from "node:tls";

// A Node whose secure contexts know one key of session tickets, and ask nobody for others.
delete Object.getPrototypeOf(createSecureContext({ ca: [] }).context).enableTicketKeyCallback;
