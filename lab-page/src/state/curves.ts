import type { Curves } from '../protocol';
import { number } from '../numbers';

/** The learning curves kept in the page: every second point goes whenever there are too many. */
export class History {
  steps: number[] = [];
  epochs: number[] = [];
  loss: number[] = [];
  test_loss: number[] = [];
  metric: number[] = [];
  test_metric: number[] = [];

  static readonly MOST = 3000;

  add(curves: Curves): void {
    if (curves.from === 0) this.clear();
    this.steps.push(...curves.steps);
    this.epochs.push(...curves.epochs);
    for (const name of ['loss', 'test_loss', 'metric', 'test_metric'] as const) {
      const values = curves[name] ?? [];
      this[name].push(...curves.steps.map((_, k) => number(values[k] ?? null)));
    }
    if (this.steps.length > History.MOST) this.#thin();
  }

  clear(): void {
    for (const list of this.#lists()) list.length = 0;
  }

  #lists(): number[][] {
    return [this.steps, this.epochs, this.loss, this.test_loss, this.metric, this.test_metric];
  }

  #thin(): void {
    const last = this.steps.length - 1;
    for (const list of this.#lists()) {
      const kept = list.filter((_, k) => k % 2 === 0 || k === last);
      list.splice(0, list.length, ...kept);
    }
  }
}
