/** What the report and the panel in the editor do differently, for the pieces that both consist of. */
import type { Controls } from './controls.js';
import type { Theme } from './theme.js';

export interface Surroundings {
  readonly theme: Theme;
  readonly controls: Controls;
  /** A declaration's name, or another text that stands for it; in the editor it leads to the declaration. */
  readonly name: (declaration: string, text?: string) => HTMLElement;
  /** Gives the reader a file of this name. */
  readonly save: (name: string, content: string | Uint8Array<ArrayBuffer>) => void;
  /** Puts a text into the clipboard. */
  readonly copy: (text: string) => Promise<void> | void;
  /** What to do about a picture whose numbers are not there. */
  readonly remedy: string;
}
