/** What a member of the demo is told when it is started: one JSON text in an environment variable. */

export const MEMBER_SETTINGS_VARIABLE = 'ELECTOR_DEMO_MEMBER';

export interface MemberSettings {
  /** Identity and Pod name. */
  readonly name: string;
  readonly lock: string;
  /** Of the embedded API. */
  readonly server: string;
  readonly token: string;
  /** For `GET /`, on 127.0.0.1. */
  readonly port: number;
  readonly ttlMs: number;
}

export function parseMemberSettings(text: string | undefined): MemberSettings {
  const value: unknown = JSON.parse(text ?? 'null');
  if (!isMemberSettings(value)) {
    throw new Error(`cannot start a member: ${MEMBER_SETTINGS_VARIABLE} is not set; run 'elector demo', not this file`);
  }
  return value;
}

function isMemberSettings(value: unknown): value is MemberSettings {
  if (typeof value !== 'object' || value === null) return false;
  const has = (field: string, type: string) => field in value && typeof Reflect.get(value, field) === type;
  const texts = ['name', 'lock', 'server', 'token'];
  return texts.every((field) => has(field, 'string')) && has('port', 'number') && has('ttlMs', 'number');
}
