import type { Catalogue, NetworkSettings, Task } from '../protocol';

/** The network for another task: with the loss and the output that are usual there. */
export function fitting(network: NetworkSettings, task: Task, catalogue: Catalogue): NetworkSettings {
  const usual = catalogue.fitting[task];
  return { ...network, loss: usual.loss, output: { ...network.output, activation: usual.output } };
}

export const TASKS: Record<Task, string> = {
  binary: 'two classes',
  multiclass: 'several classes',
  regression: 'a number',
};
