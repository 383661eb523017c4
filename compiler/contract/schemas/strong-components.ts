/**
 * Number of the strongly connected component of each state (Tarjan), without recursion. A component has a greater number
 * than those that can be reached from it.
 */
export function strongComponents(edges: readonly (readonly number[])[]): number[] {
  const index = new Array<number>(edges.length).fill(-1);
  const low = new Array<number>(edges.length).fill(0);
  const component = new Array<number>(edges.length).fill(-1);
  const stack: number[] = [];
  let count = 0;
  let components = 0;
  for (let root = 0; root < edges.length; root++) {
    if (index[root] !== -1) continue;
    const work: { readonly state: number; next: number }[] = [{ state: root, next: 0 }];
    while (work.length > 0) {
      const frame = work.at(-1)!;
      const { state } = frame;
      if (frame.next === 0) {
        index[state] = low[state] = count++;
        stack.push(state);
      }
      const target = edges[state]![frame.next++];
      if (target !== undefined) {
        if (index[target] === -1) work.push({ state: target, next: 0 });
        else if (component[target] === -1) low[state] = Math.min(low[state]!, index[target]!);
        continue;
      }
      work.pop();
      const above = work.at(-1);
      if (above !== undefined) low[above.state] = Math.min(low[above.state]!, low[state]!);
      if (low[state] !== index[state]) continue;
      for (let member = stack.pop()!; ; member = stack.pop()!) {
        component[member] = components;
        if (member === state) break;
      }
      components++;
    }
  }
  return component;
}
