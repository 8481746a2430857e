/** Bodies that the API refuses, and in which words: an elector must know which of them prove that nothing was applied. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configMaps, endpoints, leases, namespaces, pods } from '../../../src/dev/kinds.ts';
import {
  assertBadRequest,
  assertInvalid,
  assertNotFound,
  objectOf,
  record,
  refusalOf,
  stored,
  type World,
  withMetadata,
} from '../world.ts';

const layout = '2006-01-02T15:04:05.000000Z07:00';
const cannotParse = (time: string, rest: string, part: string) =>
  `parsing time "${time}" as "${layout}": cannot parse "${rest}" as "${part}"`;

/** What each time is refused for. */
const badTimes: Readonly<Record<string, string>> = {
  '2026-11-01T00:00:00.000Z': cannotParse('2026-11-01T00:00:00.000Z', '.000Z', '.000000'),
  '2026-11-01T00:00:00Z': cannotParse('2026-11-01T00:00:00Z', 'Z', '.000000'),
  '2026-11-01T00:00:00.0000000Z': cannotParse('2026-11-01T00:00:00.0000000Z', '0Z', 'Z07:00'),
  '2026-11-01T00:00:00.000000000Z': cannotParse('2026-11-01T00:00:00.000000000Z', '000Z', 'Z07:00'),
  '2026-11-01t00:00:00.000000z': cannotParse('2026-11-01t00:00:00.000000z', 't00:00:00.000000z', 'T'),
  '2026-11-01T00:00:00.000000+0200': cannotParse('2026-11-01T00:00:00.000000+0200', '+0200', 'Z07:00'),
  '2026-02-30T00:00:00.000000Z': 'parsing time "2026-02-30T00:00:00.000000Z": day out of range',
  '2026-02-20T00:00:60.000000Z': 'parsing time "2026-02-20T00:00:60.000000Z": second out of range',
  '': cannotParse('', '', '2006'),
};

/** How each time is stored. */
const goodTimes: Readonly<Record<string, string | null | undefined>> = {
  '2026-11-01T02:00:00.000001+02:00': '2026-11-01T00:00:00.000001Z',
  '2026-11-01T2:00:00.000001Z': '2026-11-01T02:00:00.000001Z',
  '2026-11-01T02:00:00,000001Z': '2026-11-01T02:00:00.000001Z',
  '1970-01-01T00:00:00.000000Z': '1970-01-01T00:00:00.000000Z',
  '0001-01-01T00:00:00.000000Z': null,
};

