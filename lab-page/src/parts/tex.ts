type Katex = typeof import('katex').default;

let here: Katex | null = null;
let loading: Promise<Katex | null> | null = null;
const newest = new WeakMap<HTMLElement, string>();

/** KaTeX, or null where it cannot be had now; the next formula asks for it again. */
function katex(): Promise<Katex | null> {
  loading ??= Promise.all([import('katex'), import('katex/dist/katex.min.css')])
    .then(([found]) => (here = found.default))
    .catch(() => (loading = null));
  return loading;
}

/** Mathematics into an element; until KaTeX is there, and where it fails, the TeX itself stands there. */
export async function typeset(element: HTMLElement, tex: string, displayMode: boolean): Promise<void> {
  newest.set(element, tex);
  if (!here) element.textContent = tex;
  const found = here ?? (await katex());
  if (found && newest.get(element) === tex) found.render(tex, element, { displayMode, throwOnError: false, strict: 'ignore' });
}
