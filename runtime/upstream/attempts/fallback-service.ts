import { BodyReader } from "../../http/body-reader.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import type { KeptBody } from "../carrier.ts";
import type { ForwardConfig } from "../forward.ts";
import type { ProtocolSwitch } from "../origin-request.ts";
import type { Service } from "../service.ts";
import type { Fallback } from "./fallback.ts";

export interface FallbackServiceConfig {
  readonly service: Service;
}

/** Another service is asked, with the same request. */
export const createFallbackService = (config: FallbackServiceConfig): Fallback => new FallbackService(config);

class FallbackService implements Fallback {
  readonly #service: Service;

  constructor({ service }: FallbackServiceConfig) {
    this.#service = service;
  }

  take(x: HttpExchange, config: ForwardConfig, protocolSwitch: ProtocolSwitch | undefined, kept: KeptBody | undefined): boolean {
    if (kept !== undefined && !beginAgain(x, kept)) return false;
    x.target = this.#service;
    const { retarget, method } = x.operation;
    // OPTIONS that no operation takes is nobody's request: no step that goes by the service has run for it.
    if (retarget === undefined || (x.method === "OPTIONS" && method !== "OPTIONS" && method !== "*"))
      this.#enter(x, config, protocolSwitch);
    else void this.#ask(x, retarget(x), config, protocolSwitch);
    return true;
  }

  async #ask(
    x: HttpExchange,
    answered: Promise<boolean>,
    config: ForwardConfig,
    protocolSwitch: ProtocolSwitch | undefined,
  ): Promise<void> {
    try {
      const isAnswered = await answered;
      if (x.isDone) return;
      if (isAnswered) x.sendAnswer();
      else this.#enter(x, config, protocolSwitch);
    } catch (error) {
      x.fail(error);
    }
  }

  #enter(x: HttpExchange, config: ForwardConfig, protocolSwitch: ProtocolSwitch | undefined): void {
    const before = x.upstream;
    this.#service.enter(x, config, protocolSwitch);
    // Logs tell of the attempts at the service that was to be asked as well.
    if (before !== undefined && x.upstream !== before) x.upstream?.attempts.unshift(...before.attempts);
  }
}

/** What another service got of the body stands before what is still to come. False: it is not there any more, or too much. */
function beginAgain(x: HttpExchange, kept: KeptBody): boolean {
  // What screens a body as it streams has seen this one, or its end: it cannot look again.
  if (kept.isLost || x.screened !== undefined) return false;
  const reader = new BodyReader(x);
  const { bytesReceived } = x;
  kept.sendAgain({
    sendBody(piece: Piece) {
      reader.bodyPiece(piece);
      return true;
    },
    sendEnd() {},
    flush() {},
  });
  // They were counted when they came.
  x.bytesReceived = bytesReceived;
  if (reader.hold.left < 0) {
    reader.release();
    return false;
  }
  x.bodyReader = reader;
  return true;
}
