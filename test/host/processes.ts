/** Finds running engines and servers: other windows and runs on the same machine have theirs. */
import { execFileSync } from 'node:child_process';

/** Process ids of what descends from this process and runs a program of ours. */
export function runningOf(ancestor: number, program: 'engine' | 'server'): number[] {
  const table = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map(line => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter(match => match !== null)
    .map(([, pid, parent, command = '']) => ({ pid: Number(pid), parent: Number(parent), command }));
  const family = new Set([ancestor]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const { pid, parent } of table) if (family.has(parent)) family.add(pid);
  }
  return table
    .filter(({ pid, command }) => family.has(pid) && command.includes(`/dist/${program}.js`))
    .map(({ pid }) => pid);
}
