/** Made by script, which `style-src 'self'` does not stand against. */
export function styleSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  return sheet
}

const css = `
:host {
  --surface: light-dark(#fff, #17191d);
  --sunken: light-dark(#f4f5f7, #101215);
  --line: light-dark(#dcdfe4, #32363d);
  --text: light-dark(#1c2128, #e6e8ec);
  --muted: light-dark(#59616d, #a0a7b2);
  --accent: light-dark(#1f5fd6, #7eb0ff);
  --chosen: light-dark(#e6eefc, #1e2c45);
  --waits: light-dark(#8793a5, #6d7889);
  --asks: light-dark(#a86a00, #e9aa46);
  --runs: light-dark(#1f5fd6, #6ea3f7);
  --good: light-dark(#1a7442, #58c88a);
  --bad: light-dark(#b3261e, #ff8f85);
  --unsure: light-dark(#7a3db8, #c195f2);
  color-scheme: var(--toolwire-inspector-scheme, light dark);
}
:host { display: block; block-size: 100%; container-type: inline-size }
:host([data-toolwire-inspector]) { --height: min(60vh, 40rem); block-size: auto; container-type: normal }
* { box-sizing: border-box }
[hidden] { display: none !important }
.inspector {
  display: grid;
  grid: auto minmax(0, 1fr) / minmax(0, 1.2fr) minmax(0, 1fr) minmax(0, 1fr);
  grid-template-areas: 'tools tools tools' 'calls frames detail';
  block-size: 100%;
  min-block-size: 16rem;
  background: var(--surface);
  color: var(--text);
  font: 0.8125rem/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
h1, h2, h3, p, ol, dl, dd, figure, pre { margin: 0; padding: 0 }
h1 { font-size: 0.875rem; font-weight: 650; margin-inline-end: 0.5rem }
h2 { font-size: 0.75rem; font-weight: 600; color: var(--muted) }
h3 { font-size: 0.75rem; font-weight: 600 }
ol { list-style: none }
.bar-of-tools {
  grid-area: tools;
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.375rem;
  padding: 0.5rem 0.75rem;
  border-block-end: 1px solid var(--line);
}
[role='status'] { color: var(--muted); min-inline-size: 0; overflow-wrap: anywhere; padding-inline: 0.25rem }
.tool {
  font: inherit;
  color: inherit;
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: 6px;
  padding: 0.25rem 0.625rem;
  cursor: pointer;
}
.tool:hover { background: var(--sunken) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px }
.row:focus-visible, .rows:focus-visible { outline-offset: -2px }
section { display: flex; flex-direction: column; min-inline-size: 0; min-block-size: 0 }
section + section { border-inline-start: 1px solid var(--line) }
.calls { grid-area: calls }
.frames { grid-area: frames }
.detail { grid-area: detail }
section > header {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  padding: 0.375rem 0.75rem;
  min-block-size: 2.5rem;
}
.count { color: var(--muted); font-variant-numeric: tabular-nums; white-space: nowrap }
input[type='search'] {
  flex: 1;
  min-inline-size: 4rem;
  font: inherit;
  color: inherit;
  background: var(--sunken);
  border: 1px solid var(--line);
  border-radius: 6px;
  padding: 0.2rem 0.5rem;
}
.filters { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; padding: 0 0.75rem 0.5rem }
.filters label { display: inline-flex; align-items: center; gap: 0.3rem; white-space: nowrap }
.filters input { margin: 0; accent-color: var(--accent) }
.filters label:has(:disabled) { color: var(--muted) }
.rows { flex: 1; overflow: auto; min-block-size: 0; border-block-start: 1px solid var(--line) }
.empty { padding: 0.75rem; color: var(--muted) }
.earlier { padding: 0.5rem 0.75rem }
.turn > h3 {
  position: sticky;
  inset-block-start: 0;
  z-index: 1;
  padding: 0.3rem 0.75rem;
  background: var(--sunken);
  color: var(--muted);
  font-variant-numeric: tabular-nums;
}
.row {
  inline-size: 100%;
  font: inherit;
  color: inherit;
  text-align: start;
  background: none;
  border: 0;
  cursor: pointer;
}
.row:hover { background: var(--sunken) }
.row[aria-pressed='true'] { background: var(--chosen) }
.call {
  display: grid;
  grid-template-columns: minmax(0, 1fr) auto;
  gap: 0.25rem 0.75rem;
  padding: 0.5rem 0.75rem;
  border-block-end: 1px solid var(--line);
}
.name { font-weight: 600; overflow-wrap: anywhere }
.state { font-size: 0.75rem; font-weight: 600; color: var(--shade); white-space: nowrap }
.track, .facts { grid-column: 1 / -1 }
.facts { color: var(--muted); font-size: 0.75rem; font-variant-numeric: tabular-nums }
.track { position: relative; display: block; block-size: 0.625rem; margin-inline-end: 6px; background: var(--sunken); border-radius: 3px }
.bar { position: absolute; inset-block: 0; min-inline-size: 2px; background: var(--shade); border-radius: 2px }
.bar.s-input-streaming { opacity: 0.45 }
.bar.s-queued { opacity: 0.7 }
.end {
  position: absolute;
  inset-block: -2px;
  inline-size: 6px;
  background: var(--shade);
  border: 1px solid var(--surface);
  border-radius: 3px;
}
.s-input-streaming, .s-input-available, .s-queued { --shade: var(--waits) }
.s-approval-requested { --shade: var(--asks) }
.s-executing { --shade: var(--runs) }
.s-output-available { --shade: var(--good) }
.s-output-error, .s-input-invalid, .s-timed-out { --shade: var(--bad) }
.s-outcome-unknown { --shade: var(--unsure) }
.s-denied, .s-cancelled { --shade: var(--asks) }
.state.s-input-streaming, .state.s-input-available, .state.s-queued { color: var(--muted) }
.frame {
  display: grid;
  grid-template-columns: 4.25rem 1rem minmax(0, auto) minmax(0, 1fr);
  gap: 0 0.5rem;
  align-items: baseline;
  padding: 0.2rem 0.75rem;
}
.at { color: var(--muted); text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap }
.way { font-weight: 700; text-align: center }
.way.up { color: var(--runs) }
.way.down { color: var(--good) }
.way.link { color: var(--bad) }
.title, .summary { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.summary { color: var(--muted) }
.detail .rows > * { margin: 0.75rem }
.detail .empty { padding: 0 }
.detail h3 { font-size: 0.875rem; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.15rem 0.75rem }
dt { color: var(--muted) }
dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
figcaption { color: var(--muted); margin-block-end: 0.25rem }
pre, textarea {
  inline-size: 100%;
  padding: 0.625rem;
  background: var(--sunken);
  color: inherit;
  border: 1px solid var(--line);
  border-radius: 6px;
  font: 0.75rem/1.5 ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, monospace;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.detail .rows > textarea { inline-size: calc(100% - 1.5rem) }
@container (max-width: 56rem) {
  .inspector {
    grid: auto minmax(0, 3fr) minmax(0, 2fr) / minmax(0, 1fr) minmax(0, 1fr);
    grid-template-areas: 'tools tools' 'calls frames' 'detail detail';
  }
  .detail { border-inline-start: 0 !important; border-block-start: 1px solid var(--line) }
}
@container (max-width: 40rem) {
  .inspector { display: block; overflow: auto }
  section + section { border-inline-start: 0; border-block-start: 1px solid var(--line) }
  .rows { max-block-size: 22rem }
}
.panel {
  position: fixed;
  inset: auto 0 0;
  block-size: var(--height);
  background: var(--surface, Canvas);
  border-block-start: 1px solid var(--line);
  box-shadow: 0 -8px 24px rgb(0 0 0 / 0.18);
}
.opener { position: relative; z-index: 1; color: var(--text); font: 600 0.8125rem/1.4 system-ui, sans-serif; box-shadow: 0 1px 4px rgb(0 0 0 / 0.2) }
.panel:not([hidden]) + .opener { position: fixed; inset-block-end: calc(var(--height) + 0.5rem); inset-inline-end: 0.75rem }
`
