/**
 * What the API says when it says no: `Status` objects in the words, reasons and details of the real one. Clients decide
 * by `code`, `reason` and `details`; people and log searches go by the message.
 */
import { type Kind, kindName, resourceName } from './kinds.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** One answer of the API: an object, a list, or a `Status`. */
export interface Answer {
  readonly code: number;
  readonly body: JsonObject;
}

/** One thing wrong with an object. */
export interface FieldProblem {
  /** `spec.leaseDurationSeconds` */
  readonly field: string;
  readonly reason: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueForbidden' | 'FieldValueTooLong';
  /** `Invalid value: 0: must be greater than 0` */
  readonly message: string;
}

export function failure(code: number, reason: string, message: string, details?: JsonObject): Answer {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
  return { code, body };
}

export function badRequest(message: string): Answer {
  return failure(400, 'BadRequest', message);
}

/** An error that the real API did not foresee: it comes without a reason. */
export function internalError(message: string): Answer {
  return failure(500, '', message);
}

export function notFound(kind: Kind, name: string): Answer {
  return failure(404, 'NotFound', `${resourceName(kind)} "${name}" not found`, resourceDetails(kind, name));
}

/** The path names no resource that is served. It is a `NotFound` too, but it names no object. */
export function noSuchResource(): Answer {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): Answer {
  return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function alreadyExists(kind: Kind, name: string): Answer {
  const message = `${resourceName(kind)} "${name}" already exists`;
  return failure(409, 'AlreadyExists', message, resourceDetails(kind, name));
}

export function conflict(kind: Kind, name: string, why: string): Answer {
  const message = `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${why}`;
  return failure(409, 'Conflict', message, resourceDetails(kind, name));
}

export function versionConflict(kind: Kind, name: string): Answer {
  return conflict(
    kind,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** `actual` is empty when there is no such object. */
export function uidConflict(kind: Kind, key: string, name: string, wanted: string, actual: string): Answer {
  const storageError =
    `StorageError: invalid object, Code: 4, Key: ${kind.storagePrefix}/${key}, ResourceVersion: 0, ` +
    `AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`;
  return conflict(kind, name, storageError);
}

/** A precondition of a DELETE; the real API names the kind here, not the resource. */
export function preconditionFailed(kind: Kind, name: string, why: string): Answer {
  const message = `Operation cannot be fulfilled on ${kindName(kind)} "${name}": ${why}`;
  return failure(409, 'Conflict', message, { name, ...groupOf(kind), kind: kind.kind });
}

export function invalid(kind: Kind, name: string, problems: readonly FieldProblem[]): Answer {
  return invalidObject(kindName(kind), kind.kind, kind, name, problems);
}

/** A PUT without a version, on a kind that asks for one; the real API names the resource here, not the kind. */
export function versionRequired(kind: Kind, name: string): Answer {
  const problem = invalidValue('metadata.resourceVersion', '0', 'must be specified for an update');
  return invalidObject(resourceName(kind), kind.plural, kind, name, [problem]);
}

/** A patch whose result is no object of the kind. The real API names nothing here but the whole result. */
export function invalidPatchResult(patched: unknown, why: string): Answer {
  const problem = invalidValue('patch', JSON.stringify(JSON.stringify(patched)), why);
  return failure(422, 'Invalid', ` "" is invalid: ${lineOf(problem)}`, { causes: [causeOf(problem)] });
}

export function unsupportedMediaType(message: string, details?: JsonObject): Answer {
  return failure(415, 'UnsupportedMediaType', message, details);
}

export function tooLarge(limitBytes: number): Answer {
  return failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}

/** The body of an ERROR event, and of a 410. */
export function expired(message: string): Answer {
  return failure(410, 'Expired', message);
}

/** A read that asks for a version which this API has not reached, as after a restored backup. */
export function versionTooLarge(asked: string, current: string): Answer {
  return failure(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** `value` as Go prints it: strings in quotes, numbers bare. */
export function invalidValue(field: string, value: string, why: string): FieldProblem {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${why}` };
}

export function resourceDetails(kind: Kind, name: string): JsonObject {
  return { ...(name === '' ? {} : { name }), ...groupOf(kind), kind: kind.plural };
}

function invalidObject(
  title: string,
  detailsKind: string,
  kind: Kind,
  name: string,
  problems: readonly FieldProblem[],
): Answer {
  const lines = problems.map(lineOf);
  const summary = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const details = {
    ...(name === '' ? {} : { name }),
    ...groupOf(kind),
    kind: detailsKind,
    causes: problems.map(causeOf),
  };
  return failure(422, 'Invalid', `${title} "${name}" is invalid: ${summary}`, details);
}

function groupOf(kind: Kind): JsonObject {
  return kind.group === '' ? {} : { group: kind.group };
}

function lineOf(problem: FieldProblem): string {
  return `${problem.field}: ${problem.message}`;
}

function causeOf(problem: FieldProblem): JsonObject {
  return { reason: problem.reason, message: problem.message, field: problem.field };
}
