/** The API server's audit log: every request about locks and Pods, bodies included. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    {
      level: 'RequestResponse',
      resources: [
        { group: 'coordination.k8s.io', resources: ['leases'] },
        { group: '', resources: ['configmaps', 'endpoints', 'pods'] },
      ],
    },
  ],
};

/** Flags of kube-apiserver. Blocking: an answer is never seen before its line in the log. */
export async function auditFlags(dir: string): Promise<readonly string[]> {
  const policyFile = join(dir, 'audit-policy.json');
  await writeFile(policyFile, JSON.stringify(POLICY));
  return [`--audit-policy-file=${policyFile}`, `--audit-log-path=${logFile(dir)}`, '--audit-log-mode=blocking'];
}

/** All events so far. */
export async function readAuditEvents(dir: string): Promise<readonly unknown[]> {
  const lines = (await readFile(logFile(dir), 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line): unknown => JSON.parse(line));
}

function logFile(dir: string): string {
  return join(dir, 'audit.log');
}
