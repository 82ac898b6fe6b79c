import { lab } from './lab.svelte';

// Which views are on the screen: only these are sent. Norms, marks and losses always are.
const counts = new Map<string, number>();
let timer = 0;

function tell(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    const names = [...counts].filter(([, count]) => count > 0).map(([name]) => name);
    lab.see(names.sort());
  }, 120);
}

/** An action: while the element is in sight, frames carry the named views. */
export function seen(element: HTMLElement, names: string[]): { destroy(): void } {
  let within = false;
  const turn = (now: boolean) => {
    if (now === within) return;
    within = now;
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + (now ? 1 : -1));
    tell();
  };
  const observer = new IntersectionObserver(
    (entries) => turn(entries.at(-1)!.isIntersecting),
    { rootMargin: '80px' },
  );
  observer.observe(element);
  return {
    destroy() {
      observer.disconnect();
      turn(false);
    },
  };
}
