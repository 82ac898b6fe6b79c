import { mount } from 'svelte';
import App from './App.svelte';
import { appearance } from './state/appearance.svelte';
import { lab } from './state/lab.svelte';

appearance.start();
const target = document.getElementById('page')!;
target.replaceChildren();
mount(App, { target });
void lab.open();
