import { describe, expect, test } from "vitest";
import { serve } from "../../../runtime/process/serve.ts";
import { forwarding, gateway, service } from "../../runtime/support/gateway.ts";
import { RawClient } from "../../runtime/support/raw-client.ts";
import { rawUpstream } from "../../runtime/support/raw-upstream.ts";
import { disagreement, outcomeOf } from "./agreement.ts";
import { type AnswerCase, answerCases } from "./answers.ts";
import { cutAt } from "./message.ts";
import { nodeAnswer } from "./node-readings.ts";
import { readAnswer } from "./read-answers.ts";

describe("answers of a service", () => {
  test.each(answerCases)("$name", async ({ bytes, outcome }: AnswerCase) => {
    let connections = 0;
    const upstream = await rawUpstream((socket) => {
      connections++;
      // All that it has to say comes in one piece; the second answer, if any, must not be taken for one of another request.
      socket.once("data", () => socket.write(Buffer.from(bytes, "latin1")));
    });
    const target = service([upstream.url]);
    const serving = await serve(gateway(forwarding(target)), { drainTimeout: 0, admin: false });
    const client = new RawClient(serving.port).write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const text = await client.rest();
    client.close();
    target.close();
    await Promise.all([serving.close(), upstream.close()]);
    expect(connections).toBe(1);
    expect(text).not.toContain("evil");
    const final = text.slice(text.search(/HTTP\/1\.1 [2-5]/));
    const [head = "", ...body] = final.split("\r\n\r\n");
    expect(Number(head.slice(9, 12))).toBe(outcome[0]);
    const content = /^transfer-encoding: chunked$/im.test(head)
      ? /^5\r\n(hello)\r\n0\r\n\r\n$/.exec(body.join("\r\n\r\n"))?.[1]
      : body.join("\r\n\r\n");
    if (outcome[0] !== 502) expect(content).toBe(outcome[1]);
    expect(head.match(/^(content-length|transfer-encoding):/gim)?.length ?? 0).toBe(outcome[0] === 204 ? 0 : 1);
  });

  test.each(answerCases)("$name, to Node", async ({ bytes }: AnswerCase) => {
    const whole = Buffer.from(bytes, "latin1");
    expect(disagreement(readAnswer([whole]), await nodeAnswer(whole))).toBeUndefined();
  });

  test.each(answerCases)("$name, in two reads", ({ bytes }: AnswerCase) => {
    const whole = Buffer.from(bytes, "latin1");
    const outcome = outcomeOf(readAnswer([whole]));
    for (let at = 1; at < whole.length; at++) expect(outcomeOf(readAnswer(cutAt(whole, [at]))), `cut at ${at}`).toBe(outcome);
    const single = Array.from({ length: whole.length - 1 }, (_, index) => index + 1);
    expect(outcomeOf(readAnswer(cutAt(whole, single))), "octet by octet").toBe(outcome);
  });
});
