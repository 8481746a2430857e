/** Requests per second that a port serves: by `wrk` where there is one, else from this process, which is slower. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { monoMs, sleep } from './mono.ts';
import { Poller } from './poller.ts';

export async function load(port: number, connections: number, seconds: number, wrk: boolean): Promise<number> {
  return wrk ? byWrk(port, connections, seconds) : byPollers(port, connections, seconds);
}

async function byWrk(port: number, connections: number, seconds: number): Promise<number> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, `http://127.0.0.1:${port}/`];
  const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = await text(child.stdout);
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1];
  if (rate === undefined || /Non-2xx|Socket errors/.test(output)) throw new Error(`wrk failed:\n${output}`);
  return Number(rate);
}

async function byPollers(port: number, connections: number, seconds: number): Promise<number> {
  let answers = 0;
  const count = () => {
    answers += 1;
  };
  const pollers = Array.from({ length: connections }, () => new Poller(port, 0, count));
  await sleep(500);
  const [fromMs, before] = [monoMs(), answers];
  await sleep(seconds * 1000);
  const rate = (answers - before) / ((monoMs() - fromMs) / 1000);
  for (const poller of pollers) poller.stop();
  return rate;
}
