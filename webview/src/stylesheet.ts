/**
 * The style of the results view. Inside VS Code it follows the editor's colours (`--vscode-*`), elsewhere its own light
 * and dark palette. Colours that carry data have no counterpart there: bases are told apart by letter as well, signs by
 * orange and blue, which stay apart under the common forms of colour blindness.
 */

const LIGHT = `
  --background: var(--vscode-editor-background, #ffffff); --foreground: var(--vscode-editor-foreground, #24292f);
  --dim: var(--vscode-descriptionForeground, #57606a); --line: var(--vscode-panel-border, #d8dee4);
  --raised: var(--vscode-textCodeBlock-background, #f6f8fa); --accent: var(--vscode-textLink-foreground, #0560b6);
  --met: #1a7f4b; --failed: #c22f2f; --doubtful: #8a5a00;
  --base-A: #1b7f45; --base-C: #1f66cc; --base-G: #a86600; --base-T: #cc3330; --base-N: #6e7781;
  --positive: #e58a3c; --positive-extreme: #8a3800; --negative: #5a9fd6; --negative-extreme: #0b3f78;
`;
const DARK = `
  --background: var(--vscode-editor-background, #1c1e21); --foreground: var(--vscode-editor-foreground, #d8dade);
  --dim: var(--vscode-descriptionForeground, #9aa4af); --line: var(--vscode-panel-border, #34383d);
  --raised: var(--vscode-textCodeBlock-background, #24272b); --accent: var(--vscode-textLink-foreground, #58a9f5);
  --met: #56bd80; --failed: #ff7b72; --doubtful: #dba53a;
  --base-A: #4fbf78; --base-C: #5aa5ff; --base-G: #f0b34a; --base-T: #f4716c; --base-N: #9aa4af;
  --positive: #c9681c; --positive-extreme: #ffc78f; --negative: #2f7cc0; --negative-extreme: #a9d8ff;
`;
const CONTRAST = `
  --line: var(--vscode-contrastBorder, CanvasText); --dim: var(--foreground);
  --guide: color-mix(in srgb, var(--foreground) 24%, var(--background));
`;

