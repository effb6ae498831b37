/**
 * Declarations: checks `head of subjects on data | stages` against what the kind and the catalog entry ask, and turns it
 * into plain data.
 */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { entriesNamed, findEntry, isMap } from '../../catalog/index.js';
import type { CorrectionEntry, Form, Kind, MetricEntry } from '../../catalog/index.js';
import type { WrittenCall, WrittenName, WrittenPipeline } from '../experiment.js';
import { isBuiltin, isCall, isDefinition } from '../generated/ast.js';
import type { Call, Definition } from '../generated/ast.js';
import { listNames } from '../names.js';
import { placeIn } from '../places.js';
import type { Clause } from '../places.js';
import type { Problem } from '../problems.js';
import { nodesOf } from '../tree.js';
import { kindWords, placeWords } from '../wording.js';
import { attributionFacts, dataRoot, definitionOf, headEntry, inputOf, methodFacts } from './facts.js';
import type { AttributionFacts } from './facts.js';
import type { Context } from './context.js';
import { interpretReference } from './values.js';

type Written = WrittenCall | WrittenName;

/** @returns undefined when anything in the declaration is wrong; every fault has then been reported (names by the linker) */
export function interpretDeclaration(definition: Definition, outer: Context): WrittenPipeline | undefined {
  const kind = definition.kind;
  let sound = true;
  const context: Context = {
    ...outer,
    report: problem => {
      if (problem.severity === 'error') sound = false;
      outer.report(problem);
    },
  };
  const pipeline = definition.value;
  if (pipeline?.head === undefined) return undefined;

  const head = interpretClause(pipeline.head, kind, 'head', undefined, context);
  const entry = headEntry(definition);
  checkClauses(definition, entry?.name, context);
  const subjects = pipeline.subjects.map(subject => interpretClause(subject, kind, 'of', entry?.name, context));
  const on = pipeline.data && interpretClause(pipeline.data, kind, 'on', entry?.name, context);
  const stages = pipeline.stages.map(stage => interpretClause(stage, kind, 'stage', entry?.name, context));
  if (kind === 'attribution') checkCorrections(definition, context);
  if (kind === 'metric' && entry?.category === 'metric') checkSubjects(definition, entry, context);
  if (kind === 'attribution' || kind === 'metric') checkAlphabet(definition, context);

  const of = subjects.filter(isWritten);
  const through = stages.filter(stage => stage?.form === 'call');
  if (!sound || head === undefined || of.length < subjects.length || through.length < stages.length) return undefined;
  if (pipeline.data !== undefined && on === undefined) return undefined;
  return { head, of, ...(on !== undefined && { on }), stages: through };
}

function isWritten(value: Written | undefined): value is Written {
  return value !== undefined;
}

function interpretClause(call: Call, kind: Kind, clause: Clause, head: string | undefined, context: Context) {
  const place = placeIn(kind, clause, head);
  // Clauses that the kind does not have are reported once, by checkClauses.
  return place === undefined ? undefined : interpretReference(call, place, clauseWords(kind, clause), context);
}

function clauseWords(kind: Kind, clause: Clause): string {
  const words = {
    head: `the value of ${kindWords(kind)}`,
    of: 'what follows `of`',
    on: 'what follows `on`',
    stage: 'a stage after `|`',
  };
  return words[clause];
}

