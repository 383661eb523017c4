/** A key that a command is for. In a cluster its slot says which server has it. */
export interface CommandKey {
  readonly name: string;
  /** Kept here once it was worked out, which only a cluster needs. */
  slot: number | undefined;
}

/** A command on its way to a server, and who is told of its reply: one of the two methods is called, once. */
export interface Command {
  /** In lower case. */
  readonly name: string;
  readonly args: readonly (string | Buffer)[];
  readonly key: CommandKey;
  /** For the client library: it need not look whether somebody traces commands. */
  readonly isTraced: true;
  /** As it is sent: see `encoded`. */
  toWritable(): string | Buffer;
  /** Texts in the reply are buffers still. */
  resolve(reply: unknown): void;
  /** With what the server or the network says. */
  reject(error: unknown): void;
}

/** An array of bulk strings, as servers take commands (RESP 2). */
export const encoded = (words: readonly string[]): string => `*${words.length}\r\n${words.map(bulk).join("")}`;

export const bulk = (word: string): string => `$${Buffer.byteLength(word)}\r\n${word}\r\n`;

/** A reply with texts in the place of buffers. */
export function textOf(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(textOf) : reply;
}
