import type { Upload } from '../protocol';
import { ask } from './server';
import { lab } from './lab.svelte';

/** Files that the server has read for this page, by their names there. */
class Uploads {
  sent = $state.raw<Record<string, Upload>>({});
  sending = $state(false);
  error = $state('');

  get known(): Record<string, Upload> {
    const given = lab.catalogue?.given;
    return given ? { [given.upload]: given, ...this.sent } : this.sent;
  }

  async send(file: File): Promise<Upload | null> {
    const most = lab.catalogue?.limits.upload;
    if (most && file.size > most) {
      this.error = `${file.name} has ${(file.size / 1e6).toFixed(1)} MB; at most ${(most / 1e6).toFixed(0)} MB are taken.`;
      return null;
    }
    this.sending = true;
    this.error = '';
    try {
      const found = await ask<Upload>('POST', `uploads?name=${encodeURIComponent(file.name)}`, file);
      const named = { ...found, name: found.name ?? file.name };
      this.sent = { ...this.sent, [found.upload]: named };
      return named;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      return null;
    } finally {
      this.sending = false;
    }
  }
}

export const uploads = new Uploads();
