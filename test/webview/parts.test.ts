/** What the pieces of the view decide before anything is drawn. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantity, type DeclarationMark } from '../../server/src/protocol.js';
import { scoredMapOf, sequencesOf } from '../../webview/src/arrays.js';
import { rowsHeight } from '../../webview/src/heatmap.js';
import { intervalDomain } from '../../webview/src/intervals.js';
import { averagingText } from '../../webview/src/legend.js';
import { fittingPositions, topPositions, windowAround } from '../../webview/src/logo.js';
import { findName } from '../../webview/src/navigation.js';
import { readState, stateOf } from '../../webview/src/panel-state.js';
import { shareDone } from '../../webview/src/panel-status.js';
import { colourTable, divergingColour, tablePlace } from '../../webview/src/scale.js';
import { rememberedRow } from '../../webview/src/viewpoint.js';
import { statisticDomain } from '../../webview/src/measurements.js';
import { verdict } from '../../webview/src/expectations.js';
import { figuresOf, viewedMaps } from '../../webview/src/attributions.js';
import { scoreRange } from '../../webview/src/track.js';
import { fixture } from './fixture.js';

describe('quantity', () => {
  it.each([
    [0.0086, 'share', '0.86 %'],
    [0.37, 'share', '37 %'],
    [1, 'share', '100 %'],
    [0.000012, 'share', '0.0012 %'],
    [-0.031, 'correlation', '−0.03'],
    [31.24, 'degrees', '31.2°'],
    [9.074, 'logit', '9.07'],
    [-1234.5, 'logit', '−1235'],
    [3.2e-7, 'logit', '3.2e−7'],
    [9312, 'count', '9 312'],
    [1234567, 'steps', '1 234 567'],
    [12.5, 'count', '12.5'],
    [NaN, 'share', 'no value'],
  ] as const)('%f as %s reads %s', (value, unit, text) => {
    expect(quantity(value, unit).replace(/[\u00a0\u202f]/g, ' ')).toBe(text);
  });
});

describe('the window of a logo', () => {
  it('shows everything where letters can be read, else as much as is comfortable', () => {
    expect(fittingPositions(100, 646)).toBe(100);
    expect(fittingPositions(100, 260)).toBe(26);
    expect(fittingPositions(8, 30)).toBe(8);
  });

  it('stays inside the sequence and keeps its width', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: -10, max: 6000, noNaN: true }),
        (length, share, centre) => {
          const visible = Math.max(1, Math.round(share * length));
          const [from, to] = windowAround(centre, visible, length);
          return from >= 0 && to <= length && to - from === visible;
        },
      ),
      { seed: 31 },
    );
  });

  it('always has room on both sides of zero', () => {
    expect(scoreRange(Float32Array.of(1, 2))).toEqual([expect.closeTo(-0.16), 2]);
    expect(scoreRange(new Float32Array(3))).toEqual([-0.08, 0.08]);
    // Bands to both sides of the score, and hypothetical letters stacked on each other, are inside too.
    expect(scoreRange(Float32Array.of(1, -1), { spread: Float32Array.of(2, 0.5) })).toEqual([-1.5, 3]);
    expect(scoreRange(Float32Array.of(1), { bases: Float32Array.of(1, 2, -4, -1) })).toEqual([-5, 3]);
  });

  it('ranks positions by magnitude', () => {
    expect(topPositions(Float32Array.of(0.1, -5, NaN, 3), 3)).toEqual([1, 3, 0]);
  });
});

describe('the height of a heatmap', () => {
  it('gives every row whole pixels until there are too many, and one row is not a wall', () => {
    expect([1, 48, 360, 10_000].map(rowsHeight)).toEqual([22, 240, 360, 360]);
  });

  it('is explained where cells are averages', () => {
    expect(averagingText(1, 1)).toBe('');
    expect(averagingText(27.78, 1)).toBe('each cell is the mean of 27.8 examples');
    expect(averagingText(2, 4)).toBe('each cell is the mean of 2 examples × 4 positions');
  });
});

describe('the axis of an interval', () => {
  it('holds every number of the mark inside the bounds of its unit', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, share, (value, low, from, to) => {
        const [left, right] = intervalDomain([{ value, low, interval: [from, to] }], [0, 1]);
        return left >= 0 && right <= 1 && [value, low, from, to].every(number => number >= left && number <= right);
      }),
      { seed: 32 },
    );
  });

  it('is fixed for statistics, so that intervals of one metric compare', () => {
    expect(statisticDomain('share', [0.83, 0.9])).toEqual([0, 1]);
    expect(statisticDomain('share', [0.0011, 0.0086])).toEqual([0, 0.01]);
    expect(statisticDomain('correlation', [0.2])).toEqual([-1, 1]);
    expect(statisticDomain('logit', [-3, 7])).toEqual([-5, 10]);
  });
});

describe('verdict', () => {
  it('counts every kind of outcome', () => {
    expect(verdict(fixture(1, 20).snapshot.expectations)).toEqual({
      text: '3 of 6 expectations are met: 1 failed, 1 not shown, 1 not run.',
      style: 'failed',
    });
    expect(verdict([{ outcome: 'met' }]).text).toBe('The expectation is met.');
    expect(verdict([{ outcome: 'met' }, { outcome: 'not shown' }])).toEqual({
      text: '1 of 2 expectations is met: 1 not shown.',
      style: 'doubtful',
    });
    expect(verdict([]).text).toMatch(/^Nothing was expected/);
  });
});

describe('viewedMaps', () => {
  const { snapshot } = fixture(1, 20);

  it('takes the maps that views name, each once, in their order; else the given ones', () => {
    const views = [
      { call: 'logo', maps: ['ism', 'ig'] },
      { call: 'logo', maps: ['ig', 'grad'] },
    ];
    expect(viewedMaps({ ...snapshot, views }, 'logo', ['x'])).toEqual(['ism', 'ig', 'grad']);
    expect(viewedMaps({ ...snapshot, views }, 'heatmap', ['x'])).toEqual(['x']);
  });
});

describe('findName', () => {
  it('goes on from the present example and round the end, ignoring case', () => {
    const names = ['chr1:5', 'CHR2:7', 'chr2:9'];
    expect(findName(names, 'chr2', 0)).toBe(1);
    expect(findName(names, 'chr2', 1)).toBe(2);
    expect(findName(names, 'chr2', 2)).toBe(1);
    expect(findName(names, 'chrX', 0)).toBeUndefined();
  });
});

describe('arrays', () => {
  it('are refused by name and size when they do not fit their declaration', () => {
    const { snapshot, arrays } = fixture(4, 20);
    const [data] = snapshot.data;
    const [map] = snapshot.maps;
    if (!data || !map) throw new Error('The fixture has no data.');
    const sequences = sequencesOf(data, arrays);
    expect(scoredMapOf(map, sequences, arrays).predictions).toHaveLength(4);
    expect(() => sequencesOf(data, new Map())).toThrow(
      /peaks cannot be drawn: its uint8 array “peaks.letters” is missing/,
    );
    const short = new Map(arrays).set('ig.scores', new Float32Array(79));
    expect(() => scoredMapOf(map, sequences, short)).toThrow(
      /ig cannot be drawn: its array holds 79 values where 4 × 20/,
    );
  });
});

describe('the head of the panel', () => {
  const mark = (state: DeclarationMark['state'], progress?: number): Pick<DeclarationMark, 'state' | 'progress'> => ({
    state,
    ...(progress !== undefined && { progress }),
  });

  it('counts what takes part in a run', () => {
    expect(shareDone([])).toBe(0);
    expect(shareDone([mark('done'), mark('running', 0.5), mark('waiting'), mark('missing')])).toBeCloseTo(0.5);
    expect(shareDone([mark('done'), mark('stale')])).toBe(1);
  });

  it('gives each map the headline of the metrics of it alone', () => {
    const { metrics } = fixture(2, 20).snapshot;
    expect(figuresOf('ig', metrics)).toEqual(['gap 0.86\u00a0%', 'planted 91.2\u00a0%']);
    expect(figuresOf('ism', metrics)).toEqual([]);
  });
});

describe('what the panel remembers', () => {
  it('is empty where something else was kept, and bounded', () => {
    expect(readState({ version: 1, uri: 3 })).toEqual({ version: 1, uri: '', files: [] });
    const state = readState(undefined);
    for (let file = 0; file < 40; file++) stateOf(state, `file:///${file}`);
    expect(state.files.length).toBeLessThan(20);
    expect(state.uri).toBe('file:///39');
    expect(readState(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  it('finds an example again by its name, and by its row where names repeat', () => {
    expect(rememberedRow({ example: 'b', row: 3 }, ['a', 'b', 'c', 'b'])).toBe(3);
    expect(rememberedRow({ example: 'b', row: 0 }, ['a', 'b', 'c', 'b'])).toBe(1);
    expect(rememberedRow({ example: 'x', row: 0 }, ['a'])).toBeUndefined();
  });
});

describe('the table of colours', () => {
  it('holds the colours that the scale gives, its ends and zero exactly', () => {
    const colours = {
      zero: [31, 31, 31],
      negative: [
        [47, 124, 192],
        [169, 216, 255],
      ],
      positive: [
        [201, 104, 28],
        [255, 199, 143],
      ],
    } as const;
    const table = colourTable(colours);
    for (const value of [-1, 0, 1, NaN, 7]) {
      const place = tablePlace(value);
      expect([...table.subarray(place, place + 4)]).toEqual([...divergingColour(value, colours), 255]);
    }
  });
});