/** Whether `of`, `on` and `|` stand where the kind wants them, and nowhere else. */
function checkClauses(definition: Definition, head: string | undefined, context: Context): void {
  const kind = definition.kind;
  const { subjects, data, stages, head: headNode } = definition.value;
  const builtOnName = kind === 'attribution' && definitionOf(headNode, 'attribution') !== undefined;
  const present: Readonly<Record<Exclude<Clause, 'head'>, boolean>> = {
    of: subjects.length > 0,
    on: data !== undefined,
    stage: stages.length > 0,
  };
  const unwanted = (clause: Exclude<Clause, 'head'>, because: string): void => {
    const sign = clause === 'stage' ? '|' : clause;
    const property = { of: 'subjects', on: 'data', stage: 'stages' }[clause];
    context.report({
      severity: 'error',
      code: `clause/unexpected-${clause}`,
      message: `\`${sign}\` does not belong here: ${because}.`,
      node: definition.value,
      property,
    });
  };
  const missing = (clause: 'of' | 'on'): void => {
    const place = placeIn(kind, clause, head);
    if (place === undefined) return;
    context.report({
      severity: 'error',
      code: `clause/missing-${clause}`,
      message: `${kindWords(kind)} needs \`${clause}\`: ${placeWords(place)}.`.replace(/^./, first =>
        first.toUpperCase(),
      ),
      remedy: clauseRemedy(kind, clause, headNode),
      node: definition.value,
      property: 'head',
    });
  };

  for (const clause of ['of', 'on', 'stage'] as const) {
    const place = placeIn(kind, clause, head);
    if (builtOnName && clause !== 'stage') {
      if (present[clause])
        unwanted(clause, `\`${headNode.callee.$refText}\` already says what it explains and on which data`);
    } else if (place === undefined && present[clause]) {
      unwanted(
        clause,
        head !== undefined && kind === 'metric' ? `\`${head}\` takes none` : `${kindWords(kind)} has none`,
      );
    } else if (place !== undefined && !present[clause] && clause !== 'stage') {
      if (kind === 'metric' && clause === 'on' && head === undefined) continue;
      missing(clause);
    }
  }
  if (
    kind !== 'metric' &&
    kind !== 'benchmark' &&
    subjects.length > 1 &&
    !builtOnName &&
    placeIn(kind, 'of') !== undefined
  ) {
    context.report({
      severity: 'error',
      code: 'clause/too-many-subjects',
      message: `${kindWords(kind)} is of one thing, and ${subjects.length} are named.`.replace(/^./, first =>
        first.toUpperCase(),
      ),
      remedy: 'Declare one for each.',
      node: definition.value,
      property: 'subjects',
      index: 1,
    });
  }
}

function clauseRemedy(kind: Kind, clause: 'of' | 'on', head: Call): string {
  const call = head.$cstNode?.text ?? 'it';
  if (kind === 'attribution') return `Write \`${call} of target on data\`.`;
  if (kind === 'target') return `Write \`${call} of model\`.`;
  return clause === 'of' ? `Write \`${call} of …\`.` : `Write \`${call} of … on data\`.`;
}

/** Every correction must take the kind of map that reaches it. */
function checkCorrections(definition: Definition, context: Context): void {
  const { head, stages } = definition.value;
  const inner = definitionOf(head, 'attribution');
  const facts = inner === undefined ? methodFacts(definition) : attributionFacts(inner);
  let { map, multipliers } = facts;
  stages.forEach((stage, index) => {
    const correction: CorrectionEntry | undefined = findEntry('correction', stage.callee?.$refText ?? '');
    if (correction === undefined) {
      map = undefined;
      return;
    }
    const reason = map && whyRefused(correction, map, multipliers);
    if (reason !== undefined) {
      context.report({
        severity: 'error',
        code: 'map/refused',
        message: `\`${correction.name}\` ${reason}.`,
        remedy: correction.refusal,
        node: definition.value,
        property: 'stages',
        index,
      });
    }
    if (correction.produces !== 'same') map = correction.produces;
    multipliers = false;
  });
}

function whyRefused(correction: CorrectionEntry, map: Form, multipliers: boolean): string | undefined {
  if (!correction.accepts.includes(map)) return `takes ${acceptedWords(correction)}, and this is ${mapWords(map)}`;
  return correction.ofMultipliers && !multipliers
    ? 'is made of multipliers, and this map has none beside it'
    : undefined;
}

const FORM_WORDS: Readonly<Partial<Record<Form, string>>> = {
  effect: 'an effect map',
  activation: 'the values of a layer',
  interaction: 'a table of interactions',
  importance: 'one importance per feature',
  curve: 'curves',
  rule: 'rules',
  edit: 'edited examples',
  pattern: 'patterns',
  seqlet: 'seqlets',
};

function acceptedWords({ accepts }: CorrectionEntry): string {
  return accepts.every(isMap) ? `${accepts.join(' or ')} maps` : accepts.map(mapWords).join(' or ');
}

function mapWords(map: Form): string {
  return FORM_WORDS[map] ?? `a ${map} map`;
}

/** Whether everything that is called is defined for the input that the model reads. */
function checkAlphabet(definition: Definition, context: Context): void {
  const [subject] = definition.value.subjects;
  const explained = definitionOf(subject, 'attribution') ?? definitionOf(definition.value.head, 'attribution');
  const target = definitionOf(subject, 'target') ?? attributionFacts(explained ?? definition).target;
  const input = target && inputOf(target, context);
  if (input === undefined) return;
  const { alphabet, of: model } = input;
  for (const called of nodesOf(definition.value).filter(isCall)) {
    const named = called.callee?.ref;
    const declared = isDefinition(named) && ['method', 'reference'].includes(named.kind) ? headEntry(named) : undefined;
    const entry =
      declared ?? (isBuiltin(named) ? entriesNamed(named.name).find(({ alphabets }) => alphabets) : undefined);
    if (entry?.alphabets === undefined || entry.alphabets.includes(alphabet.name)) continue;
    context.report({
      severity: 'error',
      code: 'alphabet/not-defined',
      message: `\`${entry.name}\` is defined for ${listNames(entry.alphabets)}, and \`${model.name}\` reads ${alphabet.name}.`,
      remedy: 'Choose one that is defined for this input; its documentation says which inputs it takes.',
      node: called,
      property: 'callee',
    });
  }
}

