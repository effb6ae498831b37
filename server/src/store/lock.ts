/**
 * One lock per key, over processes and machines that share the folder.
 *
 * A lock is a set of claims, each a file of its own with a name that is never used again. Whoever wants the lock
 * announces a claim and then looks: if another live claim is there, it withdraws and waits. Of two holders one would
 * have announced first and been seen by the other, so there is never more than one. A claim whose process is dead is
 * deleted by whoever meets it; as names are not reused, nobody can delete a live claim by mistake, which is the race
 * in the usual single lock file.
 */
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { readRecord, writeAtomically } from './atomic.js';
import { systemCode } from './error.js';

/** How often a holder shows that it lives, and after what silence a claim of another machine counts as dead. */
const HEARTBEAT_MS = 10_000;
const SILENCE_MS = 300_000;
const POLL_MS = 100;

const Claim = z.object({ pid: z.number().int(), host: z.string(), started: z.string() });
type Claim = z.infer<typeof Claim>;

export interface Lock {
  /** Whether the claim is still there: another machine may have taken it for dead after minutes of silence. */
  held(): Promise<boolean>;
  release(): Promise<void>;
}

/** Takes the lock of `key`, waiting while another holder lives. */
export async function acquireLock(folder: string, key: string, signal?: AbortSignal): Promise<Lock> {
  for (;;) {
    signal?.throwIfAborted();
    const lock = await tryLock(folder, key);
    if (lock) return lock;
    // Two that announced at the same moment both withdrew: unequal pauses let one of them through.
    await sleep(POLL_MS * (0.5 + Math.random()), undefined, signal && { signal }).catch(() => undefined);
  }
}

/** Takes the lock of `key` if nobody holds it. */
export async function tryLock(folder: string, key: string): Promise<Lock | undefined> {
  if (await isHeld(folder, key)) return undefined;
  const own = `${key}.${randomUUID()}.claim`;
  const path = join(folder, own);
  await writeAtomically(path, JSON.stringify(await ownClaim()));
  if (await isHeld(folder, key, own)) {
    await rm(path, { force: true });
    return undefined;
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A claim that is gone has been taken for dead; `held` reports that to the writer.
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    held: () =>
      stat(path).then(
        () => true,
        () => false,
      ),
    release: async () => {
      clearInterval(heartbeat);
      await rm(path, { force: true });
    },
  };
}

/** Whether somebody else's live claim is there. Deletes dead ones. */
async function isHeld(folder: string, key: string, own?: string): Promise<boolean> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${key}.`) || !name.endsWith('.claim') || name === own) continue;
    const path = join(folder, name);
    if (await isLive(path)) return true;
    await rm(path, { force: true });
  }
  return false;
}

async function isLive(path: string): Promise<boolean> {
  const claim = await readRecord(path, Claim);
  if (!claim) return false;
  if (claim.host !== hostname()) return Date.now() - (await lastSignOfLife(path)) < SILENCE_MS;
  return isRunning(claim.pid) && claim.started === (await startOf(claim.pid));
}

async function lastSignOfLife(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0; // released meanwhile
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, for another user.
    return systemCode(error) !== 'ESRCH';
  }
}

let claimOfThisProcess: Claim | undefined;

async function ownClaim(): Promise<Claim> {
  claimOfThisProcess ??= { pid: process.pid, host: hostname(), started: await startOf(process.pid) };
  return claimOfThisProcess;
}

/**
 * When a process started, so that a later one with the same number is not taken for it: boot and clock ticks since
 * boot on Linux (proc(5)), empty where the system does not say.
 */
async function startOf(pid: number): Promise<string> {
  try {
    const [boot, status] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // Field 22; the command in field 2 may hold spaces and parentheses, so count from the last parenthesis.
    return `${boot.trim()} ${status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return '';
  }
}
