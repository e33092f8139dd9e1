// A reporter for Node.js's test runner that yields, at the end, how many tests there were. tools/test.ts reads the number:
// by itself the runner counts a run without a single test as a success.

interface SummaryEvent {
  readonly type: string;
  readonly data: { readonly file?: string; readonly counts?: { readonly tests: number } };
}

export async function* count(events: AsyncIterable<SummaryEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    // Each file has a summary of its own, which names it; the whole run's names none.
    if (type === 'test:summary' && data.file === undefined) yield String(data.counts?.tests);
  }
}

// biome-ignore lint/style/noDefaultExport: the test runner asks for the default export.
export default count;
