import type { Frame } from '../protocol';
import { History } from './curves';

/** The newest frame of a run, and the curves that its frames have brought. */
export class Frames {
  newest = $state.raw<Frame | null>(null);
  /** Not states: what draws them asks for a new picture whenever a frame comes. */
  readonly curves = new History();
  readonly twinCurves = new History();
  #known = 0;
  #holds = 0;
  #held: Frame[] = [];

  /** The rows and settings are here of what has begun anew so many times. */
  know(restarted: number): void {
    this.#known = restarted;
  }

  /** Until as many releases, frames of a later beginning wait: its rows are still on their way. */
  hold(): void {
    this.#holds += 1;
  }

  /** The frames that have waited. */
  release(): Frame[] {
    this.#holds -= 1;
    const held = this.#holds ? [] : this.#held;
    if (!this.#holds) this.#held = [];
    return held;
  }

  hear(frame: Frame): void {
    if (this.#holds && frame.restarted > this.#known) {
      this.#held.push(frame);
      return;
    }
    this.#known = frame.restarted;
    if (frame.step < (this.newest?.step ?? 0)) this.clearCurves();
    if (frame.curves) this.curves.add(frame.curves);
    if (frame.twin?.curves) this.twinCurves.add(frame.twin.curves);
    this.newest = frame;
  }

  /** Nothing that was shown is of the run that is to come. */
  forget(): void {
    this.#held = [];
    this.clear();
  }

  clear(): void {
    this.clearCurves();
    this.newest = null;
  }

  clearCurves(): void {
    this.curves.clear();
    this.twinCurves.clear();
  }
}
