/** Durations and instants as people read them. */

/** `14 ms`, `2.71 s`. */
export function formatMs(ms: number): string {
  const whole = Math.round(ms);
  return Math.abs(whole) < 1000 ? `${whole} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** `1:02.34`, or without decimals `1:02`. */
export function formatTime(ms: number, decimals: 0 | 2 = 2): string {
  const hundredths = Math.max(0, Math.floor(ms / 10));
  const seconds = Math.floor(hundredths / 100);
  const whole = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return decimals === 0 ? whole : `${whole}.${String(hundredths % 100).padStart(2, '0')}`;
}

/** `2.7 s`, `95 s`: for what is drawn again and again. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}
