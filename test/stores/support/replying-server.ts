import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** What a limit's script gives: passed, 9 left. */
const counted = "*5\r\n:1\r\n:9\r\n:1000\r\n:0\r\n:1700000000000\r\n";

/**
 * Speaks as much of RESP as a store asks for, and answers scripts and probes with an error where it is told to: for replies
 * that a real server gives only in states which a test cannot bring about.
 */
export class ReplyingServer {
  /** Error reply to commands with keys: `LOADING Redis is loading`. Undefined: they are done. */
  error: string | undefined = undefined;
  connections = 0;
  /** Parts in which what clients wrote has arrived. */
  reads = 0;
  readonly #isCluster: boolean;
  readonly #commands: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(isCluster: boolean) {
    this.#isCluster = isCluster;
    this.#server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
      let rest = "";
      socket.setEncoding("utf8").on("data", (text: string) => {
        this.reads++;
        rest += text;
        for (let read = readCommand(rest); read !== undefined; read = readCommand(rest)) {
          rest = rest.slice(read.length);
          socket.write(this.#answer(read.words));
        }
      });
    });
  }

  static async start({ isCluster = false } = {}): Promise<ReplyingServer> {
    const server = new ReplyingServer(isCluster);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** How often it was asked to do this, by name in lower case. */
  calls(command: string): number {
    return this.#commands.filter((one) => one === command).length;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #answer([name = "", ...args]: readonly string[]): string {
    const command = name.toLowerCase();
    this.#commands.push(command);
    switch (command) {
      case "info":
        return bulk("redis_version:7.2.0\r\nloading:0\r\nrole:master\r\n");
      case "cluster":
        return args[0]?.toLowerCase() === "slots"
          ? `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n${bulk("127.0.0.1")}:${this.port}\r\n`
          : bulk(`cluster_enabled:${this.#isCluster ? 1 : 0}\r\ncluster_state:ok\r\n`);
      case "eval":
      case "evalsha":
        return this.error === undefined ? counted : `-${this.error}\r\n`;
      case "set":
        return this.error === undefined ? "+OK\r\n" : `-${this.error}\r\n`;
      default:
        return "+OK\r\n";
    }
  }
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** The first command of what was sent, which is ASCII; undefined: it has not arrived as a whole. */
function readCommand(text: string): { readonly words: readonly string[]; readonly length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  const words: string[] = [];
  let at = head[0].length;
  for (let count = Number(head[1]); count > 0; count--) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (size === null) return undefined;
    const from = at + size[0].length;
    const to = from + Number(size[1]);
    if (text.length < to + 2) return undefined;
    words.push(text.slice(from, to));
    at = to + 2;
  }
  return { words, length: at };
}
