import { expect, it } from "vitest";
import { Member } from "../../runtime/upstream/discovery/member.ts";
import { Members } from "../../runtime/upstream/discovery/members.ts";

const member = (index: number, id?: string): Member => new Member(`10.0.${index >> 8}.${index & 255}:8080`, id, { weight: 1 });

// Few, so many that there is a filter, and so many that many of those that are not there pass it.
it.each([3, 255, 256, 1_000, 20_000])("of %i, each is found by its authority, and no other is", (count) => {
  const members = new Members(Array.from({ length: count }, (_, index) => member(index)));
  expect(members.size).toBe(count);
  let others = 0;
  for (let index = 0; index < count; index++) {
    if (members.at(member(index, "by another name"))?.authority !== member(index).authority) others++;
    if (members.at(member(count + index)) !== undefined) others++;
  }
  expect(others).toBe(0);
  members.set(member(1, "another one"));
  expect([members.size, members.at(member(1))!.id]).toEqual([count, "another one"]);
});
