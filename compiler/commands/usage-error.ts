/** The command line is wrong; the message says how to write it. Exit code 2. */
export class UsageError extends Error {}
