type Katex = typeof import('katex').default;

let loading: Promise<Katex> | null = null;
const newest = new WeakMap<HTMLElement, string>();

function katex(): Promise<Katex> {
  loading ??= Promise.all([import('katex'), import('katex/dist/katex.min.css')]).then(([found]) => found.default);
  return loading;
}

/** Mathematics into an element; until KaTeX is there, and where it fails, the TeX itself stands there. */
export async function typeset(element: HTMLElement, tex: string, displayMode: boolean): Promise<void> {
  newest.set(element, tex);
  if (!element.hasChildNodes()) element.textContent = tex;
  const { render } = await katex();
  if (newest.get(element) === tex) render(tex, element, { displayMode, throwOnError: false, strict: 'ignore' });
}
