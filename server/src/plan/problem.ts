/** Why a checked document cannot become a plan, and where: almost always a file that is not there. */
import type { SourcePlace } from '../language/experiment.js';
import type { Problem } from '../protocol.js';

export class PlanError extends Error {
  readonly problem: Problem;
  /** Where in the experiment. */
  readonly place: SourcePlace | undefined;

  constructor(code: string, message: string, place?: SourcePlace, remedy?: string) {
    super(message);
    this.name = 'PlanError';
    this.place = place;
    this.problem = {
      code,
      message,
      ...(place && { place: `${place.file}:${place.range.start.line + 1}` }),
      ...(remedy !== undefined && { remedy }),
    };
  }
}
