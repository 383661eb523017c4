/**
 * How long a test waits for what has to happen, in milliseconds, unless it says that it waits longer. It is no promise about
 * speed: a machine that stands still for seconds must not fail a test.
 */
export const patience = 20_000;
