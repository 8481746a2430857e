/**
 * Times as the API reads them: Go's layouts, which are stricter than RFC 3339 in one place and laxer in others. A
 * MicroTime has exactly six digits of fraction (three are refused); the hour may have one digit, and the fraction may
 * follow a comma. Stored times are in UTC.
 */

export type ParsedTime =
  /** `text` is the time as it is stored; null for Go's zero time, which is written as null. */
  { readonly type: 'ok'; readonly text: string | null } | { readonly type: 'bad'; readonly message: string };

interface Part {
  /** How Go's layout spells it. */
  readonly layout: string;
  readonly pattern: RegExp;
}

const dateAndTime: readonly Part[] = [
  { layout: '2006', pattern: /^\d{4}/ },
  { layout: '-', pattern: /^-/ },
  { layout: '01', pattern: /^\d\d/ },
  { layout: '-', pattern: /^-/ },
  { layout: '02', pattern: /^\d\d/ },
  { layout: 'T', pattern: /^T/ },
  { layout: '15', pattern: /^\d{1,2}/ },
  { layout: ':', pattern: /^:/ },
  { layout: '04', pattern: /^\d\d/ },
  { layout: ':', pattern: /^:/ },
  { layout: '05', pattern: /^\d\d/ },
];
const zone: Part = { layout: 'Z07:00', pattern: /^(?:Z|[+-]\d\d:\d\d)/ };
const microseconds: Part = { layout: '.000000', pattern: /^[.,]\d{6}/ };
/** A layout without a fraction still takes one of any length. */
const anyFraction: Part = { layout: '', pattern: /^(?:[.,]\d+)?/ };

const microTimeLayout = [...dateAndTime, microseconds, zone];
const timeLayout = [...dateAndTime, anyFraction, zone];

/** `spec.renewTime` and `spec.acquireTime` of a Lease. */
export function parseMicroTime(text: string): ParsedTime {
  return parse(text, microTimeLayout, 6);
}

/** `metadata.creationTimestamp` and its like: whole seconds when stored. */
export function parseTime(text: string): ParsedTime {
  return parse(text, timeLayout, 0);
}

function parse(text: string, layout: readonly Part[], storedDigits: number): ParsedTime {
  const found: string[] = [];
  let rest = text;
  for (const part of layout) {
    const match = part.pattern.exec(rest);
    if (match === null) {
      const whole = layout.map((each) => each.layout).join('');
      return bad(`parsing time "${text}" as "${whole}": cannot parse "${rest}" as "${part.layout}"`);
    }
    found.push(match[0]);
    rest = rest.slice(match[0].length);
  }
  if (rest !== '') return bad(`parsing time "${text}": extra text: "${rest}"`);
  return store(text, found, storedDigits);
}

function store(text: string, found: readonly string[], digits: number): ParsedTime {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [0, 2, 4, 6, 8, 10].map((at) =>
    Number(found[at]),
  );
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (month < 1 || month > 12) return outOfRange(text, 'month');
  if (date.getUTCDate() !== day) return outOfRange(text, 'day');
  if (hour > 23) return outOfRange(text, 'hour');
  if (minute > 59) return outOfRange(text, 'minute');
  if (second > 59) return outOfRange(text, 'second');
  date.setUTCHours(hour, minute, second);
  const utc = new Date(date.getTime() - offsetMs(found[12] ?? 'Z'));
  const fraction = digits === 0 ? '' : `.${(found[11] ?? '').slice(1)}`;
  const stored = `${utc.toISOString().slice(0, -5)}${fraction}Z`;
  return { type: 'ok', text: /^0001-01-01T00:00:00(\.0+)?Z$/.test(stored) ? null : stored };
}

function offsetMs(zoneText: string): number {
  if (zoneText === 'Z') return 0;
  const minutes = Number(zoneText.slice(1, 3)) * 60 + Number(zoneText.slice(4, 6));
  return (zoneText.startsWith('-') ? -minutes : minutes) * 60_000;
}

function outOfRange(text: string, what: string): ParsedTime {
  return bad(`parsing time "${text}": ${what} out of range`);
}

function bad(message: string): ParsedTime {
  return { type: 'bad', message };
}
