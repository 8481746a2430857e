/**
 * Tells scenarios to a person, and rewrites their expected transcripts:
 *
 *     node test/scenarios/main.ts                  # a list
 *     node test/scenarios/main.ts g01 p5           # those whose names begin so, on stdout
 *     node test/scenarios/main.ts --rewrite [g01]  # all of them, or these, into transcripts/; review the diff
 *
 * What must hold stays asserted: a transcript that tells of something wrong is not written.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios.ts';
import { tell } from './stage/scenario.ts';
import { TRANSCRIPTS, transcriptPath } from './transcript-files.ts';

const { values, positionals } = parseArgs({
  options: { rewrite: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const chosen = SCENARIOS.filter(
  ({ id }) => positionals.length === 0 || positionals.some((name) => id.startsWith(name)),
);
if (chosen.length === 0) throw new Error(`no scenario begins with ${positionals.join(' or ')}`);

if (!values.rewrite && positionals.length === 0) {
  for (const { id, title } of chosen) console.log(`${id.padEnd(40)} ${title}`);
} else {
  if (values.rewrite && positionals.length === 0) rmSync(TRANSCRIPTS, { recursive: true, force: true });
  mkdirSync(TRANSCRIPTS, { recursive: true });
  for (const scenario of chosen) {
    const { text, failures } = await tell(scenario);
    if (!values.rewrite) console.log(text);
    else if (failures.length === 0) writeFileSync(transcriptPath(scenario.id), text);
    for (const failure of failures) console.error(`${scenario.id}: ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  }
  if (values.rewrite) console.log(`${readdirSync(TRANSCRIPTS).length} transcripts in ${TRANSCRIPTS}`);
}
