/**
 * What the panel adds to the style of the results view: its head, tabs that scroll on their own, links into the editor and
 * the states of results. Nothing rests on a faint fill alone: high-contrast themes get borders and patterns.
 */
export const PANEL_STYLESHEET = `
html, body { height: 100%; } body { overflow: auto; }
.panel { display: flex; flex-direction: column; height: 100vh; min-height: 400px; }
.panel *, .panel *::before { box-sizing: border-box; } .panel [hidden] { display: none !important; }
.panel :focus-visible { outline: 1px solid var(--vscode-focusBorder, var(--accent)); outline-offset: 2px; }
.head { flex: none; padding: 10px 16px 0; position: relative; container-type: inline-size; }
.head .line { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; padding-bottom: 6px; }
.head h1 { font-size: 1.08em; line-height: 1.4; font-weight: 600; margin: 0 4px 0 0; overflow-wrap: anywhere;
  font-family: var(--vscode-editor-font-family, monospace); }
.head .facts { color: var(--dim); font-size: 0.92em; font-variant-numeric: tabular-nums; }
.head .actions { display: flex; gap: 6px; margin-left: auto; }
@container (max-width: 780px) { .head .facts { order: 1; flex: 1 0 100%; } .head .wordy { display: none; } }
.head .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.head vscode-progress-bar { position: absolute; left: 0; right: 0; bottom: 0; }
.head .chip { font: inherit; font-size: 0.92em; line-height: 1.45; color: var(--dim); background: none; border: 1px solid var(--line); border-radius: 99px;
  padding: 1px 10px; white-space: nowrap; font-variant-numeric: tabular-nums; }
.head button.chip { cursor: pointer; } .head button.chip:hover { text-decoration: underline; }
.head .chip.met { color: var(--met); } .head .chip.failed { color: var(--failed); } .head .chip.doubtful { color: var(--doubtful); }
.head .chip.busy { color: var(--foreground); }
.head .note, .head .alert { margin: 0 0 8px; padding: 6px 12px; border-left: 3px solid var(--doubtful); background: var(--raised);
  white-space: pre-line; overflow-wrap: anywhere; max-height: 30vh; overflow: auto; }
.head .alert { border-color: var(--failed); }
.panel vscode-tabs { flex: 1; min-height: 0; display: flex; flex-direction: column; --vscode-settings-headerBorder: var(--line);
  --vscode-panelTitle-activeForeground: var(--foreground); }
.panel vscode-tab-header[active] { box-shadow: inset 0 -2px 0 var(--accent); }
.panel vscode-tab-header:not([active], :hover) { --vscode-foreground: var(--dim); }
body:is(.vscode-high-contrast, .vscode-high-contrast-light) vscode-tab-header[active] { box-shadow: inset 0 0 0 1px var(--vscode-contrastActiveBorder, var(--accent)), inset 0 -3px 0 var(--vscode-contrastActiveBorder, var(--accent)); }
.panel vscode-tab-header:first-of-type { margin-left: 8px; }
.panel vscode-tab-panel { flex: 1; min-height: 0; overflow: auto; }
.panel vscode-tab-panel:focus-visible { outline-offset: -2px; }
.panel .view { max-width: 1600px; }
.panel .view > :first-child, .panel .view > :first-child > section:first-child { border-top: 0; }
.panel .instead { width: 100%; } .panel .instead > p { padding-top: 16px; }
.panel .view .first { margin: 12px 0 0; } .panel .instead table { margin-top: 18px; }
.panel .view vscode-textfield { width: 100%; } .panel .view .find { flex: 1 1 11em; max-width: 15em; flex-wrap: nowrap; } .panel .find > span:empty { display: none; }
.panel .view vscode-single-select { width: 14.5em; max-width: 100%; } .panel .view .difference vscode-single-select { width: 10.5em; } .panel .under { align-items: center; }
@container (max-width: 480px) { .panel .view .find { max-width: none; } }
.panel .labelled { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 6px; color: var(--dim); font-size: 0.93em; }
.panel .controls { white-space: normal; }

.panel .declared { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 2px 8px; max-width: 100%; }
.panel .view .link { font-family: var(--vscode-editor-font-family, monospace); font-size: 0.95em; font-weight: inherit; color: inherit; background: none; border: 0; border-radius: 2px;
  padding: 0; min-height: 0; min-width: 0; text-align: left; overflow-wrap: anywhere; cursor: pointer; }
.panel .view .link:hover { color: var(--accent); text-decoration: underline; }
.panel [data-declaration] { position: relative; scroll-margin-top: 14px; }
.panel :is(article, .track, .picture).selected::before, .panel section.selected > h2::before { content: ''; position: absolute; left: -11px; top: 0; bottom: 0; width: 3px;
  background: var(--accent); border-radius: 2px; }
.panel section.selected > h2 { position: relative; }
.panel .stale:is(article, .track, .picture) > canvas, .panel .stale:is(article, .picture) svg, .panel tr:has(.declared.stale) svg { opacity: 0.5; }
.panel .stale > .metric, .panel .stale > .title .figures, .panel tr:has(.declared.stale) > td, .panel tr:has(.declared.stale) .outcome { color: var(--dim); }
body:is(.vscode-high-contrast, .vscode-high-contrast-light) .panel .stale:is(article, .track, .picture) :is(canvas, svg),
body:is(.vscode-high-contrast, .vscode-high-contrast-light) .panel tr:has(.declared.stale) svg { opacity: 1; }
body:is(.vscode-high-contrast, .vscode-high-contrast-light) .panel .stale:is(article, .track, .picture) > :is(canvas, .metric) {
  outline: 1px dashed var(--line); outline-offset: 2px; }
body:is(.vscode-high-contrast, .vscode-high-contrast-light) .panel { --vscode-button-secondaryBackground: var(--background); }
body:is(.vscode-high-contrast, .vscode-high-contrast-light) .interval .allowed { opacity: 1; fill: none; stroke: var(--met); stroke-dasharray: 3 2; }
body:is(.vscode-high-contrast, .vscode-high-contrast-light) .interval .range { opacity: 0.75; }
body:is(.vscode-high-contrast, .vscode-high-contrast-light) .head :is(.note, .alert) { border: 1px solid var(--line); border-left-width: 3px; }
`;
