import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

// KaTeX offers each font in three formats; every browser that runs this page reads woff2. Of its
// faces, those of alphabets that no equation here uses stay out.
const fewFonts: Plugin = {
  name: 'few-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (!/katex.*\.css(?:\?|$)/.test(id)) return;
    return code
      .replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\(["']?(?:woff|truetype)["']?\)/g, '')
      .replace(/@font-face\{[^}]*KaTeX_(?:Caligraphic|Fraktur|SansSerif|Script|Typewriter)[^}]*\}/g, '');
  },
};

export default defineConfig({
  base: './',
  plugins: [fewFonts, svelte()],
  build: {
    outDir: '../src/glassnet/lab/page',
    emptyOutDir: true,
    // The content security policy allows no `data:` fonts, and a preload helper adds nothing here.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8642' } },
});
