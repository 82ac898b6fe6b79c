import { lab } from './state/lab.svelte';
import { microscope } from './state/look.svelte';

export const SHORTCUTS: [string, string][] = [
  ['Space', 'play or pause'],
  ['s', 'one step (one batch)'],
  ['e', 'one epoch'],
  ['r', 'restart with the same seed'],
  ['m', 'look through the microscope'],
  ['← →', 'stage before, stage after (in the microscope)'],
  ['t', 'light, dark or the system’s'],
  ['?', 'this list'],
];

/** Keys that work wherever nothing is being typed or chosen. */
export function listen(more: Record<string, () => void>): () => void {
  const keys: Record<string, () => void> = {
    ' ': () => lab.play(),
    s: () => void lab.command('step', { batches: 1 }),
    e: () => void lab.command('epoch'),
    r: () => void lab.restart(),
    ArrowLeft: () => microscope.go(microscope.stage - 1),
    ArrowRight: () => microscope.go(microscope.stage + 1),
    ...more,
  };
  const heard = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    const target = event.target as HTMLElement;
    if (target.closest('input, select, textarea, [contenteditable]')) return;
    if (event.key === ' ' && target.closest('button, summary, a, label')) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  addEventListener('keydown', heard);
  return () => removeEventListener('keydown', heard);
}
