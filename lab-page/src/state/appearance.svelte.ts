import { forgetTheme } from '../draw/theme';

export type Choice = 'system' | 'light' | 'dark';
const KEPT = 'glassnet-lab-theme';

/** Light or dark: the system's, until the reader chooses. `turn` counts changes, for the drawings. */
class Appearance {
  choice = $state<Choice>('system');
  turn = $state(0);

  start(): void {
    const kept = localStorage.getItem(KEPT);
    if (kept === 'light' || kept === 'dark') this.choice = kept;
    this.#show();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#show());
  }

  next(): void {
    const order: Choice[] = ['system', 'light', 'dark'];
    this.choice = order[(order.indexOf(this.choice) + 1) % 3]!;
    localStorage.setItem(KEPT, this.choice);
    this.#show();
  }

  #show(): void {
    if (this.choice === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.choice;
    forgetTheme();
    this.turn += 1;
  }
}

export const appearance = new Appearance();
