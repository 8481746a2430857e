/** The one clock on which every instant of the demo stands, whichever of its processes took it. */
import { machineMonoNs } from '../../clock.ts';

/** Milliseconds; origin arbitrary, the same for all processes of this machine. */
export function sharedNowMs(): number {
  return Number(machineMonoNs()) / 1e6;
}