/** What a metric asks of its subjects: how many, of which maps, about the same data as each other and as its truth. */
function checkSubjects(definition: Definition, metric: MetricEntry, context: Context): void {
  const { subjects } = definition.value;
  const { kind, min, max, maps, complete } = metric.subjects;
  const fail = (code: string, index: number | undefined, message: string, remedy?: string): void => {
    const problem: Problem = {
      severity: 'error',
      code,
      message,
      ...(remedy !== undefined && { remedy }),
      node: definition.value,
      property: index === undefined && subjects.length === 0 ? 'head' : 'subjects',
      ...(index !== undefined && { index }),
    };
    context.report(problem);
  };
  if (subjects.length > 0 && (subjects.length < min || subjects.length > max)) {
    const wanted = min === max ? `${min}` : `${min} to ${max}`;
    const many = subjects.length > max;
    fail(
      many ? 'metric/too-many-subjects' : 'metric/too-few-subjects',
      many ? max : undefined,
      `\`${metric.name}\` is of ${wanted} ${kind}${max === 1 ? '' : 's'}, and ${subjects.length} ${subjects.length === 1 ? 'is' : 'are'} named.`,
    );
  }
  if (kind !== 'attribution') return;
  const facts = subjects
    .map(subject => definitionOf(subject, 'attribution'))
    .map(found => found && attributionFacts(found));
  facts.forEach((fact, index) => {
    if (fact?.map === undefined) return;
    const name = subjects[index]?.callee.$refText ?? '';
    if (maps === undefined ? !isMap(fact.map) : !maps.includes(fact.map)) {
      fail(
        'map/wrong',
        index,
        `\`${metric.name}\` measures ${maps === undefined ? 'maps of the input' : maps.map(mapWords).join(' or ')}, and \`${name}\` is ${mapWords(fact.map)}.`,
      );
    }
    if (complete && !fact.complete) fail('map/not-complete', index, ...incomplete(name, fact, metric));
  });
  checkSameData(definition, facts, context);
}

function incomplete(name: string, fact: AttributionFacts, metric: MetricEntry): [string, string] {
  if (fact.method?.complete) {
    return [
      `\`${name}\` has been corrected, and \`${metric.name}\` is defined before any correction.`,
      'Ask it of the attribution before the `|`.',
    ];
  }
  return [
    `\`${fact.method?.name ?? name}\` does not claim that its map sums to f(x) − f(baseline), so \`${metric.name}\` cannot be asked of \`${name}\`.`,
    'Ask it of a method that makes the claim, such as integrated_gradients.',
  ];
}

function checkSameData(
  definition: Definition,
  facts: readonly (AttributionFacts | undefined)[],
  context: Context,
): void {
  const { subjects, head } = definition.value;
  const first = facts.findIndex(fact => fact?.data !== undefined);
  const data = facts[first]?.data;
  if (data === undefined) return;
  facts.forEach((fact, index) => {
    if (fact?.data === undefined || fact.data === data) return;
    context.report({
      severity: 'error',
      code: 'metric/different-data',
      message: `\`${subjects[index]?.callee.$refText ?? ''}\` explains \`${fact.data.name}\`, and \`${subjects[first]?.callee.$refText ?? ''}\` explains \`${data.name}\`.`,
      remedy: 'Maps that are compared must explain the same data.',
      node: definition.value,
      property: 'subjects',
      index,
    });
  });
  for (const argument of head.arguments) {
    const truth = argument.value?.$type === 'Call' ? definitionOf(argument.value, 'truth') : undefined;
    const about = truth && definitionOf(truth.value?.subjects[0], 'data');
    if (truth === undefined || about === undefined || dataRoot(about) === data) continue;
    context.report({
      severity: 'error',
      code: 'metric/truth-of-other-data',
      message: `\`${truth.name}\` is the truth of \`${about.name}\`, and the map explains \`${data.name}\`.`,
      remedy: `Name a truth of \`${data.name}\`.`,
      node: argument.value,
    });
  }
}
