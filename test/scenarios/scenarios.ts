/** Every scenario, in the order of their names. */
import { losing } from './gaps/losing.ts';
import { termGaps } from './gaps/terms.ts';
import { timing } from './gaps/timing.ts';
import { showing } from './original/showing.ts';
import { stopping } from './original/stopping.ts';
import { tables } from './original/tables.ts';
import { service } from './pains/service.ts';
import { twoLeaders } from './pains/two-leaders.ts';
import type { Scenario, TableScenario } from './stage/scenario.ts';
import { acquiring } from './suites/acquiring.ts';
import { releasing } from './suites/releasing.ts';
import { renewing } from './suites/renewing.ts';
import { suiteTables } from './suites/tables.ts';

const ALL: readonly (Scenario | TableScenario)[] = [
  ...losing,
  ...timing,
  ...termGaps,
  ...stopping,
  ...showing,
  ...tables,
  ...acquiring,
  ...renewing,
  ...releasing,
  ...suiteTables,
  ...twoLeaders,
  ...service,
];

export const SCENARIOS = ALL.toSorted((a, b) => (a.id < b.id ? -1 : 1));
