/**
 * Loaded into a process before anything else (`--import`): its wall clock is off by what stands in the file
 * `CHAOS_WALL_CLOCK` (milliseconds), which is read anew at each SIGUSR2. Only `Date.now` is given another time: it is
 * where the elector reads the wall clock. Monotonic clocks are the kernel's to shift (`unshare --time`).
 */
import { readFileSync } from 'node:fs';

const file = process.env.CHAOS_WALL_CLOCK;
if (file !== undefined) {
  const realNow = Date.now;
  let offsetMs = 0;
  const read = () => {
    offsetMs = Number(readFileSync(file, 'utf8'));
  };
  read();
  process.on('SIGUSR2', read);
  Date.now = () => Math.round(realNow() + offsetMs);
}
