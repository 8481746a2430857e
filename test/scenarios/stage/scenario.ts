/** What a scenario is, and how it becomes a transcript and a verdict. */
import type { Check, Finding } from './checks.ts';
import { neverTwoLead, neverTwoWork } from './checks.ts';
import type { GoKind } from './go-program.ts';
import type { LockKind } from './platform.ts';
import { Scene, type Side } from './scene.ts';
import { inSeconds } from './transcript.ts';

/** A story, told with a peer's electors and with ours. */
export interface Scenario {
  readonly type: 'story';
  /** The name of its transcript. */
  readonly id: string;
  /** What we claim. */
  readonly title: string;
  /** The rows of README.md that it holds. */
  readonly origins: readonly string[];
  /** What goes wrong elsewhere, and why. */
  readonly about: string;
  readonly peer: GoKind;
  readonly lockKind?: LockKind;
  readonly story: (scene: Scene) => Promise<void>;
  /** `wrong(…)` must fail there: a transcript that no longer shows the failure is no transcript of it. */
  readonly theirs: readonly (Check | Wrong)[];
  /** All must hold, and beside them that never two lead or work. */
  readonly ours: readonly Check[];
}

/** Inputs and what each side says to them. `theirs` is as documented or observed; `ours` is computed. */
export interface TableScenario {
  readonly type: 'table';
  readonly id: string;
  readonly title: string;
  readonly origins: readonly string[];
  readonly about: string;
  readonly peer: string;
  readonly rows: readonly {
    readonly given: string;
    readonly theirs: string;
    readonly ours: () => string | Promise<string>;
    /** What ours must say: the whole text, or a part that decides. */
    readonly must: string | RegExp;
  }[];
}

export interface Wrong {
  readonly wrong: Check;
}

export function wrong(check: Check): Wrong {
  return { wrong: check };
}

export interface Told {
  readonly text: string;
  /** What is not as the scenario says; empty when all is well. Not to be rewritten by any flag. */
  readonly failures: readonly string[];
}

const WIDTH = 100;

export async function tell(scenario: Scenario | TableScenario): Promise<Told> {
  const { title, origins, about } = scenario;
  const head = `${title}\n${'='.repeat(title.length)}\n${wrapped(origins.join(' · '))}\n\n${wrapped(about)}\n`;
  const body = scenario.type === 'story' ? await tellStory(scenario) : await tellTable(scenario);
  return { text: `${head}\n${body.text}`, failures: body.failures };
}

async function tellStory(scenario: Scenario): Promise<Told> {
  const theirs = await play(scenario, scenario.peer, scenario.theirs);
  const ours = await play(scenario, 'ours', [neverTwoLead, neverTwoWork, ...scenario.ours]);
  return { text: `${theirs.text}\n${ours.text}`, failures: [...theirs.failures, ...ours.failures] };
}

async function play(scenario: Scenario, side: Side, checks: readonly (Check | Wrong)[]): Promise<Told> {
  const scene = new Scene(side, scenario.lockKind);
  await scenario.story(scene);
  const failures: string[] = [];
  const findings = checks.map((check) => {
    const expected = typeof check === 'function';
    const finding = (expected ? check : check.wrong)(scene);
    if (finding.holds !== expected)
      failures.push(`${NAMES[side]}: ${expected ? '' : 'expected to go wrong: '}${finding.text}`);
    return finding;
  });
  const heading = NAMES[side];
  const lines = [`${heading}\n${'-'.repeat(heading.length)}`, scene.transcript.render(), verdict(scene, findings)];
  return { text: `${lines.join('\n')}\n`, failures };
}

function verdict(scene: Scene, findings: readonly Finding[]): string {
  const spans = scene.ledger.spans('leads').map(({ who, fromMs, toMs }) => {
    const isOpen = scene.ledger.is('leads', who) && toMs === scene.nowMs;
    return `${who} ${inSeconds(fromMs)}–${isOpen ? 'end' : inSeconds(toMs)}`;
  });
  const led = spans.length === 0 ? 'nobody' : spans.join(', ');
  return `\n  led: ${led}\n${findings.map(({ holds, text }) => `  ${holds ? '✓' : '✗'} ${text}`).join('\n')}`;
}

async function tellTable({ rows, peer }: TableScenario): Promise<Told> {
  const failures: string[] = [];
  const blocks: string[] = [];
  for (const { given, theirs, ours, must } of rows) {
    const said = await ours();
    const isRight = typeof must === 'string' ? said === must : must.test(said);
    if (!isRight) failures.push(`k8s-elector: given ${given}: expected ${must}, got: ${said}`);
    blocks.push(`${given}\n  ${peer.padEnd(11)}  ${theirs}\n  k8s-elector  ${said} ${isRight ? '✓' : '✗'}\n`);
  }
  return { text: blocks.join('\n'), failures };
}

const NAMES: Readonly<Record<Side, string>> = {
  ours: 'k8s-elector',
  original: 'the original (k8s-elector 1.2.0, on client-go 0.17)',
  'client-go 0.17': 'client-go 0.17',
  'client-go 0.37': 'client-go 0.37',
};

function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}