export function refusalContract(world: World): void {
  describe('a lease’s record', () => {
    for (const [renewTime, why] of Object.entries(badTimes)) {
      it(`the time ‘${renewTime}’ is refused with 400`, async () => {
        const answer = await world.post(leases, objectOf(leases, world.freshName(), {}, { renewTime }));
        assertBadRequest(answer, `Lease in version "v1" cannot be handled as a Lease: ${why}`);
      });
    }

    for (const [renewTime, expected] of Object.entries(goodTimes)) {
      it(`the time ‘${renewTime}’ is stored as ${expected}`, async () => {
        const { spec } = await world.given(leases, {}, { renewTime });
        assert.deepEqual(spec, { ...record, renewTime: expected });
      });
    }

    it('null fields are dropped; an empty holder is kept', async () => {
      const { spec } = await world.given(leases, {}, { holderIdentity: '', acquireTime: null, renewTime: null });
      assert.deepEqual(spec, { holderIdentity: '', leaseDurationSeconds: 10, leaseTransitions: 0 });
      const { holderIdentity: _, ...unheld } = record;
      assert.deepEqual((await world.given(leases, {}, { holderIdentity: null })).spec, unheld);
    });

    it('a spec that is missing is stored as an empty one', async () => {
      const name = world.freshName();
      const answer = await world.post(leases, { ...objectOf(leases, name), spec: undefined });
      assert.deepEqual(stored(answer).spec, {});
    });

    it('a duration of 0 or less is invalid, on every way in', async () => {
      const problem = (value: number) => `spec.leaseDurationSeconds: Invalid value: ${value}: must be greater than 0`;
      const name = world.freshName();
      const zero = objectOf(leases, name, {}, { leaseDurationSeconds: 0 });
      assertInvalid(await world.post(leases, zero), leases, name, problem(0));
      assertInvalid(await world.put(leases, name, zero), leases, name, problem(0));
      const before = await world.given(leases);
      const { name: existing } = before.metadata;
      const negative = { ...before, spec: { ...record, leaseDurationSeconds: -1 } };
      assertInvalid(await world.put(leases, existing, negative), leases, existing, problem(-1));
      const patch = await world.patch(leases, existing, { spec: { leaseDurationSeconds: 0 } });
      assertInvalid(patch, leases, existing, problem(0));
      assert.deepEqual(stored(await world.get(leases, existing)), before);
    });

    it('negative transitions are invalid, and two problems come together', async () => {
      const name = world.freshName();
      const answer = await world.post(
        leases,
        objectOf(leases, name, {}, { leaseDurationSeconds: -1, leaseTransitions: -1 }),
      );
      const problems =
        '[spec.leaseDurationSeconds: Invalid value: -1: must be greater than 0, ' +
        'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0]';
      assertInvalid(answer, leases, name, problems);
      const causes = JSON.parse(answer.text).details.causes;
      assert.deepEqual(causes[1], {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: -1: must be greater than or equal to 0',
        field: 'spec.leaseTransitions',
      });
    });

    it('values of a wrong type are refused in Go’s words', async () => {
      const cases: [object, string][] = [
        [
          { leaseDurationSeconds: 2.5 },
          'number 2.5 into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32',
        ],
        [
          { leaseDurationSeconds: '10' },
          'string into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32',
        ],
        [
          { leaseDurationSeconds: 2 ** 31 },
          'number 2147483648 into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32',
        ],
        [{ holderIdentity: 5 }, 'number into Go struct field LeaseSpec.spec.holderIdentity of type string'],
        [{ renewTime: 5 }, 'number into Go struct field LeaseSpec.spec.renewTime of type string'],
      ];
      for (const [fields, why] of cases) {
        const answer = await world.post(leases, objectOf(leases, world.freshName(), {}, { ...fields }));
        assertBadRequest(answer, `Lease in version "v1" cannot be handled as a Lease: json: cannot unmarshal ${why}`);
      }
    });

    it('a conflict comes before an invalid record', async () => {
      const before = await world.given(leases);
      const stale = withMetadata({ ...before, spec: { ...record, leaseDurationSeconds: 0 } }, { resourceVersion: '1' });
      assert.equal(refusalOf(await world.put(leases, before.metadata.name, stale)).reason, 'Conflict');
    });
  });

  describe('refused bodies', () => {
    it('names that are no DNS subdomains are invalid', async () => {
      const rule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
        "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
      for (const kind of [leases, configMaps, endpoints, pods]) {
        const answer = await world.post(kind, objectOf(kind, 'Bad_Name'));
        assertInvalid(answer, kind, 'Bad_Name', `metadata.name: Invalid value: "Bad_Name": ${rule}`);
      }
      const put = await world.put(leases, 'Bad_Name', objectOf(leases, 'Bad_Name'));
      assertInvalid(put, leases, 'Bad_Name', `metadata.name: Invalid value: "Bad_Name": ${rule}`);
      const long = 'a'.repeat(254);
      const answer = await world.post(leases, objectOf(leases, long));
      assertInvalid(
        answer,
        leases,
        long,
        `metadata.name: Invalid value: "${long}": must be no more than 253 characters`,
      );
      assert.equal((await world.post(leases, objectOf(leases, 'a'.repeat(253)))).status, 201);
    });

    it('a missing name is invalid', async () => {
      const answer = await world.post(leases, { metadata: {} });
      assertInvalid(answer, leases, '', 'metadata.name: Required value: name or generateName is required');
    });

    it('labels and annotations are checked', async () => {
      const { name } = (await world.given(pods)).metadata;
      const keyRule =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
        "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
      const valueRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
        "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
        "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
      assertInvalid(
        await world.patch(pods, name, { metadata: { labels: { 'a b': 'c d' } } }),
        pods,
        name,
        `[metadata.labels: Invalid value: "a b": ${keyRule}, metadata.labels: Invalid value: "c d": ${valueRule}]`,
      );
      const annotation = await world.patch(pods, name, { metadata: { annotations: { 'a b': '' } } });
      assertInvalid(annotation, pods, name, `metadata.annotations: Invalid value: "a b": ${keyRule}`);
      const large = await world.patch(pods, name, { metadata: { annotations: { a: 'x'.repeat(262_144) } } });
      assertInvalid(large, pods, name, 'metadata.annotations: Too long: may not be more than 262144 bytes');
    });

    it('another kind or version is refused', async () => {
      const body = objectOf(leases, world.freshName());
      assertBadRequest(
        await world.post(leases, { ...body, kind: 'Leese' }),
        /^Leese in version "v1" cannot be handled as a Lease: no kind "Leese" is registered for version "coordination.k8s.io\/v1"/,
      );
      assertBadRequest(
        await world.post(leases, { ...body, apiVersion: 'v1' }),
        /^Lease in version "v1" cannot be handled as a Lease: no kind "Lease" is registered for version "v1"/,
      );
      assertBadRequest(
        await world.post(leases, objectOf(configMaps, world.freshName())),
        'ConfigMap in version "v1" cannot be handled as a Lease: converting (v1.ConfigMap) to (coordination.Lease): unknown conversion',
      );
    });

    it('a body without kind and version is taken for what the path says', async () => {
      const answer = await world.post(leases, { metadata: { name: world.freshName() }, spec: record });
      const { kind, apiVersion } = stored(answer);
      assert.deepEqual([answer.status, kind, apiVersion], [201, 'Lease', 'coordination.k8s.io/v1']);
    });

    it('what is no JSON object is refused', async () => {
      const { name } = (await world.given(leases)).metadata;
      for (const body of ['{"a":', '', '[]', '"x"', '{}x']) {
        assertBadRequest(
          await world.post(leases, body),
          /^the object provided is unrecognized \(must be of type Lease\): couldn't get version\/kind; json parse error: /,
        );
      }
      assertBadRequest(await world.put(leases, name, '{'), /^the object provided is unrecognized/);
      assertBadRequest(await world.patch(leases, name, '{'), 'invalid JSON patch');
      assertBadRequest(
        await world.patch(leases, name, '[]'),
        'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
      );
    });

    it('a patch whose result is no object of the kind is invalid, and names nothing', async () => {
      const { name } = (await world.given(leases)).metadata;
      for (const patch of [{ spec: { renewTime: 'x' } }, { metadata: { labels: { a: 5 } } }, { kind: 'Leese' }]) {
        const { code, reason, message, details } = refusalOf(await world.patch(leases, name, patch));
        assert.deepEqual([code, reason, details], [422, 'Invalid', { name: '', group: '', kind: '' }]);
        assert.match(message, /^ "" is invalid: patch: Invalid value: "\{/);
      }
    });

    it('a media type that is not served is refused with 415', async () => {
      const { name } = (await world.given(leases)).metadata;
      for (const type of ['application/json', '']) {
        const { code, reason, message } = refusalOf(await world.patch(leases, name, {}, { 'content-type': type }));
        assert.deepEqual([code, reason, message], [415, 'UnsupportedMediaType', '415: Unsupported Media Type']);
      }
      const body = objectOf(leases, world.freshName());
      const text = await world.target.request('POST', world.path(leases), body, { 'content-type': 'text/plain' });
      assert.deepEqual([text.status, refusalOf(text).reason], [415, 'UnsupportedMediaType']);
      const charset = { 'content-type': 'application/json; charset=utf-8' };
      assert.equal((await world.target.request('POST', world.path(leases), body, charset)).status, 201);
    });

    it('a body above three megabytes is refused with 413', async () => {
      const { name } = (await world.given(leases)).metadata;
      const annotations = { a: 'x'.repeat(3 * 1024 * 1024) };
      const large = objectOf(leases, name, { annotations });
      const answers = [
        await world.post(leases, large),
        await world.put(leases, name, large),
        await world.patch(leases, name, { metadata: { annotations } }),
      ];
      for (const answer of answers) {
        const { code, reason, message } = refusalOf(answer);
        assert.deepEqual(
          [code, reason, message],
          [413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728'],
        );
      }
    });

    it('a config map above one megabyte is invalid, and a bad key too', async () => {
      const name = world.freshName();
      const large = await world.post(
        configMaps,
        objectOf(configMaps, name, {}, { data: { a: 'x'.repeat(1_100_000) } }),
      );
      assertInvalid(large, configMaps, name, '[]: Too long: may not be more than 1048576 bytes');
      const key = await world.post(configMaps, objectOf(configMaps, name, {}, { data: { 'a/b': '' } }));
      assert.match(refusalOf(key).message, /data\[a\/b\]: Invalid value: "a\/b": a valid config key must consist of/);
    });

    it('an immutable config map keeps its data; its annotations may change', async () => {
      const before = await world.given(configMaps, {}, { data: { a: '1' }, immutable: true });
      const { name } = before.metadata;
      assertInvalid(
        await world.put(configMaps, name, { ...before, data: { a: '2' } }),
        configMaps,
        name,
        'data: Forbidden: field is immutable when `immutable` is set',
      );
      const annotated = await world.put(configMaps, name, withMetadata(before, { annotations: { a: '1' } }));
      assert.equal(annotated.status, 200);
    });

    it('a write into a namespace that does not exist is a NotFound of the namespace', async () => {
      const path = world.path(leases).replace(world.namespace, 'no-such-namespace');
      const body = objectOf(leases, 'alice');
      assertNotFound(await world.target.request('POST', path, body), namespaces, 'no-such-namespace');
      assertNotFound(await world.target.request('PUT', `${path}/alice`, body), namespaces, 'no-such-namespace');
    });

    it('a version that is no number breaks an update', async () => {
      const before = await world.given(leases);
      const answer = await world.put(leases, before.metadata.name, withMetadata(before, { resourceVersion: 'abc' }));
      const { code, reason, message } = refusalOf(answer);
      assert.deepEqual([code, reason, message], [500, '', 'strconv.ParseUint: parsing "abc": invalid syntax']);
    });
  });
}
