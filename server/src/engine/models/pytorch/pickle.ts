/**
 * Pickled Python as data: a reader of the format that can build numbers, text, lists, tuples, dictionaries and sets, and what an
 * allow-list knows. Pickle is a program that can call any function; here nothing is looked up and nothing is called but the
 * functions that the caller lists, so that a file which names another is refused where it names it.
 * Source: pickletools.py of CPython 3.13 (protocols 2 to 5).
 */
import { Failure } from '../../failure.js';

/** What the caller's own functions make. */
export abstract class Known {
  protected readonly isKnown = true;
}

/** Python's None, numbers, text, bytes, lists and tuples, dictionaries and sets. Lists may hold themselves. */
export type Pickled =
  null | boolean | number | bigint | string | Buffer | Pickled[] | Map<Pickled, Pickled> | Set<Pickled> | Known;

/** The allow-list. */
export interface Meanings {
  /** Classes and functions that may be called, by module and name; undefined from a call refuses its arguments. */
  readonly functions: Readonly<Record<string, (given: readonly Pickled[]) => Pickled | undefined>>;
  /** Names that stand for a value. */
  readonly values: Readonly<Record<string, Known>>;
  /** What stands for an object outside the pickle; undefined refuses it. */
  readonly persistent: (id: Pickled) => Pickled | undefined;
}

/** A function of the allow-list, before it is called. */
class Callable extends Known {
  constructor(
    readonly name: string,
    readonly make: (given: readonly Pickled[]) => Pickled | undefined,
  ) {
    super();
  }
}

const PROTOCOLS = { oldest: 2, newest: 5 };
/** Bytes of the largest integer: torch's magic number has 10. */
const LARGEST_INTEGER = 16;

/**
 * Reads one pickle.
 *
 * @param place the file, for messages
 * @returns the object, and the byte behind it
 * @throws Failure `model/pickled-code` for a name that is not listed, `model/damaged-pickle`
 */
export function unpickle(
  bytes: Buffer,
  start: number,
  meanings: Meanings,
  place: string,
): { value: Pickled; end: number } {
  const machine = new Machine(bytes, start, meanings, place);
  return { value: machine.run(), end: machine.at };
}

class Machine {
  private stack: Pickled[] = [];
  private readonly outer: Pickled[][] = [];
  private readonly memo = new Map<number, Pickled>();

  constructor(
    private readonly bytes: Buffer,
    public at: number,
    private readonly meanings: Meanings,
    private readonly file: string,
  ) {}

  run(): Pickled {
    for (;;) {
      const code = String.fromCharCode(this.take(1)[0]!);
      if (code === '.') return this.pop();
      const operation = Object.hasOwn(OPERATIONS, code) ? OPERATIONS[code]! : undefined;
      if (operation === undefined) this.damaged(`there is no operation ${JSON.stringify(code)} in protocols 2 to 5`);
      operation(this);
    }
  }

  damaged(message: string): never {
    throw new Failure('model/damaged-pickle', `the pickle is damaged: ${message}`, {
      place: `${this.file}, byte ${this.at}`,
      remedy: 'Copy the file again, or write it again with torch.save(model.state_dict(), …).',
    });
  }

  take(length: number): Buffer {
    if (!(length >= 0 && this.at + length <= this.bytes.length)) this.damaged('it is cut off');
    return this.bytes.subarray(this.at, (this.at += length));
  }

  count(width: 1 | 2 | 4): number {
    return this.take(width).readUIntLE(0, width);
  }

  /** Lengths of 8 bytes. */
  wide(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  text(length: number): void {
    this.push(this.take(length).toString('utf8'));
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    const text = this.take((end < 0 ? this.bytes.length + 1 : end) - this.at).toString('utf8');
    this.at++;
    return text;
  }

  /** A signed integer; those that a double holds exactly are numbers. */
  integer(length: number): void {
    if (length > LARGEST_INTEGER) this.damaged(`an integer of ${length} bytes`);
    const hex = Buffer.from(this.take(length)).reverse().toString('hex');
    const value = length === 0 ? 0n : BigInt.asIntN(8 * length, BigInt(`0x${hex}`));
    const small = Number(value);
    this.push(Number.isSafeInteger(small) ? small : value);
  }

  push(value: Pickled): void {
    this.stack.push(value);
  }

  pop(): Pickled {
    const value = this.stack.pop();
    return value === undefined ? this.damaged('an operation has no operand') : value;
  }

  popMany(count: number): Pickled[] {
    if (this.stack.length < count) this.damaged('an operation has too few operands');
    return this.stack.splice(this.stack.length - count);
  }

  mark(): void {
    this.outer.push(this.stack);
    this.stack = [];
  }

  popToMark(): Pickled[] {
    const inner = this.stack;
    this.stack = this.outer.pop() ?? this.damaged('an operation has no mark');
    return inner;
  }

  top(): Pickled {
    const value = this.stack.at(-1);
    return value === undefined ? this.damaged('an operation has no operand') : value;
  }

  store(index = this.memo.size): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    this.push(value === undefined ? this.damaged(`object ${index} was never stored`) : value);
  }

