import type { Derived, Look } from '../protocol';
import { lab } from './lab.svelte';
import { ask } from './server';

export interface WeightPlace {
  layer: number;
  unit: number;
  input: number;
}

/** What the microscope shows: one step of one sample or batch, and where in it we are. */
export class Microscope {
  look = $state.raw<Look | null>(null);
  stage = $state(0);
  row = $state(0);
  batch = $state(false);
  samples = $state<'rows' | 'columns'>('rows');
  weight = $state.raw<WeightPlace | null>(null);
  derived = $state.raw<Derived | null>(null);
  path = $state(0);
  step = $state(-1);
  error = $state('');
  #asked = 0;

  get current() {
    return this.look?.stages[this.stage] ?? null;
  }

  /** Look at the present step again; the stage stays where it is. */
  async refresh(): Promise<void> {
    if (!lab.run) return;
    const asked = (this.#asked += 1);
    const step = lab.state.step;
    try {
      const rows = this.batch ? 'batch' : [this.row];
      const look = await ask<Look>('POST', `runs/${lab.run}/microscope`, { rows, samples: this.samples });
      if (asked !== this.#asked) return;
      this.look = look;
      this.step = step;
      this.stage = Math.min(this.stage, look.stages.length - 1);
      this.error = '';
      if (this.weight) await this.derive(this.weight);
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  go(stage: number): void {
    const last = (this.look?.stages.length ?? 1) - 1;
    this.stage = Math.max(0, Math.min(last, stage));
  }

  async choose(row: number): Promise<void> {
    this.batch = false;
    this.row = Math.max(0, Math.min((lab.data?.train_rows ?? Infinity) - 1, row));
    await this.refresh();
  }

  /** ∂J/∂w of one weight (input −1: its bias), for the sample looked at. */
  async derive(weight: WeightPlace): Promise<void> {
    this.weight = weight;
    try {
      const row = this.batch ? (this.look?.rows[0] ?? 0) : this.row;
      const asked = { row, layer: weight.layer, unit: weight.unit, input: weight.input + 1 };
      const derived = await ask<Derived>('POST', `runs/${lab.run}/derive`, asked);
      if (this.weight !== weight) return;
      this.derived = derived;
      this.path = 0;
      this.error = '';
    } catch (error) {
      this.derived = null;
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  leaveWeight(): void {
    this.weight = null;
    this.derived = null;
  }

  forget(): void {
    this.look = null;
    this.step = -1;
    this.stage = 0;
    this.leaveWeight();
  }
}

export const microscope = new Microscope();