export const STYLESHEET = `
body { ${LIGHT} --guide: color-mix(in srgb, var(--line) 45%, var(--background)); margin: 0; padding: 0; background: var(--background); color: var(--foreground);
  font: var(--vscode-font-size, 14px)/1.5 var(--vscode-font-family, system-ui, "Segoe UI", "DejaVu Sans", sans-serif); }
@media (prefers-color-scheme: dark) { body { ${DARK} } }
body.vscode-light, body.vscode-high-contrast-light { ${LIGHT} }
body.vscode-dark, body.vscode-high-contrast:where(:not(.vscode-high-contrast-light)) { ${DARK} }
body.vscode-high-contrast, body.vscode-high-contrast-light { ${CONTRAST} }
@media (prefers-contrast: more) { body { ${CONTRAST} } }
@media (forced-colors: active) {
  body { --background: Canvas; --foreground: CanvasText; --dim: CanvasText; --line: CanvasText; --raised: Canvas;
    --accent: LinkText; --met: CanvasText; --failed: CanvasText; --doubtful: CanvasText; }
  .view svg, .view canvas { forced-color-adjust: none; }
}
.view { container-type: inline-size; max-width: 1240px; margin: 0 auto; padding: 0 16px 32px; overflow-wrap: break-word; }
.view [hidden] { display: none !important; }
.view code, .view .mono, .view dd { overflow-wrap: anywhere; }
.view *, .view *::before { box-sizing: border-box; }
.view code, .view pre, .view .mono { font-family: var(--vscode-editor-font-family, ui-monospace, "SFMono-Regular", Menlo,
  Consolas, "DejaVu Sans Mono", monospace); font-size: 0.93em; }
.view code { background: none; color: inherit; padding: 0; } .view code.dim, .view .note code { color: var(--dim); }
.view h1 { font-size: 1.35em; line-height: 1.3; margin: 0; font-weight: 650; }
.view h2 { font-size: 1.08em; margin: 0 0 8px; font-weight: 650; }
.view h3, .view h4 { font-size: 1em; margin: 0; font-weight: 600; } .view .examples h3 { font-size: 1.08em; } .view h3 .dim { font-weight: 400; }
.view figure { margin: 0; }
.view p { margin: 0; max-width: 75ch; }
.view header { padding: 20px 0 14px; }
.view header > * + * { margin-top: 4px; }
.view section { border-top: 1px solid var(--line); padding: 18px 0 20px; }
.view article + article { margin-top: 26px; }
.view .dim { color: var(--dim); }
.view .small { font-size: 0.88em; }
.view .facts { max-width: none; } .view .fact { display: inline-block; max-width: 100%; }
.view .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 10px; margin-bottom: 10px; }
.view .bar .bar { margin-bottom: 0; }
.view .examples { margin-top: 26px; }
.view .under { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 20px; margin-top: 6px; }
.view .under .bar { margin: 0; }
.view .push { margin-left: auto; }
.view .chip { font-size: 0.88em; color: var(--dim); border: 1px solid var(--line); border-radius: 99px; padding: 1px 10px;
  white-space: nowrap; font-variant-numeric: tabular-nums; }
.view button, .view input, .view select { font: inherit; font-size: 0.93em; color: inherit; background: var(--background);
  border: 1px solid var(--line); border-radius: 5px; min-height: 30px; padding: 2px 10px; }
.view button { min-width: 32px; cursor: pointer; }
.view button:hover { border-color: var(--dim); }
.view input[type=search] { width: 15em; max-width: 100%; }
.view label { display: inline-flex; align-items: center; gap: 6px; font-size: 0.93em; color: var(--dim); }
.view input[type=checkbox] { min-height: 0; margin: 0; accent-color: var(--accent); }
.view :focus-visible { outline: 2px solid var(--vscode-focusBorder, var(--accent)); outline-offset: 2px; }
.view canvas { display: block; width: 100%; touch-action: pan-y; }
.view .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.view table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.view th { font-weight: 400; font-size: 0.88em; color: var(--dim); text-align: left; padding: 2px 16px 4px 0; vertical-align: bottom; }
.view td { padding: 7px 16px 7px 0; border-top: 1px solid var(--line); vertical-align: top; }
.view th:last-child, .view td:last-child { padding-right: 0; }
.view .scroll { overflow-x: auto; }
.view details.behind { font-size: 0.88em; color: var(--dim); }
.view summary { cursor: pointer; width: fit-content; }
.view .exports .bar { gap: 6px; margin: 4px 0 0; } .view .exports .small-action { min-height: 24px; padding: 0 8px; font-size: 1em; }
.view details table { width: auto; margin-top: 6px; }
.view details td { padding: 2px 18px 2px 0; }
.view .note { border-left: 3px solid var(--line); padding: 3px 0 3px 12px; margin: 10px 0; max-width: 85ch; }
.view .note.warning { border-color: var(--doubtful); }
.view pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 12px 14px; margin: 0; overflow-x: auto;
  line-height: 1.5; overflow-wrap: normal; tab-size: 2; }
.view .readout { margin-left: auto; min-height: 1.5em; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.88em; color: var(--dim); font-variant-numeric: tabular-nums; }

.view .outcome { white-space: nowrap; font-weight: 600; }
.view .outcome.met { color: var(--met); } .view .outcome.failed { color: var(--failed); }
.view .outcome.doubtful { color: var(--doubtful); } .view .outcome.none { color: var(--dim); }
.view .verdict { font-size: 1.08em; font-weight: 600; white-space: normal; margin-bottom: 10px; }
.view td.tight, .view .nowrap { white-space: nowrap; }
.view .message { color: var(--dim); font-size: 0.93em; max-width: 60ch; margin-top: 2px; }
.view .numbers .dim { display: block; font-size: 0.88em; min-width: 8em; }
.view td strong { font-weight: 650; }

.view svg { display: block; overflow: visible; }
.view .interval { width: 168px; height: 36px; } .view .interval text { fill: var(--dim); font-size: 11px; }
.view .interval .axis { stroke: var(--line); } .view .interval .allowed { fill: var(--met); opacity: 0.16; }
.view .interval .threshold { stroke: var(--foreground); stroke-width: 1.5; }
.view .interval .range { stroke: var(--accent); stroke-width: 11; opacity: 0.4; }
.view .interval .point { fill: var(--accent); }
.view .interval.met .range { stroke: var(--met); } .view .interval.met .point { fill: var(--met); }
.view .interval.failed .range { stroke: var(--failed); } .view .interval.failed .point { fill: var(--failed); }
.view .interval.doubtful .range { stroke: var(--doubtful); } .view .interval.doubtful .point { fill: var(--doubtful); }

.view .track { display: grid; grid-template-columns: 168px minmax(0, 1fr); align-items: center; }
.view .track + .track { margin-top: 4px; }
.view .pattern { margin: 14px 0; }
.view .track .title { padding-right: 14px; font-size: 0.93em; line-height: 1.35; overflow-wrap: anywhere; }
.view .track .title .dim { font-size: 0.95em; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.view .figures { display: flex; flex-wrap: wrap; gap: 0 12px; font-variant-numeric: tabular-nums; }
.view .picture + .picture { margin-top: 22px; }
.view figure.agreement { max-width: none; margin-top: 22px; }
.view .manhattan { margin: 10px 0 14px; }
.view .heading { margin: 0; align-items: baseline; }
.view .metric { display: grid; grid-template-columns: minmax(0, 1fr); gap: 14px 36px; margin-top: 8px; align-items: start; }
.view figure { max-width: 340px; }
@container (min-width: 840px) { .view .metric:has(figure) { grid-template-columns: minmax(0, 1fr) 300px; } }
.view .chart { width: 100%; } .view .chart text { fill: var(--dim); font-size: 11px; font-family: inherit; }
.view .chart .grid { color: var(--guide); stroke-opacity: 1; }
.view .histogram .count { fill: var(--accent); opacity: 0.75; }
.view .histogram .expected { fill: none; stroke: var(--foreground); stroke-width: 1.75; }
.view .bars td { padding: 2px 16px 2px 0; border: 0; } .view .bars td:nth-child(2) { width: 45%; min-width: 6em; }
.view .ranked, .view .ranked span { display: block; height: 0.75em; margin-top: 0.35em; } .view .ranked span { margin-top: 0; border-radius: 1px; }
.view .ranked .positive { background: var(--positive); } .view .ranked .negative { background: var(--negative); }
.view .bars .word { display: inline-block; max-width: 24em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.view .outcomes code { white-space: nowrap; } .view .outcomes td:nth-child(2) { min-width: 14em; }
.view .ranked { position: relative; } .view .ranked .whisker { position: absolute; inset: 0 auto auto 0; height: 0.75em; border-radius: 0;
  border: solid var(--foreground); border-width: 0 1px; background: linear-gradient(var(--foreground), var(--foreground)) center / 100% 1px no-repeat; }
.view .multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(260px, 100%), 1fr)); gap: 8px 24px; }
.view .matrix { margin: 10px 0 14px; max-width: 860px; } .view .matrix.square { max-width: 480px; }
.view .under + table.bars, .view figure + table.bars { margin-top: 14px; }
.view figure.wide { max-width: 480px; margin-top: 8px; }
.view .line { fill: none; stroke-width: 1.75; }
.view .line0 { stroke: var(--accent); } .view .line1 { stroke: var(--positive); } .view .line2 { stroke: var(--base-A); }
.view .line3 { stroke: var(--base-T); } .view .line4 { stroke: var(--negative-extreme); } .view .line5 { stroke: var(--dim); }
.view .benchmark code { overflow-wrap: normal; white-space: nowrap; }
.view .legend { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 14px; font-size: 0.88em; color: var(--dim); }
.view .legend span { display: inline-flex; align-items: center; gap: 6px; }
.view .legend canvas { width: 120px; }
.view .legend svg { flex: none; }
.view .methods p { max-width: 100ch; } .view .methods p + p { font-size: 0.93em; color: var(--dim); min-height: 0.6em; } .view .methods h2 { margin: 0; }
.view dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 16px; margin: 0; font-size: 0.93em; }
.view dt { color: var(--dim); } .view dd { margin: 0; }

@container (max-width: 680px) {
  .view .bars .word { max-width: 10em; } .view .bars td:nth-child(2) { width: 25%; min-width: 3em; } .view .bars td { padding-right: 10px; }
  .view .track { grid-template-columns: minmax(0, 1fr); } .view .track + .track { margin-top: 10px; }
  .view .track .title { padding: 0; display: flex; flex-wrap: wrap; gap: 0 10px; align-items: baseline; }
  .view .track .title .dim { -webkit-line-clamp: 1; flex: 1 1 8em; }
  .view .numbers .dim { white-space: normal; min-width: 0; }
  .view table.stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .view table.stacked, .view table.stacked tbody { display: block; }
  .view table.stacked tr { display: grid; grid-template-columns: minmax(0, 1fr) 168px; gap: 4px 14px; align-items: start;
    border-top: 1px solid var(--line); padding: 9px 0; }
  .view table.stacked td { display: block; border: 0; padding: 0; }
  .view table.stacked td[data-head=n]::before { content: 'n = '; color: var(--dim); }
  .view .expectations td:nth-child(1) { grid-area: 1 / 1; } .view .expectations td:nth-child(5) { grid-area: 1 / 2; justify-self: end; }
  .view .expectations td:nth-child(2) { grid-area: 2 / 1 / 3 / 3; }
  .view .expectations td:nth-child(3) { grid-area: 3 / 1; } .view .expectations td:nth-child(4) { grid-area: 3 / 2; }
  .view .expectations td:nth-child(5):has(:empty) { display: none; }
  .view .statistics td:nth-child(1) { grid-area: 1 / 1 / 2 / 3; }
  .view .statistics td:nth-child(4) { justify-self: end; }
  .view .missing td:nth-child(3) { grid-area: 2 / 1 / 3 / 3; }
  .view .readout:empty { min-height: 0; }
  .view dl { grid-template-columns: minmax(0, 1fr); } .view dd { margin-bottom: 6px; }
}
@media print {
  .view { max-width: none; } .view .controls, .view .exports, .view details:not([open]), .view .readout { display: none; }
  .view figure, .view .picture, .view .pattern, .view .matrix, .view .manhattan, .view tr, .view .note { break-inside: avoid; }
  .view h2, .view h3 { break-after: avoid; } .view canvas, .view svg { print-color-adjust: exact; }
}
`;
