/** The report's own look: readable on paper, in the dark, and by people who do not see colours. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #16202b; --soft: #55616e; --paper: #ffffff; --panel: #f3f5f7; --line: #d5dbe1;
  --pass: #11683b; --fail: #a5161d; --warn: #7a4b00; --mark: #ffe08a; --mark-ink: #1d1500; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ecf1; --soft: #a3b0bd; --paper: #12181e; --panel: #1b232b;
  --line: #34404b; --pass: #6fd29b; --fail: #ff9a94; --warn: #f2c26b; --mark: #6b5200; --mark-ink: #fff3cf; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: .1rem 0 .75rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 2.25rem 0 .75rem; font-size: 1.25rem; }
.kicker { margin: 0; color: var(--soft); }
.judgement { padding: .75rem 1rem; border-left: .4rem solid; background: var(--panel); }
.judgement strong { margin-right: .5rem; }
.judgement.pass, .sum.pass, li.pass .sign { color: var(--pass); }
.judgement.fail, .sum.fail, li.fail .sign, li.error .sign { color: var(--fail); }
.judgement.warn, li.warn .sign { color: var(--warn); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 1.75rem; padding: 0; margin: 1.25rem 0; list-style: none; }
.number { font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.counts .pass .number { color: var(--pass); } .counts .fail .number { color: var(--fail); }
.counts .warn .number { color: var(--warn); }
dl { margin: 0; } dl div { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; padding: .2rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
summary { display: flex; justify-content: space-between; gap: 1rem; padding: .6rem 1rem; cursor: pointer; font-weight: 600; }
summary::before { content: "▸"; color: var(--soft); } details[open] > summary::before { content: "▾"; }
summary span:first-child { flex: 1; }
.sum { font-weight: 500; } .sum.none { color: var(--soft); }
.cases { margin: 0; padding: 0 1rem .5rem; list-style: none; }
.cases li { padding: .5rem 0; border-top: 1px solid var(--line); } .cases p { margin: 0; }
.sign { display: inline-block; width: 1.4rem; font-weight: 700; }
.where { color: var(--soft); font-size: .875rem; white-space: nowrap; }
.cases .note { margin-left: 1.4rem; color: var(--soft); }
.failure, .bytes, pre, .whole { margin: .5rem 0 .25rem 1.4rem; }
.cases .bytes { margin: .75rem 0 0 1.4rem; color: var(--soft); }
code, pre { font: .875rem/1.6 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { padding: .75rem; overflow-x: auto; background: var(--panel); border-radius: .4rem; }
pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: var(--mark); color: var(--mark-ink); padding: .1rem 0; outline: 1px solid currentcolor; }
a { color: inherit; } a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 3px solid #2a6fdb; outline-offset: 2px; }
footer { margin-top: 3rem; color: var(--soft); border-top: 1px solid var(--line); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 40rem) { dl div { grid-template-columns: 1fr; gap: 0; } .where { white-space: normal; } }
@media print { details { border: 0; } pre { white-space: pre-wrap; } }
`;
