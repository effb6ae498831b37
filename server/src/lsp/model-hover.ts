/** Hover on a model: what is inside its file and what the engine can do with it. */
import type { Experiment } from '../language/experiment.js';
import { plainCall, type HeaderReader } from '../language/headers.js';
import type { ModelDescription } from '../protocol.js';
import { quantity } from '../protocol.js';
import { plainText, table } from './markdown.js';

/** Markdown on the file of a model that the experiment declares; undefined for other names, and where nothing may be read. */
export async function modelHover(
  { declarations }: Experiment,
  name: string,
  headers: HeaderReader,
): Promise<string | undefined> {
  const headOf = (id: string) => {
    const head = declarations.find(one => one.id === id)?.value.head;
    return head?.form === 'call' ? head : undefined;
  };
  const model = declarations.find(one => one.name === name && one.kind === 'model');
  const head = model?.value.head;
  const call = head?.form === 'call' ? plainCall(head, headOf) : undefined;
  if (model === undefined || call === undefined) return undefined;
  const description = await headers.describe(call, model.folder);
  return description?.is === 'model' ? describedModel(description) : undefined;
}

export function describedModel(model: ModelDescription): string {
  const { format, parameters, inputs, outputs, squashing, receptiveField, operators } = model;
  const shaped = (tensors: ModelDescription['inputs']): string =>
    tensors
      .map(({ name, shape }) => `${plainText(name)} ${shape.map(axis => plainText(String(axis))).join(' × ')}`)
      .join(', ');
  const facts = [
    `${plainText(format)} · ${quantity(parameters, 'count')} parameters · ${shaped(inputs)} → ${shaped(outputs)}`,
    ...(squashing ? [`Ends in ${plainText(squashing.operator)}: \`logit\` explains the value in front of it.`] : []),
    ...(receptiveField === undefined
      ? []
      : [`One position of the last convolution sees ${quantity(receptiveField, 'count')} positions of the input.`]),
  ];
  const rows = operators.map(({ operator, count, gradient, rules }) => [
    plainText(operator),
    quantity(count, 'count'),
    gradient,
    rules?.deep_lift ?? '',
    rules?.lrp ?? '',
  ]);
  return [...facts, table(['operator', 'count', 'gradient', 'deep\\_lift', 'lrp'], rows)].join('\n\n');
}
