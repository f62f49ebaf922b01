// The editor: CodeMirror with what the page knows. It is loaded after the page is drawn; until then, and
// where it cannot be, the page has a plain area of text in its place.
//
// It lives in a shadow root, for there CodeMirror's styles are constructed style sheets: a `<style>`
// element would need a Content-Security-Policy with 'unsafe-inline'.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from '@codemirror/commands';
import { bracketMatching, foldGutter, foldKeymap, foldService, indentUnit } from '@codemirror/language';
import { lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from '@codemirror/search';
import { Annotation, EditorState, RangeSet, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  GutterMarker,
  drawSelection,
  gutterLineClass,
  highlightActiveLine,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { highlighting } from './highlight.js';
import { theme } from './theme.js';

/** The one editor of the page, what it tells the page by, and the open file. */
let view, page, path;
/** The state of each file that was open: its undo history and where one was in it. */
const kept = new Map();
/** An edit that the page made itself. */
const fromPage = Annotation.define();

const ofLine = (name) =>
  new (class extends GutterMarker {
    elementClass = name;
  })();
const [CHANGED, WRONG] = [ofLine('changed'), ofLine('wrong')];
const SHOWN = Decoration.line({ class: 'shown' });

/** Lines, from 1: those that differ from main, those with a mistake, those that made what is looked at. */
const setLines = StateEffect.define();
const marked = StateField.define({
  create: () => ({ gutter: RangeSet.empty, lines: Decoration.none, isWrong: false }),
  update({ gutter, lines, isWrong }, { changes, effects, newDoc }) {
    const found = effects.find((effect) => effect.is(setLines));
    if (!found) return { gutter: gutter.map(changes), lines: lines.map(changes), isWrong };
    const { changed, wrong, shown } = found.value;
    const at = (numbers, marker) =>
      [...new Set(numbers)].filter((line) => 1 <= line && line <= newDoc.lines).map((line) => marker.range(newDoc.line(line).from));
    return {
      gutter: RangeSet.of([...at(changed, CHANGED), ...at(wrong, WRONG)], true),
      lines: Decoration.set(at(shown, SHOWN), true),
      isWrong: 0 < wrong.length,
    };
  },
  provide: (field) => [
    gutterLineClass.from(field, ({ gutter }) => gutter),
    EditorView.decorations.from(field, ({ lines }) => lines),
    EditorView.contentAttributes.from(field, ({ isWrong }) => ({ 'aria-invalid': String(isWrong) })),
  ],
});

const lineOf = ({ doc, selection }) => doc.lineAt(selection.main.head).number;
/** Whether something was done in the editor since it got the focus. */
let writes = false;
const attention = EditorView.domEventHandlers({
  focus: () => void (writes = false),
  click: () => void (writes = true),
});
const updates = EditorView.updateListener.of(({ docChanged, selectionSet, state, startState, transactions }) => {
  if (docChanged || selectionSet) writes = true;
  if (docChanged && !transactions.some((it) => it.annotation(fromPage))) page.typed(state.doc.toString());
  if (selectionSet && lineOf(state) !== lineOf(startState)) page.moved(lineOf(state));
});

/** What could stand at the caret, as the engine knows it. */
async function complete({ state, pos, explicit }) {
  const before = state.doc.lineAt(pos).text.slice(0, pos - state.doc.lineAt(pos).from);
  const word = /[\w.$/-]*$/.exec(before)[0];
  if (!word && !explicit) return null;
  const options = await page.ask('complete', state.doc.toString(), pos);
  if (!options.length) return null;
  return { from: pos - word.length, options, validFor: /^[\w.$/-]*$/ };
}

/** What the word under the pointer means. */
async function explain({ state }, pos) {
  const found = await page.ask('explain', state.doc.toString(), pos);
  if (!found) return null;
  const create = () => ({ dom: explanation(found) });
  return { pos, above: true, create };
}

function explanation({ name, type, text, more }) {
  const element = (tag, content, className = '') => {
    const made = document.createElement(tag);
    made.textContent = content;
    made.className = className;
    return made;
  };
  const box = element('div', '', 'explained');
  box.append(element('code', name), element('span', type, 'type'));
  for (const line of [text, more]) if (line) box.append(element('p', line));
  return box;
}

/** What is deeper than a line, or a list under its key, can be folded away. */
const folds = foldService.of(({ doc }, from) => {
  const depth = ({ text }) => text.search(/\S/);
  const first = doc.lineAt(from);
  const own = depth(first);
  const isKey = /^\s*[^-\s].*:\s*$/.test(first.text);
  const isInside = (line) => depth(line) > own || (isKey && depth(line) === own && /^\s*-\s/.test(line.text));
  let last = first;
  for (let number = first.number + 1; 0 <= own && number <= doc.lines; number += 1) {
    const line = doc.line(number);
    if (depth(line) < 0) continue;
    if (!isInside(line)) break;
    last = line;
  }
  return last === first ? null : { from: first.to, to: last.to };
});

/** CodeMirror's own words, in those of the page. */
const phrases = ({ words }) => ({
  Find: words.find,
  Replace: words.replace,
  next: words.next,
  previous: words.previous,
  'match case': words.matchCase,
  regexp: words.pattern,
  replace: words.replace,
  'replace all': words.all,
  close: words.close,
  'folded code': words.folded,
  unfold: words.unfold,
});

function foldMarker(isOpen) {
  const mark = document.createElement('span');
  mark.textContent = isOpen ? '▾' : '▸';
  mark.className = isOpen ? '' : 'folded';
  mark.title = isOpen ? page.words.fold : page.words.unfold;
  return mark;
}

const extensions = [
  marked,
  lineNumbers(),
  foldGutter({ markerDOM: foldMarker }),
  folds,
  history(),
  drawSelection(),
  highlightActiveLine(),
  bracketMatching(),
  closeBrackets(),
  highlightSelectionMatches(),
  search({ top: true }),
  autocompletion({ override: [complete], icons: false, maxRenderedOptions: 60 }),
  hoverTooltip(explain, { hoverTime: 400 }),
  indentUnit.of('  '),
  EditorState.tabSize.of(4),
  highlighting,
  theme,
  updates,
  attention,
  keymap.of([
    ...closeBracketsKeymap,
    ...completionKeymap,
    ...lintKeymap,
    ...searchKeymap,
    ...foldKeymap,
    ...historyKeymap,
    ...defaultKeymap,
    // Whoever tabs through the page passes the editor; CodeMirror itself lets Tab leave it after Escape.
    { key: 'Tab', run: (it) => writes && indentMore(it), shift: (it) => writes && indentLess(it) },
  ]),
];

function begin(name, text) {
  const told = {
    'aria-label': name,
    // It can be reached by Tab as it is; this says so to programs that look for a focusable child of what scrolls.
    tabindex: '0',
    'aria-description': page.words.keys,
    'aria-describedby': 'problems',
    autocapitalize: 'off',
    spellcheck: 'false',
  };
  return EditorState.create({ doc: text, extensions: [extensions, EditorState.phrases.of(phrases(page)), EditorView.contentAttributes.of(told)] });
}

/**
 * Puts the editor into `host`. It tells what happens by `handlers`: `typed(text)` after each edit,
 * `moved(line)` as the caret goes to another line, and `ask(what, text, offset)`, a promise: for `complete`,
 * of a list of CodeMirror's completions; for `explain`, of `{ name, type, text, more }` or nothing. Beside
 * them are `words`, what things are called.
 */
export function attach(host, handlers) {
  page = handlers;
  path = undefined;
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  view = new EditorView({ parent: root, root });
}

/** Takes the editor away. What was typed can still be undone when it is back. */
export function detach() {
  if (path) kept.set(path, view.state);
  view?.destroy();
  view = undefined;
}

/** Shows a file as it is now; `name` is how it is called. */
export function show(file, name, text) {
  if (file !== path) {
    if (path) kept.set(path, view.state);
    path = file;
    view.setState(kept.get(file) ?? begin(name, text));
  }
  const old = view.state.doc.toString();
  if (old === text) return;
  let from = 0;
  while (from < old.length && from < text.length && old[from] === text[from]) from += 1;
  let [to, end] = [old.length, text.length];
  while (from < to && from < end && old[to - 1] === text[end - 1]) [to, end] = [to - 1, end - 1];
  view.dispatch({ changes: { from, to, insert: text.slice(from, end) }, annotations: fromPage.of(true) });
}

/** Marks lines (from 1), and the mistakes: `[{ line, column, message, hint }]`, 0 for all of a file or line. */
export function mark(changed, shown, problems) {
  const { doc } = view.state;
  const wrong = problems.map(({ line }) => line);
  const diagnostics = problems
    .filter(({ line }) => 1 <= line && line <= doc.lines)
    .map(({ line, column, message, hint }) => {
      const { from, to, text } = doc.line(line);
      const start = from + Math.max(0, [...text].slice(0, column ? column - 1 : text.search(/\S|$/)).join('').length);
      return { from: Math.min(start, to), to, severity: 'error', message: hint ? `${message}\n${hint}` : message };
    });
  view.dispatch({ effects: setLines.of({ changed, wrong, shown }) });
  view.dispatch(setDiagnostics(view.state, diagnostics));
}

/**
 * Puts the caret before a line, from 1, scrolls to it, and takes the focus if it is sought. Nothing is
 * selected: a selection would be indented by Tab, and be what the first Escape takes away.
 */
export function goTo(line, isSought) {
  const { from } = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
  if (isSought) view.focus();
}

/** Opens the search, with the focus in it. */
export function find() {
  if (view) openSearchPanel(view);
}

/** Takes the focus, with the caret at an offset, where the plain area had it. */
export function focus(offset) {
  view.dispatch({ selection: { anchor: Math.min(offset, view.state.doc.length) } });
  view.focus();
}
