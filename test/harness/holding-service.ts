import type { Socket } from "node:net";
import { expect, onTestFinished } from "vitest";
import { ok, rawUpstream } from "../runtime/support/raw-upstream.ts";

/** A service that answers when it is told to, and not before. */
export interface HoldingService {
  readonly url: string;
  /** Targets of the requests that came, in their order. */
  readonly seen: readonly string[];
  /** Waits until so many have come in all. */
  has(count: number): Promise<void>;
  /** Answers the request for the target, which must have come. */
  answer(target: string, text?: string): void;
}

/** For the length of one test. Requests without a body alone. */
export async function holdingService(): Promise<HoldingService> {
  const seen: string[] = [];
  const open = new Map<string, Socket>();
  const upstream = await rawUpstream((socket) => {
    socket.on("data", (bytes: Buffer) => {
      const [, target = ""] = bytes.toString("latin1").split(" ");
      seen.push(target);
      open.set(target, socket);
    });
  });
  onTestFinished(() => upstream.close());
  return {
    url: upstream.url,
    seen,
    has: (count) => expect.poll(() => seen.length).toBe(count),
    answer(target, text = ok("done")) {
      const socket = open.get(target);
      if (socket === undefined) throw new Error(`nobody asked for ${target}`);
      open.delete(target);
      socket.write(text);
    },
  };
}
