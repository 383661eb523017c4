import { expect, test } from "vitest";
import { BodyBudget, Hold } from "../../../runtime/body/hold.ts";
import type { AnswerWish } from "../../../runtime/exchange/answer-hooks.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import type { HttpExchange } from "../../../runtime/http/http-exchange.ts";
import { Piece, ReadBuffer, ReadBuffers } from "../../../runtime/http1/read-buffer.ts";
import { Collector } from "../../../runtime/upstream/way-back/collector.ts";

/** A collector of an answer, with what was read of it, passed on and told. */
function collecting(announced: number, memory: number, wishes: readonly AnswerWish[]) {
  const budget = new BodyBudget(memory);
  const x = { held: new Hold(budget), answer: { headers: new HeaderList() } } as unknown as HttpExchange;
  const told: string[] = [];
  const judges = {
    isOver: false,
    judge(collector: Collector): boolean {
      for (const [step] of wishes.entries()) {
        if (!collector.wants(step)) continue;
        const body = collector.body(step);
        told.push(`${step} read ${typeof body === "string" ? body : body.bytes.toString()}`);
        collector.judged(step);
      }
      return true;
    },
    released: (length: number): void => void told.push(`released ${length}`),
    overloaded: (): void => void told.push("overloaded"),
  };
  const next = {
    add: (piece: Piece): void => void told.push(`passed ${piece.text()}`),
    lull: (): void => void told.push("lull"),
    end: (): void => void told.push("end"),
  };
  const collector = new Collector(x, announced, next, judges);
  for (const [step, wish] of wishes.entries()) collector.want(step, wish);
  expect(collector.begin(undefined, announced)).toBe(true);
  const source = new ReadBuffer(new ReadBuffers());
  const { shared } = source.buffers;
  /** What one read brings. */
  const read = (text: string): void => collector.add(new Piece(shared, 0, shared.write(text), source));
  /** The next read overwrites what the last one brought. */
  const overwrite = (): void => void shared.fill("-");
  return { collector, budget, told, read, overwrite };
}

const brief: AnswerWish = { as: "held", maxBytes: 64, isOptional: true, isBrief: true };

test("a body that comes whole in one piece takes no memory where nobody reads it later", () => {
  const { collector, budget, told, read } = collecting(5, 0, [brief]);
  read("whole");
  collector.end();
  expect(told).toEqual(["0 read whole", "released 5", "passed whole", "end"]);
  expect([budget.held, budget.refused]).toEqual([0, 0]);
});

test("its bytes are kept where its end does not come with it", () => {
  const { collector, budget, told, read, overwrite } = collecting(5, 64, [brief]);
  read("whole");
  collector.lull();
  overwrite();
  expect(budget.held).toBe(5);
  collector.end();
  expect(told).toEqual(["0 read whole", "released 5", "passed whole", "end"]);
});

test("where there is no room for them by then, what nobody has to have passes, and what somebody has to is refused", () => {
  const passing = collecting(5, 4, [brief]);
  passing.read("whole");
  passing.collector.lull();
  passing.overwrite();
  passing.collector.end();
  expect(passing.told).toEqual(["released -1", "passed whole", "lull", "end"]);
  expect([passing.budget.held, passing.budget.refused]).toEqual([0, 1]);

  const refused = collecting(5, 4, [{ as: "held", maxBytes: 64, isBrief: true }]);
  refused.read("whole");
  refused.collector.lull();
  expect(refused.told).toEqual(["overloaded"]);
});

test("a body in several pieces, and one that another step reads later, are copied as they come", () => {
  const several = collecting(10, 64, [brief]);
  several.read("first");
  expect(several.budget.held).toBeGreaterThan(0);
  several.overwrite();
  several.read("other");
  several.collector.end();
  expect(several.told).toEqual(["0 read firstother", "released 10", "passed firstother", "end"]);

  const kept = collecting(5, 64, [brief, { as: "seen", maxBytes: 64 }]);
  kept.read("whole");
  expect(kept.budget.held).toBe(5);
});
