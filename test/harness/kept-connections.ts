/**
 * `keepAliveTimeout` of services, in milliseconds. Where a test process is held up, its timers run before it reads: it would
 * close a connection that a request has come on, and a POST is not sent again.
 */
export const keptFor = 600_000;
