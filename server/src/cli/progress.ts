/** Progress of a run on standard error: one redrawn line for what runs on a terminal, plain lines elsewhere. */
import { quantity } from '../protocol.js';
import type { Step } from '../plan/plan.js';
import type { RunEvent } from '../run/run.js';
import { duration, lineOf, rateText } from '../run/wording.js';
import type { Paint, Stream } from './terminal.js';

const BAR = 24;
const REDRAW_MS = 100;
/** How often a plain log hears of a long step. */
const LOG_MS = 30_000;

export class ProgressDisplay {
  private steps = 0;
  private started = 0;
  /** By key: the number and the last share of what runs, and when a line told of it. */
  private readonly running = new Map<string, { readonly number: number; share: number; drawn: number }>();

  constructor(
    private readonly stream: Stream,
    private readonly paint: Paint,
    private readonly now: () => number = () => performance.now(),
  ) {}

  show(event: RunEvent): void {
    switch (event.type) {
      case 'planned':
        this.steps = event.steps.length;
        if (this.steps === 0)
          this.stream.write('Nothing to compute: everything that the experiment asks for is in the store.\n');
        break;
      case 'started':
        this.running.set(event.step.key, { number: ++this.started, share: 0, drawn: this.now() });
        this.line(`${this.titleOf(event.step)} …`);
        break;
      case 'progress':
        this.progress(event);
        break;
      case 'ended':
        this.ended(event);
        break;
    }
  }

  private progress(event: Extract<RunEvent, { type: 'progress' }>): void {
    const own = this.running.get(event.step.key)!;
    const share = (own.share = event.total > 0 ? Math.min(1, event.done / event.total) : 0);
    const drawn = this.stream.isTTY ? Math.max(...[...this.running.values()].map(one => one.drawn)) : own.drawn;
    if (this.now() - drawn < (this.stream.isTTY ? REDRAW_MS : LOG_MS)) return;
    own.drawn = this.now();
    const filled = Math.round(share * BAR);
    const others = [...this.running].filter(([key]) => key !== event.step.key).map(([, one]) => one);
    const parts = [
      this.titleOf(event.step),
      ...(this.stream.isTTY ? ['█'.repeat(filled) + '░'.repeat(BAR - filled)] : []),
      `${Math.floor(100 * share)} %`,
      `${quantity(Math.floor(event.done), 'count')} of ${quantity(event.total, 'count')} ${event.unit}`,
      ...(event.rate > 0 ? [`${rateText(event.rate)}/s`] : []),
      ...(event.remaining !== undefined ? [`${duration(event.remaining)} left`] : []),
      ...(this.stream.isTTY ? others.map(one => `[${one.number}] ${Math.floor(100 * one.share)} %`) : []),
    ];
    this.line(parts.join('  '));
  }

  private ended({ step, result, seconds }: Extract<RunEvent, { type: 'ended' }>): void {
    const title = this.titleOf(step);
    this.running.delete(step.key);
    if (this.stream.isTTY) this.stream.write('\r\x1b[2K');
    if (result.status === 'complete') {
      this.stream.write(`${this.paint('green', '✓')} ${title}  ${this.paint('dim', duration(seconds))}\n`);
    } else if (result.status === 'failed') {
      this.stream.write(`${this.paint('red', '✗')} ${title}: failed\n`);
    } else {
      this.stream.write(`${this.paint('yellow', '–')} ${title}: not run, ${result.reason}\n`);
    }
  }

  /** What was never started has the number after the last. */
  private titleOf(step: Step): string {
    const number = this.running.get(step.key)?.number ?? ++this.started;
    return `[${number}/${this.steps}] ${lineOf(step)}`;
  }

  /** On a terminal the line is drawn over the last one, cut to its width. */
  private line(text: string): void {
    if (this.stream.isTTY) {
      const width = (this.stream.columns ?? 80) - 1;
      this.stream.write(`\r\x1b[2K${[...text].slice(0, width).join('')}`);
    } else {
      this.stream.write(`${text}\n`);
    }
  }
}
