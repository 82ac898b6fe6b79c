import type { Catalogue, NetworkSettings, Task } from '../protocol';

/** The network with a loss and an output that fit the task, where those it has do not. */
export function fitting(network: NetworkSettings, task: Task, catalogue: Catalogue): NetworkSettings {
  const present = catalogue.losses.find((loss) => loss.name === network.loss);
  const fits = present?.tasks.includes(task) && present.outputs.includes(network.output.activation);
  if (fits) return network;
  const usual = catalogue.fitting[task];
  return { ...network, loss: usual.loss, output: { ...network.output, activation: usual.output } };
}

export const TASKS: Record<Task, string> = {
  binary: 'two classes',
  multiclass: 'several classes',
  regression: 'a number',
};
