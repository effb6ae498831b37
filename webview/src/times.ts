/** Moments and durations as people read them. */
import { quantity } from '../../server/src/protocol.js';

/** `2026-05-01 12:30 UTC`; what is no date stays as it is. */
export function moment(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `12.4 s`, `3 min`, `2.5 h`. */
export function seconds(value: number): string {
  if (value < 100) return `${quantity(value, 'logit')} s`;
  return value < 6000 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
}
