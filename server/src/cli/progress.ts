/** Progress of a run on standard error: one redrawn line per running step on a terminal, plain lines elsewhere. */
import type { Step } from '../plan/plan.js';
import { quantity } from '../protocol.js';
import type { RunEvent } from '../run/run.js';
import type { Paint, Stream } from './terminal.js';

const BAR = 24;
const REDRAW_MS = 100;
/** How often a plain log hears of a long step. */
const LOG_MS = 30_000;

export class ProgressDisplay {
  private steps = 0;
  private position = 0;
  private drawn = 0;

  constructor(
    private readonly stream: Stream,
    private readonly paint: Paint,
    private readonly now: () => number = () => performance.now(),
  ) {}

  show(event: RunEvent): void {
    switch (event.type) {
      case 'planned':
        this.steps = event.steps.length;
        if (this.steps === 0) this.stream.write('Everything is in the store; nothing to compute.\n');
        break;
      case 'started':
        this.drawn = this.now();
        this.line(`${this.counter()} ${lineOf(event.step)} …`);
        break;
      case 'progress':
        this.progress(event);
        break;
      case 'ended':
        this.ended(event);
        this.position += 1;
        break;
    }
  }

  private progress(event: Extract<RunEvent, { type: 'progress' }>): void {
    const pause = this.stream.isTTY ? REDRAW_MS : LOG_MS;
    if (this.now() - this.drawn < pause) return;
    this.drawn = this.now();
    const share = event.total > 0 ? Math.min(1, event.done / event.total) : 0;
    const filled = Math.round(share * BAR);
    const parts = [
      `${this.counter()} ${lineOf(event.step)}`,
      ...(this.stream.isTTY ? ['█'.repeat(filled) + '░'.repeat(BAR - filled)] : []),
      `${Math.floor(100 * share)} %`,
      `${quantity(Math.floor(event.done), 'count')} of ${quantity(event.total, 'count')} ${event.unit}`,
      ...(event.rate > 0 ? [`${rateText(event.rate)}/s`] : []),
      ...(event.remaining !== undefined ? [`${duration(event.remaining)} left`] : []),
    ];
    this.line(parts.join('  '));
  }

  private ended({ step, result, seconds }: Extract<RunEvent, { type: 'ended' }>): void {
    const title = `${this.counter()} ${lineOf(step)}`;
    if (this.stream.isTTY) this.stream.write('\r\x1b[2K');
    if (result.status === 'complete') {
      this.stream.write(`${this.paint('green', '✓')} ${title}  ${this.paint('dim', duration(seconds))}\n`);
    } else if (result.status === 'failed') {
      this.stream.write(`${this.paint('red', '✗')} ${title}: failed\n`);
    } else {
      this.stream.write(`${this.paint('yellow', '–')} ${title}: not run, ${result.reason}\n`);
    }
  }

  private counter(): string {
    return `[${this.position + 1}/${this.steps}]`;
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

/** A step as the experiment has it: `ig = integrated_gradients of binding on peaks`; inner stages have no name. */
function lineOf({ declarations, title }: Step): string {
  return [...declarations.map(id => id.slice(id.lastIndexOf('#') + 1)), title].join(' = ');
}

/** Seconds as people read them: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (number: number): string => String(number).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

function rateText(rate: number): string {
  return rate >= 100 ? quantity(Math.round(rate), 'count') : rate.toPrecision(2);
}
