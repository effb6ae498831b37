/** The engine's error: a problem that a user can act on. Everything else that is thrown is a defect of the engine. */
import type { Problem } from '../protocol.js';

export class Failure extends Error {
  readonly problem: Problem;

  /**
   * @param code stable identifier, for example `model/unknown-operator`
   * @param message what was found and what was expected
   * @param where file, node or row, and what to do about it
   */
  constructor(code: string, message: string, where: { place?: string; remedy?: string } = {}) {
    super(plain(message));
    this.name = 'Failure';
    const { place, remedy } = where;
    this.problem = {
      code,
      message: this.message,
      ...(place !== undefined && { place: plain(place) }),
      ...(remedy !== undefined && { remedy: plain(remedy) }),
    };
  }
}

/** Text of a damaged or hostile file stands in messages, and messages in terminals: without what would control them. */
const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '\ufffd');
