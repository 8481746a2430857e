/** Who led, who worked and whose Pod said so, when: intervals of true time, from which the verdicts are computed. */

export type Fact = 'leads' | 'works' | 'labelled';

export interface Span {
  readonly who: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Overlap {
  readonly who: readonly [string, string];
  readonly fromMs: number;
  readonly toMs: number;
}

export class Ledger {
  readonly #nowMs: () => number;
  readonly #open = new Map<string, number>();
  readonly #spans: (Span & { readonly fact: Fact })[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  set(fact: Fact, who: string, holds: boolean): void {
    const key = `${fact} ${who}`;
    const fromMs = this.#open.get(key);
    if (holds && fromMs === undefined) this.#open.set(key, this.#nowMs());
    if (holds || fromMs === undefined) return;
    this.#open.delete(key);
    this.#spans.push({ fact, who, fromMs, toMs: this.#nowMs() });
  }

  is(fact: Fact, who: string): boolean {
    return this.#open.has(`${fact} ${who}`);
  }

  /** By their beginning; what still goes on ends now. */
  spans(fact: Fact): readonly Span[] {
    const open = [...this.#open].map(([key, fromMs]) => {
      const space = key.indexOf(' ');
      return { fact: key.slice(0, space) as Fact, who: key.slice(space + 1), fromMs, toMs: this.#nowMs() };
    });
    return [...this.#spans, ...open]
      .filter((span) => span.fact === fact && span.toMs > span.fromMs)
      .map(({ who, fromMs, toMs }) => ({ who, fromMs, toMs }))
      .sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
  }

  /** Two at once, the longest first. */
  overlaps(fact: Fact): readonly Overlap[] {
    const spans = this.spans(fact);
    const found = spans.flatMap((a, index) =>
      spans.slice(index + 1).flatMap((b): Overlap[] => {
        const [fromMs, toMs] = [Math.max(a.fromMs, b.fromMs), Math.min(a.toMs, b.toMs)];
        return a.who !== b.who && toMs - fromMs > 1e-6 ? [{ who: [a.who, b.who], fromMs, toMs }] : [];
      }),
    );
    return found.sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
  }

  /** Times without anybody, between the first that began and now. */
  gaps(fact: Fact): readonly { readonly fromMs: number; readonly toMs: number }[] {
    const gaps: { fromMs: number; toMs: number }[] = [];
    let coveredToMs: number | null = null;
    for (const { fromMs, toMs } of [...this.spans(fact), { fromMs: this.#nowMs(), toMs: this.#nowMs() }]) {
      if (coveredToMs !== null && fromMs - coveredToMs > 1e-6) gaps.push({ fromMs: coveredToMs, toMs: fromMs });
      coveredToMs = Math.max(coveredToMs ?? toMs, toMs);
    }
    return gaps;
  }
}