  fill(pairs: readonly Pickled[]): void {
    const into = this.top();
    if (!(into instanceof Map) || pairs.length % 2 === 1) this.damaged('entries of something that is no dictionary');
    for (let i = 0; i < pairs.length; i += 2) into.set(pairs[i]!, pairs[i + 1]!);
  }

  append(values: readonly Pickled[]): void {
    const into = this.top();
    if (!Array.isArray(into)) this.damaged('elements of something that is no list');
    for (const value of values) into.push(value);
  }

  addAll(values: readonly Pickled[]): void {
    const into = this.top();
    if (!(into instanceof Set)) this.damaged('members of something that is no set');
    for (const value of values) into.add(value);
  }

  global(module: Pickled, name: Pickled): void {
    if (typeof module !== 'string' || typeof name !== 'string') return this.damaged('a name that is no text');
    const full = `${module}.${name}`;
    const { functions, values } = this.meanings;
    if (Object.hasOwn(values, full)) this.push(values[full]!);
    else if (Object.hasOwn(functions, full)) this.push(new Callable(full, functions[full]!));
    else this.refuse(full);
  }

  refuse(full: string): never {
    throw new Failure(
      'model/pickled-code',
      `the file names ${full.slice(0, 120)}, which is code that would run when the file is loaded`,
      {
        place: `${this.file}, byte ${this.at}`,
        remedy:
          'Nothing in it was run. Where the file comes from, write the weights alone: torch.save(model.state_dict(), "weights.pt").',
      },
    );
  }

  call(): void {
    const [callable, given] = this.popMany(2);
    if (!(callable instanceof Callable) || !Array.isArray(given)) return this.damaged('a call of what is no function');
    const made = callable.make(given);
    this.push(
      made === undefined ? this.damaged(`${callable.name} is called with other arguments than torch gives it`) : made,
    );
  }

  /** Attributes of a dictionary hold nothing but its version; nothing else has any. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) this.damaged('attributes of something that has none');
  }

  persistent(): void {
    const found = this.meanings.persistent(this.pop());
    this.push(found === undefined ? this.damaged('an object outside of the pickle that is no storage') : found);
  }

  protocol(version: number): void {
    if (version < PROTOCOLS.oldest || version > PROTOCOLS.newest) this.damaged(`protocol ${version}, expected 2 to 5`);
  }
}

const OPERATIONS: Readonly<Record<string, (machine: Machine) => void>> = {
  '\x80': m => m.protocol(m.count(1)),
  '\x95': m => m.wide(),
  '(': m => m.mark(),
  '0': m => m.pop(),
  '1': m => m.popToMark(),
  '2': m => m.push(m.top()),
  N: m => m.push(null),
  '\x88': m => m.push(true),
  '\x89': m => m.push(false),
  K: m => m.push(m.count(1)),
  M: m => m.push(m.count(2)),
  J: m => m.push(m.take(4).readInt32LE()),
  G: m => m.push(m.take(8).readDoubleBE()),
  '\x8a': m => m.integer(m.count(1)),
  '\x8b': m => m.integer(m.count(4)),
  X: m => m.text(m.count(4)),
  '\x8c': m => m.text(m.count(1)),
  '\x8d': m => m.text(m.wide()),
  U: m => m.text(m.count(1)),
  T: m => m.text(m.count(4)),
  C: m => m.push(m.take(m.count(1))),
  B: m => m.push(m.take(m.count(4))),
  '\x8e': m => m.push(m.take(m.wide())),
  ')': m => m.push([]),
  ']': m => m.push([]),
  '\x85': m => m.push(m.popMany(1)),
  '\x86': m => m.push(m.popMany(2)),
  '\x87': m => m.push(m.popMany(3)),
  t: m => m.push(m.popToMark()),
  l: m => m.push(m.popToMark()),
  a: m => m.append(m.popMany(1)),
  e: m => m.append(m.popToMark()),
  '}': m => m.push(new Map()),
  s: m => m.fill(m.popMany(2)),
  u: m => m.fill(m.popToMark()),
  '\x8f': m => m.push(new Set()),
  '\x90': m => m.addAll(m.popToMark()),
  '\x91': m => m.push(new Set(m.popToMark())),
  q: m => m.store(m.count(1)),
  r: m => m.store(m.count(4)),
  '\x94': m => m.store(),
  h: m => m.recall(m.count(1)),
  j: m => m.recall(m.count(4)),
  c: m => m.global(m.line(), m.line()),
  '\x93': m => m.global(...(m.popMany(2) as [Pickled, Pickled])),
  R: m => m.call(),
  '\x81': m => m.call(),
  b: m => m.build(),
  Q: m => m.persistent(),
};
