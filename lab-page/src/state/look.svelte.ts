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
  error = $state('');
  /** The lab's moment that was last asked for. */
  moment = $state('');
  #asked = 0;

  get current() {
    return this.look?.stages[this.stage] ?? null;
  }

  /** Look at the present step again; the stage stays where it is. */
  async refresh(): Promise<void> {
    const asked = (this.#asked += 1);
    this.moment = lab.moment;
    await lab.settled();
    if (asked !== this.#asked || !lab.run) return;
    this.moment = lab.moment;
    try {
      const rows = this.batch ? 'batch' : [this.row];
      const look = await ask<Look>('POST', `runs/${lab.run}/microscope`, { rows, samples: this.samples });
      if (asked !== this.#asked) return;
      const weight = this.weight;
      const derived = weight && (await this.#derivative(weight, look));
      if (asked !== this.#asked) return;
      this.look = look;
      this.stage = Math.min(this.stage, look.stages.length - 1);
      if (this.weight === weight) this.#show(derived);
      this.error = '';
    } catch (error) {
      if (asked === this.#asked) this.#tell(error);
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

  /** ∂J/∂w of one weight (input −1: its bias), for the sample looked at; of a step that stands still. */
  async derive(weight: WeightPlace): Promise<void> {
    this.weight = weight;
    this.#show(null);
    if (lab.state.playing) {
      await lab.command('pause');
      return this.refresh();
    }
    const asked = this.#asked;
    try {
      const derived = await this.#derivative(weight, this.look);
      if (this.weight !== weight || asked !== this.#asked) return; // who asked after it, shows it
      this.#show(derived);
      this.error = '';
    } catch (error) {
      if (asked === this.#asked) this.#tell(error);
    }
  }

  leaveWeight(): void {
    this.weight = null;
    this.#show(null);
  }

  forget(): void {
    this.#asked += 1;
    this.look = null;
    this.moment = '';
    this.stage = 0;
    this.leaveWeight();
  }

  #derivative(weight: WeightPlace, look: Look | null): Promise<Derived> {
    const row = this.batch ? (look?.rows[0] ?? 0) : this.row;
    const asked = { row, layer: weight.layer, unit: weight.unit, input: weight.input + 1 };
    return ask<Derived>('POST', `runs/${lab.run}/derive`, asked);
  }

  #show(derived: Derived | null): void {
    this.derived = derived;
    this.path = 0;
  }

  #tell(error: unknown): void {
    this.error = error instanceof Error ? error.message : String(error);
  }
}

export const microscope = new Microscope();
