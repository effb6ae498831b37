/** Progress of a run in words, as terminal and editor show it. */
import type { Step } from '../plan/plan.js';
import { quantity } from '../protocol.js';
import type { RunEvent } from './run.js';

/** A step as the experiment has it: `ig = integrated_gradients of binding on peaks`; inner stages have no name. */
export function lineOf({ declarations, title }: Step): string {
  return [...declarations.map(id => id.slice(id.lastIndexOf('#') + 1)), title].join(' = ');
}

/** Seconds as people read them: `< 0.1 s`, `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 0.05) return '< 0.1 s';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (number: number): string => String(number).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** Units per second: two digits below a hundred, whole numbers above. */
export function rateText(rate: number): string {
  return rate >= 100 ? quantity(Math.round(rate), 'count') : rate.toPrecision(2);
}

/**
 * A run's progress for one line: the step of the last event with its rate and the time it has left, and the share of all
 * steps that is done, each step counting alike. Several may run at a time.
 */
export class RunProgress {
  private steps = 0;
  private ended = 0;
  /** What is done of each step that runs, by key. */
  private readonly shares = new Map<string, number>();

  /** @returns undefined for events that change neither */
  after(event: RunEvent): { share: number; words: string } | undefined {
    if (event.type === 'planned') {
      this.steps = event.steps.length;
      return undefined;
    }
    const { key } = event.step;
    if (event.type === 'ended') {
      this.shares.delete(key);
      this.ended++;
      return undefined;
    }
    const title = `[${this.ended + 1}/${this.steps}] ${lineOf(event.step)}`;
    const moved = event.type === 'progress' ? event : undefined;
    this.shares.set(key, moved && moved.total > 0 ? Math.min(1, moved.done / moved.total) : 0);
    const share = [...this.shares.values()].reduce((sum, one) => sum + one, this.ended) / this.steps;
    const pace = [
      ...(moved && moved.rate > 0 ? [`${rateText(moved.rate)} ${moved.unit}/s`] : []),
      ...(moved?.remaining === undefined ? [] : [`${duration(moved.remaining)} left`]),
    ].join(', ');
    return { share, words: pace === '' ? title : `${title}: ${pace}` };
  }
}
